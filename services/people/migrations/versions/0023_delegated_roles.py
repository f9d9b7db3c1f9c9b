"""Roles for parts of the site, and of which part a case is."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the columns; a role's part belongs to its key."""
    op.create_table(
        "role_of_part",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("part", sa.String(120), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "role", "part"),
    )
    op.execute("INSERT INTO role_of_part (person_id, role) SELECT person_id, role FROM role_held")
    op.drop_table("role_held")
    op.rename_table("role_of_part", "role_held")
    op.create_index("role_held_by_role", "role_held", ["role"])
    for table in ("moderation_case", "case_decision"):
        for name, length in (("original_language", 20), ("category", 100)):
            op.add_column(table, sa.Column(name, sa.String(length), nullable=False, server_default=""))
    op.add_column("case_decision", sa.Column("part", sa.String(120), nullable=False, server_default=""))
