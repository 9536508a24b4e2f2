"""Who brought which bytes of a dataset."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "upload",
        sa.Column("dataset", sa.String(120), nullable=False),
        sa.Column("raw", sa.String(64), nullable=False),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "raw"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("upload")
