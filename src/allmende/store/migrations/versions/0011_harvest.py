"""Foreign catalogues: the last harvest of each, and what they list."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "harvest",
        sa.Column("catalogue", sa.String(120), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
    )
    op.create_table(
        "foreign_dataset",
        sa.Column("catalogue", sa.String(120), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone", sa.DateTime(timezone=True)),
        sa.Column("same_catalogue", sa.String(120), nullable=False),
        sa.Column("same_identifier", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("catalogue", "key"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("foreign_dataset")
    op.drop_table("harvest")
