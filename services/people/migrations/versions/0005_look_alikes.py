"""The keys by which names that look alike are found, for the accounts that there are."""

import sqlalchemy as sa
from alembic import op

from core.look_alikes import look_alike_keys

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables and fill them. Of accounts whose names look alike, all stay, and the first has the key."""
    name = op.create_table(
        "name_look_alike",
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("name_look_alike_by_person", "name_look_alike", ["person_id"], unique=False)
    display = op.create_table(
        "display_look_alike",
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "person_id"),
    )
    op.create_index("display_look_alike_by_person", "display_look_alike", ["person_id"], unique=False)
    people = (
        op.get_bind()
        .execute(sa.text("SELECT id, name, display_name FROM person ORDER BY joined_at, id"))
        .all()
    )
    holders = {key[:400]: row.id for row in reversed(people) for key in look_alike_keys(row.name)}
    shown = {(key[:400], row.id) for row in people for key in look_alike_keys(row.display_name)}
    if holders:
        op.bulk_insert(name, [{"key": key, "person_id": person} for key, person in holders.items()])
    if shown:
        op.bulk_insert(display, [{"key": key, "person_id": person} for key, person in sorted(shown)])
