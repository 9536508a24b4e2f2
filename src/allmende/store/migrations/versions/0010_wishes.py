"""What the public asks for and gives: wishes and contributions."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "wish",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("secret", sa.String(64), nullable=False, unique=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("dataset", sa.String(120), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True)),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_table(
        "contribution",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("dataset", sa.String(120), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("given_by", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided", sa.DateTime(timezone=True)),
    )
    op.create_index("contribution_of", "contribution", ["dataset", "state", "made"])
    op.create_index("contribution_secret", "contribution", ["secret"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("contribution")
    op.drop_table("wish")
