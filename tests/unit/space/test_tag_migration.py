"""Tags that earlier releases stored come to the canonical form, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from core import slugs
from core.database import Database
from core.tag_migration import canonical
from tests.unit.harness import insert_row, migrate

OLD = ["i̇stanbul", "maps", "istanbul", "ㅤ"]


@pytest.mark.parametrize(
    ("service", "before", "item", "tags", "key"),
    [
        ("blog", "0004", "article", "article_tag", "article_id"),
        ("forum", "0005", "topic", "topic_tag", "topic_id"),
        ("events", "0004", "event", "event_tag", "event_id"),
    ],
)
def test_the_tags_of_items_are_renamed(
    empty_database: Database, service: str, before: str, item: str, tags: str, key: str
) -> None:
    migrate(empty_database, service, before)
    for name, stored in (("a", OLD), ("b", ["maps"]), ("c", [])):
        insert_row(empty_database, item, id=name, slug=name, tags=json.dumps(stored))
        for tag in stored:
            insert_row(empty_database, tags, tag=tag, **{key: name})
    migrate(empty_database, service)
    with empty_database.reading() as session:
        found = session.execute(text(f"SELECT id, tags FROM {item} ORDER BY id")).all()
        assert [
            (row.id, json.loads(row.tags) if isinstance(row.tags, str) else row.tags) for row in found
        ] == [
            ("a", ["istanbul", "maps"]),
            ("b", ["maps"]),
            ("c", []),
        ]
        rows = session.execute(text(f"SELECT {key}, tag FROM {tags} ORDER BY {key}, tag")).all()
        assert [tuple(row) for row in rows] == [("a", "istanbul"), ("a", "maps"), ("b", "maps")]


def test_followed_tags_are_renamed(empty_database: Database) -> None:
    migrate(empty_database, "notify", "0005")
    for person, target, level in (
        ("one", "i̇stanbul", "watch"),
        ("two", "i̇stanbul", "watch"),
        ("two", "istanbul", "mute"),
    ):
        insert_row(empty_database, "follow", person_id=person, kind="tag", target=target, level=level)
    migrate(empty_database, "notify")
    with empty_database.reading() as session:
        rows = session.execute(text("SELECT person_id, target, level FROM follow ORDER BY person_id")).all()
        assert [tuple(row) for row in rows] == [("one", "istanbul", "watch"), ("two", "istanbul", "mute")]


@pytest.mark.parametrize("tag", ["istanbul", "i̇stanbul", "c", "map-of-the-day", "市場", "एशिया", "ab"])
def test_the_canonical_form_is_that_of_tags(tag: str) -> None:
    assert canonical(tag) == slugs.tag(tag)
