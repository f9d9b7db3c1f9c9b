"""Stores of earlier releases come to the newest schema with what is in them, on SQLite and on PostgreSQL."""

from __future__ import annotations

from sqlalchemy import text

from core.audience import Viewer
from core.database import Database
from services.notify import queries
from tests.unit.harness import migrate

_NOTIFICATION = (
    "INSERT INTO notification (id, person_id, source_id, what, reasons, actor_id, title, language, excerpt, path,"
    " subject, item, audience, is_read, at) VALUES ('n1', 'sam', 'e1', 'forum.post.created', '[\"follow\"]', 'noa',"
    " 'A', 'en', '', '/talk/t/t1', 'topic/t1', 'post/p1', 'public', FALSE, '2026-01-02 03:04:05+00:00')"
)


def test_a_notification_of_before_names_nothing_that_is_followed(empty_database: Database) -> None:
    migrate(empty_database, "notify", "0004")
    with empty_database.writing() as session:
        session.execute(text(_NOTIFICATION))
    migrate(empty_database, "notify")
    with empty_database.reading() as session:
        (one,) = queries.notifications(session, Viewer(person_id="sam", name="Sam"), False, None, 20).items
        assert (one.reasons, one.followed) == (["follow"], [])
