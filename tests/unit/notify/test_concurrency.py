"""Two processes of notify that notify the same person at the same time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from core import clock
from core.database import Database
from services.notify import actions, queries
from services.notify.actions import inserts, mail_turns
from tests.unit.harness import meet, statements_of
from tests.unit.notify.harness import NotifyHarness


def test_the_count_is_of_both(harness: NotifyHarness, database: Database) -> None:
    if database.sqlite:
        pytest.skip("an SQLite store has one writer")
    harness.people("sam", "noa", "uli")

    def notify_too() -> None:
        harness.open_topic("uli", "Good evening @sam")

    with database.writing() as session:
        first = NotifyHarness(database, session)
        first.ids = harness.ids
        first.open_topic("noa", "Good morning @sam")
        other = threading.Thread(target=notify_too)
        other.start()
        while not waits_for_the_log(database):
            assert other.is_alive()
    other.join(10)
    assert [notified.unread for notified in harness.published()] == [1, 2]


def waits_for_the_log(database: Database) -> bool:
    with database.reading() as session:
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return bool(session.execute(text(query)).scalar())


def test_the_mail_of_a_topic_is_not_made_while_more_is_added_to_it(
    harness: NotifyHarness, database: Database
) -> None:
    if database.sqlite:
        pytest.skip("an SQLite store has one writer")
    row = {"person_id": "p" * 16, "thread": "topic/1", "due_at": clock.now() - timedelta(minutes=1)}
    with database.writing() as session:
        inserts.insert_waiting(session, [row])
    with database.writing() as session:
        inserts.insert_waiting(session, [{**row, "due_at": clock.now()}])
        session.flush()
        with database.writing() as other:
            assert mail_turns.enqueue_due(other)[0] == 0
    with database.writing() as session:
        assert mail_turns.enqueue_due(session)[0] == 1


def test_rows_of_several_kinds_are_locked_in_one_order(harness: NotifyHarness, database: Database) -> None:
    if database.sqlite:
        pytest.skip("an SQLite store has one writer")
    now = clock.now()
    rows = [
        {"person_id": f"{person:016}", "thread": "daily", "due_at": now + timedelta(hours=person % 2)}
        for person in range(4)
    ]
    statements = []
    for _ in range(2):
        with statements_of(database.engine) as seen, database.writing() as session:
            inserts.insert_waiting(session, rows)
        statements.append([each for each in seen if each.startswith("INSERT")])
        with database.reading() as session:
            assert session.execute(text("SELECT count(*) FROM mail_waiting")).scalar() == len(rows)
    assert [len(each) for each in statements] == [1, 1], "one statement, in the order of the rows"


def test_one_thing_followed_twice_at_one_moment_is_followed_once(
    harness: NotifyHarness, database: Database
) -> None:
    harness.people("sam")
    sam = harness.viewer("sam")
    assert (
        meet(
            database,
            lambda session: actions.follow(session, sam, "tag", "maps", "normal"),
            lambda session: actions.follow(session, sam, "tag", "maps", "watching"),
        )
        is None
    )
    with database.reading() as session:
        assert [each.level for each in queries.follows(session, sam, None, 10).items] == ["watching"]


def test_a_follow_that_ends_while_its_level_changes_begins_anew(
    harness: NotifyHarness, database: Database
) -> None:
    harness.people("sam")
    sam = harness.viewer("sam")
    with database.writing() as session:
        actions.follow(session, sam, "tag", "maps", "normal")
    error = meet(
        database,
        lambda session: actions.unfollow(session, sam, "tag", "maps"),
        lambda session: actions.follow(session, sam, "tag", "maps", "watching"),
    )
    assert error is None
    with database.reading() as session:
        assert [each.level for each in queries.follows(session, sam, None, 10).items] == ["watching"]
