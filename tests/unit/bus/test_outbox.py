"""The table of outbox tasks: one for each key, claimed by one process, in order for each subject, and purged later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import make_url, select, text, update

from bus.eventlog.schema import metadata, outbox_task
from bus.ops.tracing import set_trace
from bus.outbox.store import KEEP, LEASE, OutboxStore, Outcome
from bus.outbox.tasks import OutboxTask, as_done, enqueue, enqueue_all
from bus.retry.policy import TASKS
from core import clock
from core.database import Database

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Mail(OutboxTask):
    kind: ClassVar[str] = "notify.mail"
    number: int
    to: str = "a"

    def key(self) -> str:
        return f"mail/{self.number}"

    def subject(self) -> str:
        return f"person/{self.to}"


class Push(Mail):
    kind: ClassVar[str] = "notify.push"

    def key(self) -> str:
        return f"push/{self.number}"


@pytest.fixture
def store(database: Database) -> OutboxStore:
    return OutboxStore(database)


def enqueue_tasks(database: Database, *tasks: OutboxTask) -> None:
    with database.writing() as session:
        enqueue_all(session, tasks)


def rows(database: Database) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(select(outbox_task).order_by(outbox_task.c.number)))


def keys(store: OutboxStore, kind: str = "notify.mail", limit: int = 10) -> list[str]:
    return [each.key for each in store.claim(kind, limit)]


def test_a_task_is_enqueued_with_its_transaction_or_not_at_all(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            enqueue(session, Mail(number=1))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert rows(database) == []
    set_trace("a-trace")
    enqueue_tasks(database, Mail(number=1, to="b"))
    set_trace("")
    (row,) = rows(database)
    assert (row.key, row.kind, row.subject, row.data, row.trace, row.attempts) == (
        "mail/1", "notify.mail", "person/b", {"number": 1, "to": "b"}, "a-trace", 0,
    )  # fmt: skip


def test_a_known_key_changes_nothing(database: Database, store: OutboxStore) -> None:
    enqueue_tasks(database, Mail(number=1, to="a"))
    enqueue_tasks(database, Mail(number=1, to="another"), Mail(number=2))
    assert [row.subject for row in rows(database)] == ["person/a", "person/a"]
    assert keys(store) == ["mail/1"]
    store.record([Outcome("mail/1")])
    enqueue_tasks(database, Mail(number=1))
    assert keys(store) == ["mail/2"]
    assert len(rows(database)) == 2


def test_a_task_that_counts_as_done_is_never_carried_out(database: Database, store: OutboxStore) -> None:
    with as_done():
        enqueue_tasks(database, Mail(number=1))
    enqueue_tasks(database, Mail(number=1))
    assert keys(store) == []
    assert rows(database)[0].data == {}
    enqueue_tasks(database, Mail(number=2))
    assert keys(store) == ["mail/2"]


def test_a_claimed_task_is_not_claimed_again(database: Database, store: OutboxStore) -> None:
    enqueue_tasks(database, *[Mail(number=number, to=str(number)) for number in range(5)])
    other = OutboxStore(database)
    assert keys(store, limit=3) == ["mail/0", "mail/1", "mail/2"]
    assert keys(other) == ["mail/3", "mail/4"]
    assert keys(store) == keys(other) == []


def test_a_row_that_another_transaction_locks_is_skipped(postgres_database: str) -> None:
    # A statement that waits for the lock fails after two seconds.
    url = make_url(postgres_database).update_query_dict({"options": "-clock_timeout=2s"})
    database = Database(url.render_as_string(False))
    metadata.create_all(database.engine)
    enqueue_tasks(database, Mail(number=1, to="a"), Mail(number=2, to="b"))
    with database.writing() as session:
        session.execute(select(outbox_task).where(outbox_task.c.key == "mail/1").with_for_update())
        assert keys(OutboxStore(database)) == ["mail/2"]
    database.close()


def test_a_dead_process_loses_its_claims_and_the_next_attempt_counts(
    database: Database, store: OutboxStore
) -> None:
    with clock.at(NOW):
        enqueue_tasks(database, Mail(number=1))
        assert [each.attempt for each in store.claim("notify.mail", 10)] == [1]
    other = OutboxStore(database)
    with clock.at(NOW + LEASE - timedelta(seconds=1)):
        assert keys(other) == []
        store.renew(["mail/1"])
        other.renew(["mail/1"])
    with clock.at(NOW + LEASE + timedelta(seconds=1)):
        assert keys(other) == []
    with clock.at(NOW + 2 * LEASE):
        assert [each.attempt for each in other.claim("notify.mail", 10)] == [2]


def test_after_its_lease_a_process_may_record_success_but_not_failure(
    database: Database, store: OutboxStore
) -> None:
    other = OutboxStore(database)
    with clock.at(NOW):
        enqueue_tasks(database, Mail(number=1))
        store.claim("notify.mail", 1)
    with clock.at(NOW + 2 * LEASE):
        other.claim("notify.mail", 1)
        store.record([Outcome("mail/1", "too late")])
        assert (rows(database)[0].error, rows(database)[0].claim != "") == ("", True)
        store.record([Outcome("mail/1")])
        assert rows(database)[0].done_at == NOW + 2 * LEASE
        other.record([Outcome("mail/1", "another opinion")])
    assert (rows(database)[0].error, rows(database)[0].next_at is None) == ("", False)


def test_each_subject_in_order_and_others_flow(database: Database, store: OutboxStore) -> None:
    enqueue_tasks(database, Mail(number=1), Mail(number=2), Mail(number=3, to="b"), Push(number=4))
    with clock.at(NOW):
        assert keys(store) == ["mail/1", "mail/3"]
        assert keys(store, "notify.push") == ["push/4"]
        store.record([Outcome("mail/1", "no"), Outcome("mail/3")])
        assert keys(store) == []
    with clock.at(NOW + timedelta(seconds=1)):
        assert keys(store) == ["mail/1"]
        store.record([Outcome("mail/1")])
        assert keys(store) == ["mail/2"]


def test_delays_grow_until_a_task_is_dead_lettered(database: Database, store: OutboxStore) -> None:
    enqueue_tasks(database, Mail(number=1), Mail(number=2), Mail(number=3, to="b"))
    now = NOW
    for attempt in range(1, TASKS.max_attempts):
        with clock.at(now):
            assert [each.attempt for each in store.claim("notify.mail", 1)] == [attempt]
            store.record([Outcome("mail/1", f"no {attempt}")])
            row = rows(database)[0]
            longest = min(timedelta(seconds=2 ** (attempt - 1)), timedelta(seconds=TASKS.longest))
            assert longest / 2 <= row.next_at - now <= longest
            now = row.next_at
    with clock.at(now):
        store.claim("notify.mail", 1)
        store.record([Outcome("mail/1", "no more")])
        row = rows(database)[0]
        assert (row.next_at, row.error, row.attempts) == (None, "no more", TASKS.max_attempts)
    with clock.at(now + timedelta(days=1)):
        assert keys(store) == ["mail/3"]


def test_a_task_that_kills_its_process_is_dead_lettered_too(database: Database, store: OutboxStore) -> None:
    enqueue_tasks(database, Mail(number=1), Mail(number=2, to="b"))
    with database.writing() as session:
        session.execute(
            update(outbox_task).where(outbox_task.c.key == "mail/1").values(attempts=TASKS.max_attempts)
        )
    assert keys(store) == ["mail/2"]
    assert (rows(database)[0].next_at, rows(database)[0].error) == (
        None,
        "the process died during the last attempt",
    )


@pytest.mark.slow
def test_an_outage_does_not_count_as_an_attempt(database: Database, store: OutboxStore) -> None:
    enqueue_tasks(database, Mail(number=1))
    for hour in range(3 * TASKS.max_attempts):
        with clock.at(NOW + timedelta(hours=hour)):
            assert [each.attempt for each in store.claim("notify.mail", 1)] == [hour + 1]
            store.record([Outcome("mail/1", "away", outage=True, wait=timedelta(seconds=7))])
            row = rows(database)[0]
            assert (row.attempts, row.next_at) == (0, NOW + timedelta(hours=hour, seconds=7))


def test_a_clock_set_back_delays_no_task_for_long(database: Database, store: OutboxStore) -> None:
    with clock.at(NOW):
        enqueue_tasks(database, Mail(number=1), Mail(number=2, to="b"))
        assert keys(store, limit=1) == ["mail/1"]
        store.record([Outcome("mail/1", "no")])
        assert keys(store, limit=1) == ["mail/2"]
    with clock.at(NOW - timedelta(hours=5)):
        assert keys(store) == ["mail/1", "mail/2"]


def test_a_done_task_has_no_data_and_is_purged_later(
    database: Database, store: OutboxStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = OutboxStore(database, purge_size=2)
    with clock.at(NOW):
        enqueue_tasks(database, *[Mail(number=number, to=str(number)) for number in range(5)])
        for key in keys(store)[:4]:
            store.record([Outcome(key)])
    assert [row.data for row in rows(database)] == [{}] * 4 + [{"number": 4, "to": "4"}]
    with clock.at(NOW + KEEP - timedelta(minutes=1)):
        assert store.purge() == 0
    with clock.at(NOW + KEEP + timedelta(minutes=1)):
        assert [store.purge() for _ in range(3)] == [2, 2, 0]
    assert [row.key for row in rows(database)] == ["mail/4"]


def test_a_claim_uses_the_indexes(tmp_path: Path) -> None:
    """A claim must cost the same with a hundred tasks and with many thousands."""
    database = Database(f"sqlite:///{tmp_path}/store.sqlite")
    metadata.create_all(database.engine)
    query = OutboxStore(database).due("notify.mail", NOW).limit(1)
    compiled = str(query.compile(database.engine, compile_kwargs={"literal_binds": True}))
    with database.reading() as session:
        plan = " ".join(row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
    database.close()
    assert "outbox_task_open" in plan
    assert "outbox_task_by_subject" in plan
    assert "TEMP B-TREE" not in plan


def test_many_tasks_are_enqueued_in_one_statement(database: Database) -> None:
    enqueue_tasks(database, *[Mail(number=number % 300) for number in range(600)])
    enqueue_tasks(database)
    assert [row.key for row in rows(database)] == [f"mail/{number}" for number in range(300)]
