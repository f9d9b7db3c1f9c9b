"""Batch handlers keep the same promises as other handlers."""

from collections.abc import Sequence
from typing import ClassVar

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from bus.consumer.runner import subscriptions_of
from bus.consumer.subscription import Subscription
from bus.entrypoints import on
from bus.eventlog.append import append_event, has_appended
from bus.eventlog.read import log_end
from bus.eventlog.schema import failed_event
from bus.service import Service
from contracts.common import Event, Recorded
from tests.bus.harness import BetaService, BulkService, BusHarness, Noted
from tests.bus.helpers import copied_by, fetch_from, log_of


@pytest.fixture
def bulk(harness: BusHarness) -> Subscription:
    return subscriptions_of(BulkService, harness.databases["beta"])[0]


def test_a_batch_is_one_statement(harness: BusHarness, bulk: Subscription) -> None:
    wanted = [str(number) for number in range(100)]
    log_of(harness.databases["alpha"], *wanted)
    bulk.pull(lambda seq, limit: fetch_from(harness.databases["alpha"])(seq, 1))
    statements: list[str] = []
    event.listen(
        harness.databases["beta"].engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: statements.append(statement),
    )
    bulk.pull(fetch_from(harness.databases["alpha"]))
    assert copied_by(harness) == wanted
    assert len([one for one in statements if "INSERT INTO copied" in one]) == 1


def test_one_failing_event_of_many_stops_only_its_subject(harness: BusHarness, bulk: Subscription) -> None:
    BetaService.poison = {"bad"}
    log_of(harness.databases["alpha"], "one", about="a")
    log_of(harness.databases["alpha"], "bad", "behind", about="b")
    log_of(harness.databases["alpha"], "four", about="c")
    assert bulk.pull(fetch_from(harness.databases["alpha"])) == 4
    assert copied_by(harness) == ["one", "four"]
    with harness.databases["beta"].reading() as session:
        assert list(session.execute(select(failed_event.c.seq).order_by(failed_event.c.seq)).scalars()) == [
            2,
            3,
        ]
    log_of(harness.databases["alpha"], "still behind", about="b")
    bulk.pull(fetch_from(harness.databases["alpha"]))
    BetaService.poison = set()
    with harness.databases["beta"].writing() as session:
        session.execute(failed_event.update().values(next_at=None))
        from core import clock

        session.execute(failed_event.update().where(failed_event.c.seq == 2).values(next_at=clock.now()))
    bulk.retry_failed()
    assert copied_by(harness) == ["one", "four", "bad", "behind", "still behind"]


def test_repeated_messages_change_nothing(harness: BusHarness, bulk: Subscription) -> None:
    events = log_of(harness.databases["alpha"], "one", "two", "three")
    assert not bulk.apply([events[0], events[1], events[1], events[0], events[2]]).gap
    assert not bulk.apply(events).gap
    assert copied_by(harness) == ["one", "two", "three"]


class Other(Event):
    type: ClassVar[str] = "alpha.note.other"

    def subject(self) -> str:
        return "note/other"

    def audience(self) -> str:
        return "public"


class AppendingService(Service):
    """Appends an event for each batch, and notes whether the log's lock is held when another event is handled."""

    name = "beta"
    held: ClassVar[list[bool]] = []

    @on(Noted, many=True)
    def noted(self, session: Session, pairs: Sequence[tuple[Noted, Recorded]]) -> None:
        append_event(session, Other())

    @on(Other)
    def other(self, session: Session, event: Other, recorded: Recorded) -> None:
        self.held.append(has_appended(session))


def test_after_a_batch_that_appended_nothing_is_handled_under_its_lock(harness: BusHarness) -> None:
    alpha, beta = harness.databases["alpha"], harness.databases["beta"]
    log_of(alpha, "one", "two")
    with alpha.writing() as session:
        append_event(session, Other())
    log_of(alpha, "three")
    AppendingService.held.clear()
    assert subscriptions_of(AppendingService, beta)[0].pull(fetch_from(alpha)) == 4
    # On SQLite there is one writer, and so no lock of the log's own.
    assert AppendingService.held == [beta.sqlite]
    with beta.reading() as session:
        assert log_end(session) == 2
