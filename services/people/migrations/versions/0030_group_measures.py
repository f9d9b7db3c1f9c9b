"""What decisions on groups hid, and which groups they archived."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Add the table and the column; until now no decision did anything to a group."""
    op.add_column("space_group", sa.Column("archived_by", sa.String(16), nullable=True))
    op.create_table(
        "hidden_words",
        sa.Column("decision_id", sa.String(16), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["case_decision.id"],
            name=op.f("hidden_words_decision_id_of_case_decision"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("decision_id", "language", name=op.f("hidden_words_key")),
    )
