"""Outbox tasks in running services: each is carried out once, after the commit, whatever happens."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import eventlet
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, event, select, update
from sqlalchemy.orm import ORMExecuteState, Session

from bus.consumer.rebuild import Rebuild
from bus.consumer.runner import subscriptions_of
from bus.consumer.subscription import Fetch
from bus.eventlog.schema import outbox_task
from bus.outbox.runner import LIMITS, Limits
from bus.outbox.store import OutboxStore, Outcome
from bus.outbox.tasks import Outage, PermanentFailure, enqueue
from bus.retry.policy import TASKS, RetryPolicy
from contracts.common import Recorded
from contracts.errors import Unavailable
from core.audience import STRANGER
from core.database import Database
from tests.bus.harness import AlphaService, BusHarness, eventually
from tests.bus.helpers import Ops, fetch_from, migrate, sample
from tests.bus.outbox_service import Send, SendingService, receive, received, tasks_in, texts


@pytest.fixture
def outside(harness: BusHarness, tmp_path: Path) -> Path:
    """The file of the receiver. The service is not started yet."""
    SendingService.outside = tmp_path / "outside.txt"
    SendingService.errors = {}
    SendingService.slowness = 0.0
    SendingService.traces.clear()
    SendingService.running.clear()
    SendingService.most_running = 0
    return SendingService.outside


def quick(max_attempts: int = 16) -> Limits:
    """Limits with short waits."""
    policy = RetryPolicy(first=0.02, longest=300.0, max_attempts=max_attempts)
    return Limits(first_pause=0.05, longest_pause=0.2, poll=0.1, policy=policy)


def start(harness: BusHarness) -> None:
    harness.start(AlphaService, SendingService)


def enqueue_send(harness: BusHarness, text: str, about: str = "note/a") -> None:
    """Enqueue a task from outside of the running service, as another of its processes would."""
    with harness.databases["beta"].writing() as session:
        enqueue(session, Send(event_id=text.replace(" ", "-"), text=text, about=about))


def all_done(harness: BusHarness) -> bool:
    rows = tasks_in(harness.databases["beta"])
    return bool(rows) and all(done for _, done, _ in rows)


def test_each_task_is_carried_out_once_soon_after_the_commit(harness: BusHarness, outside: Path) -> None:
    # Commits wake the runner: nothing waits for it to look by itself.
    harness.outbox = replace(LIMITS, poll=3600)
    start(harness)
    harness.alpha.note(STRANGER, "warm", "a")
    eventually(lambda: all_done(harness))
    for number in range(20):
        harness.alpha.note(STRANGER, f"note {number}", f"s{number % 4}")
    eventually(lambda: len(received(outside)) == 21)
    eventually(lambda: all_done(harness))
    assert sorted(texts(outside)) == sorted(["warm", *[f"note {number}" for number in range(20)]])
    assert {attempt for _, attempt, _ in received(outside)} == {1}
    for subject in range(4):
        mine = [text for text in texts(outside)[1:] if int(text.split()[1]) % 4 == subject]
        assert mine == [f"note {number}" for number in range(20) if number % 4 == subject]


def test_a_task_has_the_trace_of_the_request(harness: BusHarness, outside: Path) -> None:
    start(harness)
    harness.alpha.note(STRANGER, "one", "a")
    eventually(lambda: all_done(harness))
    with harness.databases["beta"].reading() as session:
        traces = list(session.execute(select(outbox_task.c.trace)).scalars())
    assert traces[0].startswith("00-")
    assert SendingService.traces == traces


def test_a_task_of_another_process_wakes_the_runner(harness: BusHarness, outside: Path) -> None:
    """On PostgreSQL at once, by a notification; on SQLite at the next poll."""
    if not harness.databases["beta"].sqlite:
        harness.outbox = replace(LIMITS, poll=3600)
    start(harness)
    harness.alpha.note(STRANGER, "warm", "a")
    eventually(lambda: all_done(harness))
    elsewhere = Database(harness.databases["beta"].url.render_as_string(False))
    with elsewhere.writing() as session:
        enqueue(session, Send(event_id="x", text="from elsewhere", about="note/b"))
    eventually(lambda: "from elsewhere" in texts(outside))
    elsewhere.close()


def test_a_failing_task_stops_its_subject_and_is_dead_lettered(harness: BusHarness, outside: Path) -> None:
    harness.outbox = quick(max_attempts=3)
    SendingService.errors = {"bad": ValueError("no such address")}
    start(harness)
    for text, about in (("bad", "a"), ("behind", "a"), ("other", "b")):
        harness.alpha.note(STRANGER, text, about)
    eventually(lambda: texts(outside) == ["other"])
    eventually(lambda: dead_lettered(harness) == [("ValueError: no such address", 3)])
    harness.alpha.note(STRANGER, "later", "c")
    eventually(lambda: texts(outside) == ["other", "later"])
    SendingService.errors = {}
    with harness.databases["beta"].writing() as session:
        session.execute(
            update(outbox_task)
            .where(outbox_task.c.next_at.is_(None))
            .values(next_at=outbox_task.c.created_at)
        )
        session.execute(update(outbox_task).values(attempts=0))
    eventually(lambda: texts(outside) == ["other", "later", "bad", "behind"])


def test_a_task_that_can_never_succeed_is_dead_lettered_at_once(harness: BusHarness, outside: Path) -> None:
    SendingService.errors = {"bad": PermanentFailure("550 5.1.1")}
    start(harness)
    harness.alpha.note(STRANGER, "bad", "a")
    eventually(lambda: dead_lettered(harness) == [("PermanentFailure: 550 5.1.1", 1)])


def dead_lettered(harness: BusHarness) -> list[tuple[str, int]]:
    with harness.databases["beta"].reading() as session:
        rows = session.execute(select(outbox_task).where(outbox_task.c.next_at.is_(None))).all()
    return [(row.error, row.attempts) for row in rows]


def test_an_outage_pauses_its_kind_and_drops_nothing(harness: BusHarness, outside: Path) -> None:
    harness.outbox = quick(max_attempts=2)
    SendingService.errors = {"*": Outage("connection refused")}
    start(harness)
    for number in range(30):
        harness.alpha.note(STRANGER, f"note {number}", f"s{number}")
    paused = partial(sample, "space_outbox_paused", service="beta", kind="beta.send")
    eventually(lambda: paused() == 1)
    SendingService.traces.clear()
    time.sleep(1)
    # One task at a time is tried, with pauses in between.
    assert 1 <= len(SendingService.traces) <= 25
    harness.alpha.note(STRANGER, "quiet", "s0")
    eventually(lambda: texts(outside) == ["quiet"])
    SendingService.errors = {}
    eventually(lambda: len(received(outside)) == 31)
    eventually(lambda: all_done(harness))
    assert paused() == 0
    assert dead_lettered(harness) == []


@pytest.mark.parametrize("error", [Outage("its server is away"), Unavailable("service-away")])
def test_an_outage_of_one_does_not_stop_the_others_for_ever(
    harness: BusHarness, outside: Path, error: Exception
) -> None:
    harness.outbox = quick(max_attempts=3)
    SendingService.errors = {"bad": error}
    start(harness)
    harness.alpha.note(STRANGER, "bad", "a")

    def others_flow() -> bool:
        harness.alpha.note(STRANGER, f"note {time.monotonic()}", "b")
        return bool(dead_lettered(harness))

    eventually(others_flow)
    assert dead_lettered(harness) == [(f"{type(error).__name__}: {error}", 3)]
    eventually(lambda: len(received(outside)) == len(tasks_in(harness.databases["beta"])) - 1)


def test_a_handler_that_hangs_is_interrupted(harness: BusHarness, outside: Path) -> None:
    harness.outbox = replace(LIMITS, handler=0.2)
    SendingService.slowness = 30
    start(harness)
    harness.alpha.note(STRANGER, "one", "a")
    eventually(lambda: tasks_in(harness.databases["beta"]) and error_of(harness).startswith("TimeoutError"))
    assert received(outside) == []


def error_of(harness: BusHarness) -> str:
    with harness.databases["beta"].reading() as session:
        return str(session.execute(select(outbox_task.c.error)).scalar())


def test_a_task_that_can_not_be_read_is_a_failure(harness: BusHarness, outside: Path) -> None:
    enqueue_send(harness, "one")
    with harness.databases["beta"].writing() as session:
        session.execute(update(outbox_task).values(data={"of": "another release"}))
    start(harness)
    eventually(lambda: "ValidationError" in error_of(harness))
    assert "another release" not in error_of(harness)


def test_several_processes_share_the_work(harness: BusHarness, outside: Path) -> None:
    for number in range(60):
        enqueue_send(harness, f"note {number}", f"note/s{number % 12}")
    SendingService.slowness = 0.02
    others: list[Any] = []
    for _ in range(2):
        database = Database(harness.databases["beta"].url.render_as_string(False))
        others.append((harness.container(SendingService, database), database))
    for container, _ in others:
        container.start()
    eventually(lambda: len(received(outside)) == 60)
    eventually(lambda: all_done(harness))
    for container, database in others:
        container.stop()
        database.close()
    assert len({key for key, _, _ in received(outside)}) == 60
    assert SendingService.most_running == 1
    for subject in range(12):
        mine = [int(text.split()[1]) for text in texts(outside)]
        assert [n for n in mine if n % 12 == subject] == list(range(subject, 60, 12))


def test_a_claim_is_renewed_while_the_handler_runs(harness: BusHarness, outside: Path) -> None:
    harness.outbox = replace(LIMITS, lease=0.6, poll=0.1)
    SendingService.slowness = 2.0
    start(harness)
    enqueue_send(harness, "slow")
    other = OutboxStore(harness.databases["beta"], lease=timedelta(seconds=0.6))
    eventually(lambda: SendingService.traces)
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        assert other.claim("beta.send", 1) == []
        time.sleep(0.05)
    eventually(lambda: all_done(harness))
    assert [attempt for _, attempt, _ in received(outside)] == [1]


def test_a_stop_lets_running_handlers_finish(harness: BusHarness, outside: Path) -> None:
    SendingService.slowness = 0.5
    start(harness)
    for number in range(3):
        enqueue_send(harness, f"note {number}", f"note/s{number}")
    enqueue_send(harness, "next", "note/s0")
    eventually(lambda: len(SendingService.traces) == 3)
    harness.stop(SendingService)
    assert sorted(texts(outside)) == ["note 0", "note 1", "note 2"]
    assert [done for _, done, _ in tasks_in(harness.databases["beta"])] == [True, True, True, False]


def test_a_failed_recording_repeats_no_task(harness: BusHarness, outside: Path) -> None:
    harness.outbox = replace(LIMITS, poll=0.1)
    refused: list[int] = []

    def refuse(state: ORMExecuteState) -> None:
        if state.is_update and "done_at=" in str(state.statement) and len(refused) < 3:
            refused.append(1)
            raise ConnectionError("the database is away")

    event.listen(Session, "do_orm_execute", refuse)
    try:
        start(harness)
        enqueue_send(harness, "one")
        eventually(lambda: all_done(harness))
    finally:
        event.remove(Session, "do_orm_execute", refuse)
    assert len(refused) == 3
    assert [attempt for _, attempt, _ in received(outside)] == [1]


def test_metrics_of_outbox_tasks(harness: BusHarness, outside: Path) -> None:
    harness.outbox = replace(LIMITS, policy=replace(TASKS, max_attempts=1))
    SendingService.errors = {"bad": ValueError("no"), "away": Outage("refused")}
    start(harness)
    harness.alpha.note(STRANGER, "well", "a")
    eventually(lambda: all_done(harness))
    ops = Ops(harness)

    def sample(name: str, *labels: str) -> float:
        return ops.samples().get((name, "beta", *labels), -1.0)

    # Kinds without any task are reported as 0.
    assert kind_samples(ops) == {
        ("beta.send", "waiting"): 0, ("beta.send", "dead_lettered"): 0,
        ("beta.send-other", "waiting"): 0, ("beta.send-other", "dead_lettered"): 0,
    }  # fmt: skip
    failed = sample("space_outbox_task_failures_total", "beta.send")
    # Nothing succeeds while the kind is paused: then the outage would count as the task's own error.
    for text, about in (("bad", "bad"), ("away", "away"), ("behind", "away")):
        harness.alpha.note(STRANGER, text, about)
    eventually(lambda: sample("space_outbox_paused", "beta.send") == 1)
    eventually(lambda: kind_samples(ops)[("beta.send", "dead_lettered")] == 1)
    time.sleep(0.05)
    assert kind_samples(ops)[("beta.send", "waiting")] == 2
    assert sample("space_oldest_waiting_task_seconds", "beta.send") > 0.04
    assert sample("space_oldest_waiting_task_seconds", "beta.send-other") == 0
    assert sample("space_outbox_task_failures_total", "beta.send") == max(failed, 0) + 1
    assert sample("space_outbox_task_seconds_count", "beta.send") >= 1
    eventually(lambda: "Outage: refused" in [each.outage for each in harness.status("beta").outbox])


def kind_samples(ops: Ops) -> dict[tuple[str, str], float]:
    """The numbers of beta's tasks by kind and state; the registry may have metrics of other services."""
    families = text_string_to_metric_families(ops.get("/metrics").text)
    samples = [s for family in families for s in family.samples if s.name == "space_outbox_tasks"]
    return {(s.labels["kind"], s.labels["state"]): s.value for s in samples if s.labels["service"] == "beta"}


def rebuild_of(harness: BusHarness, fetch: Fetch | None = None) -> Rebuild:
    return Rebuild(
        harness.databases["beta"],
        lambda database: subscriptions_of(SendingService, database),
        migrate,
        {"alpha": fetch or fetch_from(harness.databases["alpha"])},
        lambda count: None,
    )


def test_a_rebuild_repeats_and_loses_no_task(harness: BusHarness, outside: Path) -> None:
    SendingService.errors = {"waits": ValueError("not now")}
    start(harness)
    for text, about in (("one", "a"), ("waits", "b"), ("forgotten", "c")):
        harness.alpha.note(STRANGER, text, about)
    eventually(lambda: len(received(outside)) == 2)
    eventually(lambda: sum(done for _, done, _ in tasks_in(harness.databases["beta"])) == 2)
    # As if it had been purged.
    with harness.databases["beta"].writing() as session:
        session.execute(delete(outbox_task).where(outbox_task.c.key == key_of(outside, "forgotten")))
    for _ in range(2):
        rebuild_of(harness).whole()
    SendingService.errors = {}
    harness.alpha.note(STRANGER, "new", "a")
    eventually(lambda: sorted(texts(outside)) == ["forgotten", "new", "one", "waits"])
    eventually(lambda: all_done(harness))
    time.sleep(0.3)
    assert len(received(outside)) == 4


def key_of(outside: Path, text: str) -> str:
    return next(key for key, _, each in received(outside) if each == text)


def test_a_rebuild_beyond_the_live_copy_enqueues_what_is_new(harness: BusHarness, outside: Path) -> None:
    """Tasks of events that the live copy has not handled yet are carried out by the rebuilt one."""
    harness.start(AlphaService)
    for text in ("one", "two"):
        harness.alpha.note(STRANGER, text, "a")
    live = subscriptions_of(SendingService, harness.databases["beta"])[0]
    live.pull(fetch_from(harness.databases["alpha"]))
    for text in ("three", "four"):
        harness.alpha.note(STRANGER, text, "a")
    rebuild_of(harness).whole()
    harness.start(SendingService)
    eventually(lambda: texts(outside) == ["one", "two", "three", "four"])
    eventually(lambda: all_done(harness))


def test_a_task_that_runs_during_the_switch_is_not_repeated(harness: BusHarness, outside: Path) -> None:
    SendingService.slowness = 1.0
    start(harness)
    harness.alpha.note(STRANGER, "slow", "a")
    eventually(lambda: SendingService.traces)
    rebuild_of(harness).whole()
    eventually(lambda: all_done(harness))
    assert [attempt for _, attempt, _ in received(outside)] == [1]


def test_an_outcome_recorded_during_the_switch_is_not_lost(harness: BusHarness, outside: Path) -> None:
    """A statement that waits for the old table is executed on the new one."""
    enqueue_send(harness, "one")
    store = OutboxStore(harness.databases["beta"])
    assert [each.key for each in store.claim("beta.send", 1)] == ["send/one"]
    fetch = fetch_from(harness.databases["alpha"])
    fetches: list[int] = []
    waiting: list[Any] = []

    def fetch_while_recording(seq: int, limit: int) -> list[Recorded]:
        fetches.append(seq)
        if len(fetches) == 2:
            # The last read of the log, while the live copy is locked.
            waiting.append(eventlet.spawn(store.record, [Outcome("send/one")]))
            time.sleep(0.3)
            assert not waiting[0].dead
        return fetch(seq, limit)

    rebuild_of(harness, fetch_while_recording).whole()
    waiting[0].wait()
    assert [(key, done) for key, done, _ in tasks_in(harness.databases["beta"])] == [("send/one", True)]


def test_replicas_are_rebuilt_without_repeating_tasks(
    harness: BusHarness, outside: Path, tmp_path: Path
) -> None:
    from tests.bus.harness import copied

    start(harness)
    harness.alpha.note(STRANGER, "one", "a")
    eventually(lambda: all_done(harness))
    scratch = Database(f"sqlite:///{tmp_path}/scratch.sqlite")
    rebuild_of(harness).replicas([copied], scratch)
    scratch.close()
    harness.alpha.note(STRANGER, "two", "a")
    eventually(lambda: texts(outside) == ["one", "two"])
    assert [done for _, done, _ in tasks_in(harness.databases["beta"])][:1] == [True]


def test_the_receiver_records_key_and_attempt(tmp_path: Path) -> None:
    for attempt in (1, 2):
        receive(tmp_path / "x", "k", attempt, "a text")
    assert received(tmp_path / "x") == [("k", 1, "a text"), ("k", 2, "a text")]
