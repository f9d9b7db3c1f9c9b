"""Replaced logs, retries and outages: what must not take effect, not count as a failure, or not be tried in vain."""

import logging
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from bus.consumer.runner import subscriptions_of
from bus.consumer.subscription import LogMismatch, Subscription
from bus.eventlog.schema import consumer_offset, failed_event
from bus.retry.backoff import delay
from bus.retry.policy import EVENTS
from contracts.common import Recorded
from core import clock
from core.audience import STRANGER
from tests.bus.harness import BetaService, BusHarness, Noted, eventually
from tests.bus.helpers import copied_by, fetch_from, log_of, put_back_backup


@pytest.fixture
def subscription(harness: BusHarness) -> Subscription:
    return subscriptions_of(BetaService, harness.databases["beta"])[0]


def test_a_log_that_ends_before_the_offset_halts(harness: BusHarness, subscription: Subscription) -> None:
    log_of(harness.databases["alpha"], "one", "two", "three")
    subscription.pull(fetch_from(harness.databases["alpha"]))
    put_back_backup(harness, 1)
    with pytest.raises(LogMismatch, match="ends before 3"):
        subscription.pull(fetch_from(harness.databases["alpha"]))
    assert subscription.offsets().halt_reason


def test_another_event_at_the_offset_halts(harness: BusHarness, subscription: Subscription) -> None:
    log_of(harness.databases["alpha"], "one", "two", "three")
    subscription.pull(fetch_from(harness.databases["alpha"]))
    put_back_backup(harness, 1)
    events = log_of(harness.databases["alpha"], "another two", "another three", "another four")
    with pytest.raises(LogMismatch, match="another event at 3"):
        subscription.pull(fetch_from(harness.databases["alpha"]))
    # Messages are refused as well from now on.
    with pytest.raises(LogMismatch):
        subscription.apply(events[3:])
    assert copied_by(harness) == ["one", "two", "three"]


def test_another_event_at_the_offset_causes_a_pull(harness: BusHarness, subscription: Subscription) -> None:
    (one,) = log_of(harness.databases["alpha"], "one")
    subscription.apply([one])
    assert not subscription.apply([one]).gap
    assert subscription.apply([one.model_copy(update={"id": "0" * 16})]).gap


def test_the_right_log_ends_the_halt(harness: BusHarness, subscription: Subscription) -> None:
    events = log_of(harness.databases["alpha"], "one", "two")
    subscription.pull(fetch_from(harness.databases["alpha"]))
    with pytest.raises(LogMismatch):
        subscription.pull(lambda seq, limit: [])
    assert subscription.pull(lambda seq, limit: [e for e in events if e.seq > seq]) == 2
    assert subscription.offsets().halt_reason == ""


def test_a_running_service_reports_the_other_log(
    harness: BusHarness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.start()
    for text in ("one", "two", "three"):
        harness.alpha.note(STRANGER, text, "a")
    eventually(lambda: harness.beta.copied(STRANGER) == ["one", "two", "three"])
    harness.stop(BetaService)
    put_back_backup(harness, 1)
    with caplog.at_level(logging.ERROR, "bus.consumer.worker"):
        harness.start(BetaService)
        eventually(lambda: harness.status("beta").subscriptions[0].halt_reason)
        harness.alpha.note(STRANGER, "another two", "a")
        time.sleep(0.3)
    assert harness.beta.copied(STRANGER) == ["one", "two", "three"]
    assert [record for record in caplog.records if "rebuild beta" in record.getMessage()]


def test_a_subject_is_dead_lettered_after_its_last_attempt(harness: BusHarness) -> None:
    policy = replace(EVENTS, first=0.0)
    (subscription,) = subscriptions_of(BetaService, harness.databases["beta"], policy)
    BetaService.poison = {"bad"}
    log_of(harness.databases["alpha"], "bad", "behind")
    subscription.pull(fetch_from(harness.databases["alpha"]))
    for _ in range(policy.max_attempts):
        subscription.retry_failed()
    with harness.databases["beta"].reading() as session:
        columns = (failed_event.c.seq, failed_event.c.attempts, failed_event.c.next_at)
        rows = session.execute(select(*columns).order_by(failed_event.c.seq)).all()
    assert [(row.seq, row.attempts) for row in rows] == [(1, policy.max_attempts), (2, 0)]
    assert rows[0].next_at is None
    # Neither it nor the events behind it are retried.
    BetaService.poison = set()
    assert subscription.retry_failed() is None
    assert copied_by(harness) == []


def test_delays_grow_and_differ() -> None:
    firsts = {delay(1, 1.0, 300.0) for _ in range(20)}
    assert len(firsts) > 1
    assert all(0.5 <= seconds <= 1 for seconds in firsts)
    assert 32 <= delay(7, 1.0, 300.0) <= 64
    assert delay(60, 1.0, 300.0) <= 300


def fail_once(harness: BusHarness, subscription: Subscription) -> datetime:
    """Log an event that fails when it is handled, and never again; returns the moment at which it did."""
    BetaService.poison = {"bad"}
    now = clock.now()
    with clock.at(now):
        log_of(harness.databases["alpha"], "bad")
        subscription.pull(fetch_from(harness.databases["alpha"]))
    BetaService.poison = set()
    return now


def test_a_subject_that_waits_is_not_tried_before_its_time(
    harness: BusHarness, subscription: Subscription
) -> None:
    now = fail_once(harness, subscription)
    with clock.at(now):
        wait = subscription.retry_failed()
        assert wait is not None
        assert 0.5 <= wait <= 1
        assert copied_by(harness) == []
    with clock.at(now + timedelta(seconds=1)):
        subscription.retry_failed()
    assert copied_by(harness) == ["bad"]
    assert subscription.retry_failed() is None
    assert not subscription.retrying


def test_a_batch_costs_a_bounded_number_of_statements(
    harness: BusHarness, subscription: Subscription
) -> None:
    events = log_of(harness.databases["alpha"], *[str(number) for number in range(50)])
    subscription.apply(events[:1])
    statements: list[str] = []

    def count(_c: object, _k: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(harness.databases["beta"].engine, "before_cursor_execute", count)
    subscription.apply(events[1:])
    # One statement for the offset, one for each event, one to move the offset.
    assert len([s for s in statements if not s.startswith("BEGIN")]) == 1 + 49 + 1


def test_an_outage_is_no_failure_of_a_subject(
    harness: BusHarness, subscription: Subscription, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    events = log_of(harness.databases["alpha"], "one")

    def outage(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("the disk is full"))

    handlers = {"alpha.note.noted": [(Noted, outage)]}
    broken = Subscription("beta", "alpha", handlers, harness.databases["beta"])
    with pytest.raises(OperationalError):
        broken.apply(events)
    with harness.databases["beta"].reading() as session:
        assert session.execute(select(failed_event.c.seq)).first() is None
        assert session.execute(select(consumer_offset.c.seq)).first() is None
    assert subscription.apply(events).offset == 1


def test_a_wrong_statement_of_a_handler_is_a_failure(harness: BusHarness) -> None:
    events = (
        log_of(harness.databases["alpha"], "one", about="a")
        + log_of(harness.databases["alpha"], "two", about="b")[1:]
    )

    def wrong(session, noted, recorded) -> None:  # type: ignore[no-untyped-def]
        if noted.text == "one":
            session.execute(update(failed_event).values(seq=None).where(failed_event.c.seq == -1))
            session.execute(failed_event.insert().values(subscription="x", producer="y", seq=1))

    subscription = Subscription(
        "beta", "alpha", {"alpha.note.noted": [(Noted, wrong)]}, harness.databases["beta"]
    )
    assert subscription.apply(events).offset == 2
    with harness.databases["beta"].reading() as session:
        assert list(session.execute(select(failed_event.c.subject)).scalars()) == ["note/a"]


def test_a_clock_that_is_set_back_delays_no_retry(harness: BusHarness, subscription: Subscription) -> None:
    now = fail_once(harness, subscription)
    with clock.at(now - timedelta(hours=1)):
        subscription.retry_failed()
    assert copied_by(harness) == ["bad"]


def test_a_wrong_statement_is_no_outage(harness: BusHarness) -> None:
    """SQLite calls both an `OperationalError`."""

    def noted(session: Session, event: Noted, recorded: Recorded) -> None:
        if event.text == "bad":
            session.connection().exec_driver_sql("SELECT 1 FROM nowhere")

    handlers = {"alpha.note.noted": [(Noted, noted)]}
    subscription = Subscription("beta", "alpha", handlers, harness.databases["beta"])
    log_of(harness.databases["alpha"], "bad", about="a")
    events = log_of(harness.databases["alpha"], "good", about="b")
    assert subscription.apply(events).offset == 2
    with harness.databases["beta"].reading() as session:
        assert list(session.execute(select(failed_event.c.subject)).scalars()) == ["note/a"]
