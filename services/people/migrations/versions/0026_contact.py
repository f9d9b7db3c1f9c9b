"""Messages to the moderators by people who say to nobody who they are."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "contact",
        sa.Column("lookup", sa.String(4), nullable=False),
        sa.Column("secret_hash", sa.String(200), nullable=False),
        sa.Column("case_id", sa.String(16), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("lookup", name=op.f("contact_key")),
        sa.UniqueConstraint("case_id", name=op.f("contact_unique_case_id")),
    )
    op.create_index("contact_by_day", "contact", ["last_on"])
    op.create_table(
        "contact_words",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("lookup", sa.String(4), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(16), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lookup"], ["contact.lookup"], name=op.f("contact_words_lookup_of_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("contact_words_key")),
    )
    op.create_index("contact_words_by_contact", "contact_words", ["lookup", "id"])
    op.create_index("contact_words_held", "contact_words", ["held", "id"])
