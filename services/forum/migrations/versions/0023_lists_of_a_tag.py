"""Indexes by which the topics of a tag are found in their order, without sorting all that have the tag."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0023"
down_revision = "0022"

_MOVED = "UPDATE topic_tag SET pinned = NEW.pinned, last_post_at = NEW.last_post_at WHERE topic_id = NEW.id;"
_CHANGED = "OLD.pinned <> NEW.pinned OR OLD.last_post_at <> NEW.last_post_at"
_TRIGGER = "CREATE TRIGGER topic_tag_of_topic AFTER UPDATE OF pinned, last_post_at ON topic FOR EACH ROW"
_SQLITE = f"{_TRIGGER} WHEN {_CHANGED} BEGIN {_MOVED} END"
_FUNCTION = f"""CREATE FUNCTION topic_tag_of_topic() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN {_MOVED} RETURN NULL; END $$"""
_POSTGRESQL = f"{_TRIGGER} WHEN ({_CHANGED}) EXECUTE FUNCTION topic_tag_of_topic()"

_ORDERED: dict[str, TypeEngine[Any]] = {
    "pinned": sa.Boolean(),
    "created_at": sa.DateTime(timezone=True),
    "last_post_at": sa.DateTime(timezone=True),
}
_topic = sa.table("topic", sa.column("id"), *map(sa.column, _ORDERED))
_tag = sa.table("topic_tag", sa.column("topic_id"), *map(sa.column, _ORDERED))


def upgrade() -> None:
    """Store beside each tag of a topic what orders its lists, and let the database keep it as the topic's."""
    for name, type_ in _ORDERED.items():
        op.add_column("topic_tag", sa.Column(name, type_, nullable=True))
        of_topic = sa.select(_topic.c[name]).where(_topic.c.id == _tag.c.topic_id).scalar_subquery()
        op.execute(sa.update(_tag).values({name: of_topic}))
    with op.batch_alter_table("topic_tag") as table:
        for name, type_ in _ORDERED.items():
            table.alter_column(name, existing_type=type_, nullable=False)
    op.create_index("topic_tag_by_last_post", "topic_tag", ["tag", "pinned", "last_post_at", "topic_id"])
    op.create_index("topic_tag_by_creation", "topic_tag", ["tag", "created_at", "topic_id"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_SQLITE)
    else:
        op.execute(_FUNCTION)
        op.execute(_POSTGRESQL)
