"""Stores of earlier releases come to the newest schema with what is in them, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.audience import Viewer
from core.database import Database
from services.notify import queries
from tests.unit.harness import new_database

MIGRATIONS = Path(queries.__file__).with_name("migrations")

_NOTIFICATION = (
    "INSERT INTO notification (id, person_id, source_id, what, reasons, actor_id, title, language, excerpt, path,"
    " subject, item, audience, is_read, at) VALUES ('n1', 'sam', 'e1', 'forum.post.created', '[\"follow\"]', 'noa',"
    " 'A', 'en', '', '/talk/t/t1', 'topic/t1', 'post/p1', 'public', FALSE, '2026-01-02 03:04:05+00:00')"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with new_database(request.param, tmp_path) as database:
        yield database


def test_a_notification_of_before_names_nothing_that_is_followed(empty: Database) -> None:
    empty.migrate(MIGRATIONS, "0004")
    with empty.writing() as session:
        session.execute(text(_NOTIFICATION))
    empty.migrate(MIGRATIONS)
    with empty.reading() as session:
        (one,) = queries.notifications(session, Viewer(person_id="sam", name="Sam"), False, None, 20).items
        assert (one.reasons, one.followed) == (["follow"], [])
