"""The keys of names that look alike once more: with those by which `ALlCE` is found beside `alice`."""

import sqlalchemy as sa
from alembic import op

from core.look_alikes import look_alike_keys

revision = "0007"
down_revision = "0006"

_LONGEST = 400


def upgrade() -> None:
    """Compute the keys of all accounts. Those whose names look alike stay, and the first has the key."""
    name, display = (
        sa.table(f"{kind}_look_alike", sa.column("key", sa.String), sa.column("person_id", sa.String))
        for kind in ("name", "display")
    )
    op.execute(sa.delete(name))
    op.execute(sa.delete(display))
    people = (
        op.get_bind()
        .execute(sa.text("SELECT id, name, display_name FROM person ORDER BY joined_at, id"))
        .all()
    )
    holders = {key[:_LONGEST]: row.id for row in reversed(people) for key in look_alike_keys(row.name)}
    shown = {(key[:_LONGEST], row.id) for row in people for key in look_alike_keys(row.display_name)}
    if holders:
        op.bulk_insert(name, [{"key": key, "person_id": person} for key, person in holders.items()])
    if shown:
        op.bulk_insert(display, [{"key": key, "person_id": person} for key, person in sorted(shown)])
