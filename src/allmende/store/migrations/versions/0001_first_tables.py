"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _name(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(120), nullable=False)


def upgrade() -> None:
    """Make receipts, versions, stories, runs, definitions, keys, feedback and the generation."""
    op.create_table(
        "receipt",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        _name("source"),
        _text("address"),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("fetched_at", _MOMENT, nullable=False),
        _text("media_type"),
        _text("etag"),
        _text("last_modified"),
        _text("file_name"),
        sa.Column("replayed", sa.Boolean, nullable=False),
    )
    op.create_index("receipt_of_source", "receipt", ["source", "id"])
    op.create_index("ix_receipt_sha256", "receipt", ["sha256"])
    op.create_table(
        "version",
        _name("dataset"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        _text("body"),
        sa.PrimaryKeyConstraint("dataset", "number"),
    )
    op.create_table(
        "story",
        _name("story"),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        _text("body"),
        sa.PrimaryKeyConstraint("story", "language", "number"),
    )
    _upgrade_ledger()
    _upgrade_people()


def _upgrade_ledger() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(20), nullable=False),
        _name("subject"),
        sa.Column("started", _MOMENT, nullable=False),
        sa.Column("finished", _MOMENT, nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        _text("message"),
        _text("hint"),
        sa.Column("transient", sa.Boolean, nullable=False),
        sa.Column("rows", sa.Integer),
        sa.Column("rejected", sa.Integer),
    )
    op.create_index("run_of_step", "run", ["kind", "subject", "id"])
    op.create_table("definition", sa.Column("hash", sa.String(64), primary_key=True), _text("body"))
    generation = op.create_table(
        "generation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.bulk_insert(generation, [{"id": 1, "number": 0}])


def _upgrade_people() -> None:
    op.create_table(
        "access_key",
        sa.Column("id", sa.String(40), primary_key=True),
        _text("name"),
        sa.Column("secret_hash", sa.String(128), nullable=False),
        _text("scopes"),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT),
        sa.Column("revoked", _MOMENT),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        _text("page"),
        _text("message"),
        _text("contact"),
        sa.Column("received", _MOMENT, nullable=False),
    )
