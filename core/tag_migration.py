"""Steps of migrations for tags: one brings stored tags into the canonical form of `core.slugs.tag` as of November 2026.

The rule is written out, since a migration that has run must not change.
"""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

from core.columns import Json

_BLANK = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]+"
)


def canonical(tag: str) -> str:
    """The canonical form of a tag that an earlier release stored; empty if nothing of it can be seen."""
    lowered = unicodedata.normalize("NFC", tag).lower().replace("i\u0307", "i")
    words = _BLANK.sub("-", unicodedata.normalize("NFC", lowered)).split("-")
    return "-".join(word for word in words if word)


def rename_tags(items: str, tags: str, item_id: str) -> None:
    """Rename the tags in the column `tags` of a table, and the same in the table that has a row for each of them.

    `item_id` is the column of that table with the item's id.
    """
    connection = op.get_bind()
    item = sa.table(items, sa.column("id", sa.String), sa.column("tags", Json))
    rows = sa.table(tags, sa.column("tag", sa.String), sa.column(item_id, sa.String))
    for key, old in connection.execute(sa.select(item.c.id, item.c.tags)).all():
        new = list(dict.fromkeys(filter(None, map(canonical, old))))
        if new == old:
            continue
        connection.execute(sa.update(item).where(item.c.id == key).values(tags=new))
        connection.execute(sa.delete(rows).where(rows.c[item_id] == key))
        if new:
            connection.execute(sa.insert(rows), [{"tag": tag, item_id: key} for tag in new])


def rename_followed_tags() -> None:
    """Rename the tags that people follow. Who follows two that are now one keeps the level of the canonical one."""
    connection = op.get_bind()
    follow = sa.table("follow", *(sa.column(name, sa.String) for name in ("person_id", "kind", "target")))
    found = connection.execute(
        sa.select(follow.c.person_id, follow.c.target).where(follow.c.kind == "tag")
    ).all()
    known = {(person, tag) for person, tag in found}
    for person, tag in found:
        new = canonical(tag)
        if new == tag:
            continue
        row = (follow.c.person_id == person, follow.c.kind == "tag", follow.c.target == tag)
        if not new or (person, new) in known:
            connection.execute(sa.delete(follow).where(*row))
        else:
            connection.execute(sa.update(follow).where(*row).values(target=new))
            known.add((person, new))


def create_former_tags() -> None:
    """The step of migrations that adds the table, at first empty."""
    op.create_table(
        "former_tag",
        sa.Column("tag", sa.String(40), nullable=False),
        sa.Column("now", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("tag", name=op.f("former_tag_key")),
    )
    op.create_index(op.f("former_tag_by_now"), "former_tag", ["now"])
