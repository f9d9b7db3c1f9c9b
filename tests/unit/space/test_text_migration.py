"""Texts of earlier releases hold no override and nothing invisible any more, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import inspect, text

from contracts.clean import cleaned
from core import plain_text
from core.database import Database
from core.text_migration import line, lines
from tests.unit.harness import insert_row, migrate

RLO, INVISIBLE = "\u202eevil\u202c \u2066x\u2069\r\nend", "\u200b\u3164\u2060"
CLEAN = "evil x end"
FORBIDDEN = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u3164\u2060\r")

ROWS: dict[str, list[tuple[str, dict[str, Any], dict[str, str]]]] = {
    "blog": [
        ("article", {"id": "a1", "slug": "a"}, {}),
        ("article_version", {"article_id": "a1", "language": "en", "title": RLO, "body": "A\u202eb"},
         {"title": CLEAN, "body": "Ab"}),
        ("article_version", {"article_id": "a1", "language": "de", "title": INVISIBLE, "summary": "",
                             "body": "Ein *Text*"},
         {"title": "Ein *Text*"}),
        ("article_revision", {"id": "r1", "article_id": "a1", "title": RLO}, {"title": CLEAN}),
        ("category", {"slug": "maps"}, {}),
        ("category_text", {"category": "maps", "language": "en", "name": INVISIBLE}, {"name": "maps"}),
        ("deletion", {"id": "d1", "title": RLO, "note": "A\u202eb"}, {"title": CLEAN, "note": "Ab"}),
    ],
    "forum": [
        ("topic", {"id": "t1", "title": INVISIBLE, "original_language": "en"}, {"title": "Hello"}),
        ("topic_version", {"topic_id": "t1", "language": "en", "title": INVISIBLE, "excerpt": "Hello"},
         {"title": "Hello"}),
        ("topic_version", {"topic_id": "t1", "language": "de", "title": RLO}, {"title": CLEAN}),
        ("post", {"id": "p1", "topic_id": "t1", "number": 1, "body": "A\u202eb\r\nc"}, {"body": "Ab\nc"}),
        ("post", {"id": "p2", "topic_id": "t1", "number": 2, "body": "Good"}, {"body": "Good"}),
        ("post_revision", {"post_id": "p1", "revision": 1, "body": "A\u202eb"}, {"body": "Ab"}),
    ],
    "events": [
        ("event", {"id": "e1", "place_name": INVISIBLE, "venue": RLO, "online_url": "https://x.org/\u202ea"},
         {"place_name": "…", "venue": CLEAN, "online_url": "https://x.org/a"}),
        ("event_version", {"event_id": "e1", "language": "en", "title": RLO}, {"title": CLEAN}),
    ],
    "people": [
        ("person", {"id": "s1", "name": "sam", "name_key": "sam", "display_name": RLO, "place_name": INVISIBLE},
         {"display_name": CLEAN, "place_name": ""}),
        ("space_group", {"id": "g1", "slug": "walkers", "founder_id": "s1"}, {}),
        ("group_words", {"group_id": "g1", "language": "en", "name": INVISIBLE}, {"name": "walkers"}),
        ("group_words", {"group_id": "g1", "language": "de", "name": RLO}, {"name": CLEAN}),
    ],
    "notify": [
        ("notification", {"id": "n1", "title": RLO, "excerpt": "A\u202eb"}, {"title": CLEAN, "excerpt": "Ab"}),
        ("notification", {"id": "n2", "person_id": "b", "title": INVISIBLE, "excerpt": ""}, {"title": "…"}),
        ("topic", {"id": "t1", "titles": json.dumps({"en": RLO})}, {"titles": json.dumps({"en": CLEAN})}),
    ],
}  # fmt: skip
BEFORE = {"blog": "0008", "forum": "0009", "events": "0009", "people": "0009", "notify": "0008"}
STALE = {
    "blog": ["article/a1", "category/maps"],
    "forum": ["post/p1", "topic/t1"],
    "events": ["event/e1"],
    "people": ["group/g1", "person/s1"],
    "notify": [],
}


@pytest.mark.slow
@pytest.mark.parametrize("service", ROWS)
def test_stored_texts_are_cleaned_and_published(empty_database: Database, service: str) -> None:
    migrate(empty_database, service, BEFORE[service])
    for table, values, _ in ROWS[service]:
        insert_row(empty_database, table, **values)
    migrate(empty_database, service)
    with empty_database.reading() as session:
        for table, values, wanted in ROWS[service]:
            keys = {name: values[name] for name in _key(empty_database, table)}
            where = " AND ".join(f"{name} = :{name}" for name in keys)
            row = session.execute(text(f"SELECT * FROM {table} WHERE {where}"), keys).mappings().one()
            for name, value in wanted.items():
                found = row[name] if not isinstance(row[name], dict) else json.dumps(row[name])
                assert found == value, (table, name)
        for table in inspect(empty_database.engine).get_table_names():
            for stored in session.execute(text(f"SELECT * FROM {table}")):
                assert not FORBIDDEN & set(json.dumps(list(map(str, stored)), ensure_ascii=False)), table
        stale = session.scalars(text("SELECT subject FROM stale_subject ORDER BY subject")).all()
        assert stale == STALE[service]


def _key(database: Database, table: str) -> list[str]:
    columns: list[str] = inspect(database.engine).get_pk_constraint(table)["constrained_columns"]
    return columns


def test_events_are_read_with_clean_texts() -> None:
    version = {"language": "en", "title": RLO, "body": "A\u202eb"}
    data = {"topic": {"title": INVISIBLE, "slug": "a-\u200cb", "versions": [version]}, "by_id": "x", "seq": 3}
    clean_version = {"language": "en", "title": CLEAN, "body": "Ab"}
    assert cleaned(data) == {
        "topic": {"title": "", "slug": "a-\u200cb", "versions": [clean_version]}, "by_id": "x", "seq": 3
    }  # fmt: skip


@pytest.mark.parametrize("given", [RLO, INVISIBLE, "A\u0308 b", "x\u2028y", " a  b ", "ok", "\x00a", "", "é"])
def test_the_rules_are_those_of_today(given: str) -> None:
    assert line(given) == plain_text.clean_line(given)
    assert lines(given) == plain_text.clean_text(given)
