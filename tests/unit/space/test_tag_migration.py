"""Tags that earlier releases stored come to the canonical form, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from core import slugs
from core.database import Database
from core.tag_migration import canonical
from tests.unit.harness import new_database

SERVICES = Path(__file__).resolve().parents[3] / "services"
OLD = ["i̇stanbul", "maps", "istanbul", "ㅤ"]
VALUES = {"INTEGER": 1, "BIGINT": 1, "FLOAT": 1.0, "BOOLEAN": False}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with new_database(request.param, tmp_path) as database:
        yield database


def _insert(database: Database, table: str, **values: Any) -> None:
    """A row with these values, and something in every other column that must have a value."""
    for column in inspect(database.engine).get_columns(table):
        kind = str(column["type"]).partition("(")[0]
        if not column["nullable"] and column["name"] not in values:
            is_time = kind in ("DATETIME", "TIMESTAMP")
            values[column["name"]] = "2026-01-02 03:04:05" if is_time else VALUES.get(kind, "[]")
    names = ", ".join(values)
    with database.writing() as session:
        session.execute(text(f"INSERT INTO {table} ({names}) VALUES (:{names.replace(', ', ', :')})"), values)


@pytest.mark.parametrize(
    ("service", "before", "item", "tags", "key"),
    [
        ("blog", "0004", "article", "article_tag", "article_id"),
        ("forum", "0005", "topic", "topic_tag", "topic_id"),
        ("events", "0004", "event", "event_tag", "event_id"),
    ],
)
def test_the_tags_of_items_are_renamed(
    database: Database, service: str, before: str, item: str, tags: str, key: str
) -> None:
    database.migrate(SERVICES / service / "migrations", before)
    for name, stored in (("a", OLD), ("b", ["maps"]), ("c", [])):
        _insert(database, item, id=name, slug=name, tags=json.dumps(stored))
        for tag in stored:
            _insert(database, tags, tag=tag, **{key: name})
    database.migrate(SERVICES / service / "migrations")
    with database.reading() as session:
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


def test_followed_tags_are_renamed(database: Database) -> None:
    database.migrate(SERVICES / "notify" / "migrations", "0005")
    for person, target, level in (
        ("one", "i̇stanbul", "watch"),
        ("two", "i̇stanbul", "watch"),
        ("two", "istanbul", "mute"),
    ):
        _insert(database, "follow", person_id=person, kind="tag", target=target, level=level)
    database.migrate(SERVICES / "notify" / "migrations")
    with database.reading() as session:
        rows = session.execute(text("SELECT person_id, target, level FROM follow ORDER BY person_id")).all()
        assert [tuple(row) for row in rows] == [("one", "istanbul", "watch"), ("two", "istanbul", "mute")]


@pytest.mark.parametrize("tag", ["istanbul", "i̇stanbul", "c", "map-of-the-day", "市場", "एशिया", "ab"])
def test_the_canonical_form_is_that_of_tags(tag: str) -> None:
    assert canonical(tag) == slugs.tag(tag)
