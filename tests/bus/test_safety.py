"""What must not happen: another log's events, the blame for an outage on a subject, work for nothing."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, event, select, update
from sqlalchemy.orm import Session

from bus.consumer.runner import subscriptions_of
from bus.consumer.subscription import LogMismatch, Subscription
from bus.eventlog.append import append_events
from bus.eventlog.read import events_after
from bus.eventlog.schema import cursor, event_log, held
from bus.retry import failed_events as holding
from contracts.common import Recorded
from core import clock
from core.audience import STRANGER
from core.database import Database
from tests.bus.toy import BetaService, Noted, Street, all_heard, eventually


def log_of(database: Database, *texts: str, about: str = "a") -> list[Recorded]:
    with database.writing() as session:
        append_events(session, [Noted(text=text, about=about) for text in texts])
    return fetch_from(database)(0, 1000)


def fetch_from(database: Database) -> Callable[[int, int], list[Recorded]]:
    def fetch(seq: int, limit: int) -> list[Recorded]:
        with database.reading() as session:
            return events_after(session, "alpha", seq, limit)

    return fetch


def heard_by(street: Street) -> list[str]:
    with street.databases["beta"].reading() as session:
        return all_heard(session, STRANGER)


@pytest.fixture
def subscription(street: Street) -> Subscription:
    return subscriptions_of(BetaService, street.databases["beta"])[0]


def put_back_backup(street: Street, seq: int) -> None:
    """What a backup does to the producer: everything after `seq` never was."""
    with street.databases["alpha"].writing() as session:
        session.execute(delete(event_log).where(event_log.c.seq > seq))


def test_a_log_that_ends_before_the_cursor_is_trouble(street: Street, subscription: Subscription) -> None:
    log_of(street.databases["alpha"], "one", "two", "three")
    subscription.pull(fetch_from(street.databases["alpha"]))
    put_back_backup(street, 1)
    with pytest.raises(LogMismatch, match="ends before 3"):
        subscription.pull(fetch_from(street.databases["alpha"]))
    assert subscription.place().trouble


def test_another_event_at_the_cursor_is_trouble(street: Street, subscription: Subscription) -> None:
    log_of(street.databases["alpha"], "one", "two", "three")
    subscription.pull(fetch_from(street.databases["alpha"]))
    put_back_backup(street, 1)
    events = log_of(street.databases["alpha"], "another two", "another three", "another four")
    with pytest.raises(LogMismatch, match="another event at 3"):
        subscription.pull(fetch_from(street.databases["alpha"]))
    # From now on messages are refused as well.
    with pytest.raises(LogMismatch):
        subscription.apply(events[3:])
    assert heard_by(street) == ["one", "two", "three"]


def test_another_event_at_the_cursor_makes_it_ask(street: Street, subscription: Subscription) -> None:
    (one,) = log_of(street.databases["alpha"], "one")
    subscription.apply([one])
    assert not subscription.apply([one]).gap
    assert subscription.apply([one.model_copy(update={"id": "0" * 16})]).gap


def test_the_right_log_ends_the_trouble(street: Street, subscription: Subscription) -> None:
    events = log_of(street.databases["alpha"], "one", "two")
    subscription.pull(fetch_from(street.databases["alpha"]))
    with pytest.raises(LogMismatch):
        subscription.pull(lambda seq, limit: [])
    assert subscription.pull(lambda seq, limit: [e for e in events if e.seq > seq]) == 2
    assert subscription.place().trouble == ""


def test_a_running_service_tells_of_the_other_log(street: Street, caplog: pytest.LogCaptureFixture) -> None:
    street.start()
    for text in ("one", "two", "three"):
        street.alpha.note(STRANGER, text, "a")
    eventually(lambda: street.beta.heard(STRANGER) == ["one", "two", "three"])
    street.stop(BetaService)
    put_back_backup(street, 1)
    with caplog.at_level(logging.ERROR, "bus.consumer.worker"):
        street.start(BetaService)
        eventually(lambda: street.beta.status().subscriptions[0].trouble)
        street.alpha.note(STRANGER, "another two", "a")
        time.sleep(0.3)
    assert street.beta.heard(STRANGER) == ["one", "two", "three"]
    assert [record for record in caplog.records if "rebuild beta" in record.getMessage()]


def test_a_subject_is_parked_after_its_last_attempt(
    street: Street, subscription: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "FIRST_DELAY", timedelta(0))
    BetaService.poison = {"bad"}
    log_of(street.databases["alpha"], "bad", "behind")
    subscription.pull(fetch_from(street.databases["alpha"]))
    for _ in range(holding.MAX_ATTEMPTS):
        subscription.retry_held()
    with street.databases["beta"].reading() as session:
        rows = session.execute(select(held.c.seq, held.c.attempts, held.c.next_at).order_by(held.c.seq)).all()
    assert [(row.seq, row.attempts) for row in rows] == [(1, holding.MAX_ATTEMPTS), (2, 0)]
    assert rows[0].next_at is None
    # Parked: it is not tried again by itself, and what is behind it neither.
    BetaService.poison = set()
    assert subscription.retry_held() is None
    assert heard_by(street) == []


def test_delays_grow_and_differ() -> None:
    firsts = {holding.delay(1) for _ in range(20)}
    assert len(firsts) > 1
    assert all(timedelta(seconds=0.5) <= delay <= timedelta(seconds=1) for delay in firsts)
    assert timedelta(seconds=32) <= holding.delay(7) <= timedelta(seconds=64)
    assert holding.delay(60) <= holding.LONGEST_DELAY


def test_a_subject_that_waits_is_not_tried_before_its_time(
    street: Street, subscription: Subscription
) -> None:
    BetaService.poison = {"bad"}
    now = clock.now()
    with clock.at(now):
        log_of(street.databases["alpha"], "bad")
        subscription.pull(fetch_from(street.databases["alpha"]))
        BetaService.poison = set()
        wait = subscription.retry_held()
        assert wait is not None
        assert 0.5 <= wait <= 1
        assert heard_by(street) == []
    with clock.at(now + timedelta(seconds=1)):
        subscription.retry_held()
    assert heard_by(street) == ["bad"]
    assert subscription.retry_held() is None
    assert not subscription.holding


def test_a_batch_costs_a_bounded_number_of_statements(street: Street, subscription: Subscription) -> None:
    events = log_of(street.databases["alpha"], *[str(number) for number in range(50)])
    subscription.apply(events[:1])
    statements: list[str] = []

    def count(_c: object, _k: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(street.databases["beta"].engine, "before_cursor_execute", count)
    subscription.apply(events[1:])
    # One for the place, one for each effect, one to move on.
    assert len([s for s in statements if not s.startswith("BEGIN")]) == 1 + 49 + 1


def test_an_outage_blames_no_subject(
    street: Street, subscription: Subscription, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    events = log_of(street.databases["alpha"], "one")

    def outage(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("the disk is full"))

    handlers = {"alpha.note.noted": [(Noted, outage)]}
    broken = Subscription("beta", "alpha", handlers, street.databases["beta"])
    with pytest.raises(OperationalError):
        broken.apply(events)
    with street.databases["beta"].reading() as session:
        assert session.execute(select(held.c.seq)).first() is None
        assert session.execute(select(cursor.c.seq)).first() is None
    assert subscription.apply(events).cursor == 1


def test_a_wrong_statement_of_a_handler_is_its_own_fault(street: Street) -> None:
    events = (
        log_of(street.databases["alpha"], "one", about="a")
        + log_of(street.databases["alpha"], "two", about="b")[1:]
    )

    def wrong(session, noted, recorded) -> None:  # type: ignore[no-untyped-def]
        if noted.text == "one":
            session.execute(update(held).values(seq=None).where(held.c.seq == -1))
            session.execute(held.insert().values(subscription="x", producer="y", seq=1))

    subscription = Subscription(
        "beta", "alpha", {"alpha.note.noted": [(Noted, wrong)]}, street.databases["beta"]
    )
    assert subscription.apply(events).cursor == 2
    with street.databases["beta"].reading() as session:
        assert list(session.execute(select(held.c.subject)).scalars()) == ["note/a"]


def test_a_clock_that_is_put_back_makes_nobody_wait(street: Street, subscription: Subscription) -> None:
    BetaService.poison = {"bad"}
    now = clock.now()
    with clock.at(now):
        log_of(street.databases["alpha"], "bad")
        subscription.pull(fetch_from(street.databases["alpha"]))
    BetaService.poison = set()
    with clock.at(now - timedelta(hours=1)):
        subscription.retry_held()
    assert heard_by(street) == ["bad"]


def test_a_wrong_statement_is_no_outage(street: Street) -> None:
    """SQLite calls both an `OperationalError`."""

    def noted(session: Session, event: Noted, recorded: Recorded) -> None:
        if event.text == "bad":
            session.connection().exec_driver_sql("SELECT 1 FROM nowhere")

    handlers = {"alpha.note.noted": [(Noted, noted)]}
    subscription = Subscription("beta", "alpha", handlers, street.databases["beta"])
    log_of(street.databases["alpha"], "bad", about="a")
    events = log_of(street.databases["alpha"], "good", about="b")
    assert subscription.apply(events).cursor == 2
    with street.databases["beta"].reading() as session:
        assert list(session.execute(select(held.c.subject)).scalars()) == ["note/a"]
