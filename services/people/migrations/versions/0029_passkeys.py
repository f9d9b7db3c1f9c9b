"""Passkeys."""

import sqlalchemy as sa
from alembic import op

from core.columns import Json, Moment

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("credential_id", sa.String(1400), nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("transports", Json, nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("last_used_on", sa.Date, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_id"),
    )
    op.create_index("passkey_by_person", "passkey", ["person_id", "id"])
