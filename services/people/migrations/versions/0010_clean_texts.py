"""Texts that were stored before there were rules for what can be seen are cleaned (`core.text_migration`)."""

import sqlalchemy as sa
from alembic import op

from core.look_alikes import look_alike_keys
from core.text_migration import clean, note_stale

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Clean them, and note the people and groups to publish. Names of accounts have their own rules and stay."""
    people = clean("person", ["id"], ["display_name", "place_name"], ["about"])
    keys = sa.table("display_look_alike", sa.column("key", sa.String), sa.column("person_id", sa.String))
    for row in people:
        op.execute(sa.delete(keys).where(keys.c.person_id == row["id"]))
        found = sorted({key[:400] for key in look_alike_keys(row["display_name"])})
        if found:
            op.bulk_insert(keys, [{"key": key, "person_id": row["id"]} for key in found])
    note_stale(f"person/{row['id']}" for row in people)
    slugs = sa.table("space_group", sa.column("id", sa.String), sa.column("slug", sa.String))
    groups = clean(
        "group_words",
        ["group_id", "language"],
        ["name"],
        ["about"],
        instead=lambda row: str(
            op.get_bind().scalar(sa.select(slugs.c.slug).where(slugs.c.id == row["group_id"]))
        ),
    )
    note_stale(f"group/{row['group_id']}" for row in groups)
    clean("api_token", ["id"], ["label"])
