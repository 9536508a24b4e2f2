"""Subscriptions, how far their conditions have come, and the events that wait to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _make_subscription() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", _NUMBER, nullable=False),
        sa.Column("given_up", _NUMBER, nullable=False),
        sa.Column("withheld", _NUMBER, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_try", _NUMBER, nullable=False),
        sa.Column("holder", sa.String(60), nullable=False),
        sa.Column("held_until", _NUMBER, nullable=False),
    )


def _make_standing() -> None:
    op.create_table(
        "standing",
        sa.Column("subscription_id", sa.String(40), nullable=False),
        sa.Column("datastream_id", _NUMBER, nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("since", _NUMBER),
        sa.Column("seen", _NUMBER),
        sa.PrimaryKeyConstraint("subscription_id", "datastream_id"),
    )


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("subscription_id", sa.String(40), nullable=False),
        sa.Column("datastream_id", _NUMBER, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("happened", _NUMBER, nullable=False),
        sa.Column("waits_since", _NUMBER, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("given_up", _NUMBER),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_index("outbox_of_subscription", "outbox", ["subscription_id", "given_up", "id"])


def upgrade() -> None:
    """Make the tables and their two counters."""
    _make_subscription()
    _make_standing()
    _make_outbox()
    counter = sa.table("counter", sa.column("name"), sa.column("next"))
    op.bulk_insert(counter, [{"name": name, "next": 1} for name in ("subscription", "outbox")])
