"""Mails that are due have their turn by topics: none waits behind a crowd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from bus.eventlog.schema import outbox_task
from bus.outbox.store import OutboxStore, Outcome
from core import clock
from core.database import Database
from services.notify.actions import mail_turns
from services.notify.tables import MailWaiting
from services.notify.tasks import SendMail
from tests.unit.harness import plans_of

pytestmark = pytest.mark.slow

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOON):
        yield


def wait(database: Database, thread: str, people: int, due: timedelta = timedelta(minutes=-1)) -> None:
    rows = [{"person_id": f"{n:016}", "thread": thread, "due_at": NOON + due} for n in range(people)]
    with database.writing() as session:
        session.execute(insert(MailWaiting), rows)


def turn(
    database: Database, after: str = "", ahead: int = mail_turns.AHEAD, most_threads: int = mail_turns.THREADS
) -> tuple[int, str]:
    with database.writing() as session:
        return mail_turns.enqueue_due(session, after, ahead, most_threads)


def enqueued(database: Database) -> Counter[str]:
    with database.reading() as session:
        rows = session.execute(select(outbox_task.c.data).where(outbox_task.c.done_at.is_(None))).scalars()
        return Counter(str(data["thread"]) for data in rows)


def carry_out(database: Database, count: int) -> Counter[str]:
    store = OutboxStore(database)
    claimed = store.claim(SendMail.kind, count)
    store.record([Outcome(each.key) for each in claimed])
    return Counter(str(each.data["thread"]) for each in claimed)


def test_of_each_topic_some_go_out_however_many_wait_for_one(database: Database) -> None:
    wait(database, "topic/crowd", 3000, timedelta(hours=-1))
    for n in range(9):
        wait(database, f"topic/{n}", 3)
    turn(database)
    found = enqueued(database)
    assert {found[f"topic/{n}"] for n in range(9)} == {3}
    assert found["topic/crowd"] == mail_turns.AHEAD // 10


def test_what_comes_due_meanwhile_is_among_the_next(database: Database) -> None:
    wait(database, "topic/crowd", 3000, timedelta(hours=-1))
    _, after = turn(database)
    assert sum(enqueued(database).values()) == mail_turns.AHEAD
    wait(database, "topic/late", 1)
    assert turn(database, after)[0] == 0
    carry_out(database, 10)
    turn(database, after)
    assert enqueued(database)["topic/late"] == 1


def test_no_more_become_tasks_than_are_soon_done(database: Database) -> None:
    wait(database, "topic/crowd", 3000)
    after = ""
    for _ in range(3):
        _, after = turn(database, after)
    assert sum(enqueued(database).values()) == mail_turns.AHEAD


def test_what_failed_holds_up_nothing_new(database: Database) -> None:
    wait(database, "topic/crowd", mail_turns.AHEAD)
    turn(database)
    with database.writing() as session:
        session.execute(update(outbox_task).values(next_at=NOON + timedelta(minutes=5), attempts=1))
    wait(database, "topic/late", 1)
    assert turn(database)[0] == 1


def test_all_have_their_turn_where_there_are_more_topics_than_one_turn_sees(database: Database) -> None:
    for n in range(10):
        wait(database, f"topic/{n}", 4)
    after, seen = "", Counter[str]()
    for _ in range(5):
        _, after = turn(database, after, ahead=4, most_threads=4)
        seen += carry_out(database, 4)
    assert len(seen) == 10
    assert max(seen.values()) == 2


def test_what_is_not_due_waits(database: Database) -> None:
    wait(database, "daily", 3, timedelta(hours=1))
    wait(database, "topic/a", 1)
    assert turn(database) == (1, "topic/a")
    assert turn(database) == (0, "")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(MailWaiting)) == 3


def test_each_look_has_an_index_on_postgresql(database: Database) -> None:
    """However many wait for one topic, its turn costs the same."""
    with database.writing() as session:
        for plan in plans_of(session, lambda: mail_turns.enqueue_due(session)):
            assert "Seq Scan" not in plan, plan
