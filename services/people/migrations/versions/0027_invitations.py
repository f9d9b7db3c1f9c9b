"""Invitations to groups, words with requests to join, archived groups, and groups that don't show who is in them."""

import sqlalchemy as sa
from alembic import op

from core.columns import Moment

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Make the table, and add the columns."""
    op.create_table(
        "group_invitation",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("group_id", sa.String(16), nullable=False),
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("by_id", sa.String(16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("declined_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["space_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("group_id", "person_id", name="group_invitation_once"),
    )
    op.create_index("group_invitation_by_person", "group_invitation", ["person_id"])
    op.add_column(
        "space_group", sa.Column("members_shown", sa.Boolean, nullable=False, server_default=sa.true())
    )
    op.add_column("space_group", sa.Column("archived_at", Moment, nullable=True))
    op.add_column("member", sa.Column("words", sa.Text, nullable=False, server_default=""))
