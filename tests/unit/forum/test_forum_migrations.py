"""Stores of earlier releases come to the newest schema with what is in them, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bus.eventlog.read import events_after
from bus.eventlog.stale import publish_stale
from contracts.deletion import Delete
from contracts.errors import NotFound
from contracts.forum import TopicQuery
from core.audience import STRANGER, Viewer
from core.database import Database
from core.markup_cooked import cook
from services.forum import actions, queries
from services.forum.actions import stale
from services.forum.actions.recook import recook
from tests.unit.harness import migrate

pytestmark = pytest.mark.slow

_TOPIC = (
    "INSERT INTO topic (id, slug, title, audience, tags, author_id, original_language, first_post_id, revision, pinned,"
    " closed, created_at, posts, last_number, last_post_at, last_author_id) VALUES ('t1', 'a', 'A', 'public', '[]',"
    " 'sam', 'en', 'p1', 1, FALSE, FALSE, :at, 1, 1, :at, 'sam')"
)
_POST = (
    "INSERT INTO post (id, topic_id, number, audience, author_id, language, body, mentions, quoted_ids, revision,"
    " created_at) VALUES ('p1', 't1', 1, 'public', 'sam', 'en', 'Hello.', '[]', '[]', 1, :at)"
)
_VERSION = (
    "INSERT INTO topic_version (topic_id, language, title, body, excerpt, revision, translator_id, based_on, reviewed,"
    " changed_by, changed_at) VALUES ('t1', :language, :title, :body, :body, 1, :by, :based_on, TRUE, 'sam', :at)"
)


def test_the_text_of_a_first_post_stands_in_the_post_alone(empty_database: Database) -> None:
    migrate(empty_database, "forum", "0004")
    at = "2026-01-02 03:04:05+00:00"
    with empty_database.writing() as session:
        session.execute(text(_TOPIC), {"at": at})
        session.execute(text(_POST), {"at": at})
        for language, title, body, by, based_on in (
            ("en", "A", "Hello.", None, None),
            ("de", "Ein A", "Hallo.", "noa", 1),
        ):
            version = {"language": language, "title": title, "body": body, "by": by, "based_on": based_on}
            session.execute(text(_VERSION), {**version, "at": at})
    migrate(empty_database, "forum")
    with empty_database.reading() as session:
        bodies = session.execute(text("SELECT language, body FROM topic_version ORDER BY language")).all()
        assert [tuple(row) for row in bodies] == [("de", "Hallo."), ("en", None)]
        topic = queries.topic(session, STRANGER, "t1", None)
        assert [(each.language, each.body) for each in topic.versions] == [("en", "Hello."), ("de", "Hallo.")]


def test_a_topic_of_before_is_not_deleted_and_can_be(empty_database: Database) -> None:
    migrate(empty_database, "forum", "0004")
    at = "2026-01-02 03:04:05+00:00"
    version = {"language": "en", "title": "A", "body": "Hello.", "by": None, "based_on": None}
    with empty_database.writing() as session:
        session.execute(text(_TOPIC), {"at": at})
        session.execute(text(_POST), {"at": at})
        session.execute(text(_VERSION), {**version, "at": at})
    migrate(empty_database, "forum")
    moderator = Viewer(person_id="noa", roles=frozenset({"moderator"}))
    with empty_database.writing() as session:
        before = queries.topic(session, STRANGER, "t1", None)
        assert before.deletion is None
        assert actions.delete_topic(session, moderator, "t1", Delete(reason="spam")).reason == "spam"
        with pytest.raises(NotFound):
            queries.topic(session, STRANGER, "t1", None)
        actions.restore_topic(session, moderator, "t1")
        assert queries.topic(session, STRANGER, "t1", None) == before


def test_old_deleted_posts_are_in_the_log_and_empty_topics_are_deleted_everywhere(
    empty_database: Database,
) -> None:
    migrate(empty_database, "forum", "0007")
    at = "2026-01-02 03:04:05+00:00"
    category = (
        "INSERT INTO category (slug, original_language, position, official) VALUES ('help', 'en', 1, FALSE)"
    )
    count = "INSERT INTO category_count (category, audience, topics) VALUES ('help', 'public', 2)"
    deleted = "UPDATE post SET deleted_at = :at, deleted_by = :by WHERE id = :id"
    with empty_database.writing() as session:
        for statement in (category, count):
            session.execute(text(statement))
        for name in ("1", "2"):
            for statement in (_TOPIC, _POST):
                session.execute(
                    text(statement.replace("'t1'", f"'t{name}'").replace("'p1'", f"'p{name}'")), {"at": at}
                )
            version = {"language": "en", "title": "A", "body": None, "by": None, "based_on": None, "at": at}
            statement = _VERSION.replace("'t1'", f"'t{name}'").replace(":body, :body", ":body, ''")
            session.execute(text(statement), version)
        session.execute(text("UPDATE topic SET category = 'help'"))
        session.execute(text(_POST.replace("'p1', 't1', 1", "'p3', 't1', 2")), {"at": at})
        session.execute(text("UPDATE topic SET posts = 1, last_number = 2 WHERE id = 't1'"))
        session.execute(text("UPDATE topic SET posts = 0 WHERE id = 't2'"))
        session.execute(text(deleted), {"id": "p3", "at": at, "by": "noa"})
        session.execute(text(deleted), {"id": "p2", "at": at, "by": "sam"})
    migrate(empty_database, "forum")
    moderator = Viewer(person_id="noa", roles=frozenset({"moderator"}))
    with empty_database.writing() as session:
        posts = queries.deletions(session, moderator, "post", None, 9).items
        assert sorted((each.item_id, each.reason, each.title) for each in posts) == [
            ("p2", "author", "Hello."),
            ("p3", "unstated", "Hello."),
        ]
        assert [each.id for each in queries.topics(session, STRANGER, TopicQuery()).items] == ["t1"]
        with pytest.raises(NotFound):
            queries.topic(session, STRANGER, "t2", None)
        seen = queries.topic(session, moderator, "t2", None).deletion
        assert seen is not None
        assert (seen.reason, seen.by_id) == ("no-posts", "sam")
        assert session.execute(text("SELECT topics FROM category_count")).scalar_one() == 1
        (month,) = queries.topic_months(session, STRANGER)
        assert (month.month, month.items) == ("2026-01", 1)
        assert publish_stale(session, stale.PUBLISHERS) == 1
        (told,) = events_after(session, "forum", 0, 9)
        assert (told.type, told.subject) == ("forum.topic.deleted", "topic/t2")
        assert publish_stale(session, stale.PUBLISHERS) == 0
        assert [each.body for each in queries.post_history(session, moderator, "p3")] == ["Hello."]
        assert actions.restore_post(session, moderator, "p3").body == "Hello."
        assert queries.post_history(session, moderator, "p3") == []


def test_the_html_of_old_texts_is_made_once(empty_database: Database) -> None:
    migrate(empty_database, "forum", "0008")
    at = "2026-01-02 03:04:05+00:00"
    body = "**Hello** [[Page]]"
    with empty_database.writing() as session:
        session.execute(text(_TOPIC), {"at": at})
        for number in range(1, 1003):  # more than the migration reads at once
            statement = _POST.replace("'p1', 't1', 1", f"'p{number}', 't1', {number}").replace(
                "'Hello.'", ":body"
            )
            session.execute(text(statement), {"at": at, "body": f"{body} {number}"})
        for language, written, by, based_on in (("en", None, None, None), ("de", "*Hallo*", "noa", 1)):
            version = {"language": language, "title": "A", "body": written, "by": by, "based_on": based_on}
            statement = _VERSION.replace(":body, :body", ":body, ''")
            session.execute(text(statement), {**version, "at": at})
    migrate(empty_database, "forum")
    with empty_database.writing() as session:
        for number in (1, 500, 501, 1002):
            post = queries.post(session, STRANGER, f"p{number}")
            assert post.html == cook(f"{body} {number}", "en").html
            assert post.excerpt == f"Hello Page {number}"
        assert queries.topic(session, STRANGER, "t1", "de").html == "<p><em>Hallo</em></p>\n"
        assert recook(session, 10) == 0
