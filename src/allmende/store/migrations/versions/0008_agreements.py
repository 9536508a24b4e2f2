"""Agreements on commercial use, and what was used of their quotas."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _of_agreement() -> sa.Column:
    return sa.Column("agreement", sa.String(40), sa.ForeignKey("agreement.id"), nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "agreement",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_table("agreement_key", sa.Column("key", sa.String(40), primary_key=True), _of_agreement())
    op.create_table(
        "agreement_delivery",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        _of_agreement(),
        sa.Column("gift", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_table(
        "agreement_use",
        _of_agreement(),
        sa.Column("counted", sa.String(20), nullable=False),
        sa.Column("span", sa.String(20), nullable=False),
        sa.Column("since", sa.String(10), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "counted", "span", "since"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("agreement_use", "agreement_delivery", "agreement_key", "agreement"):
        op.drop_table(name)
