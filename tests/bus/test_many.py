"""Handlers that take many events with one statement keep every promise that others keep."""

import pytest
from sqlalchemy import event, select

from bus.consumer.runner import subscriptions_of
from bus.consumer.subscription import Subscription
from bus.eventlog.schema import held
from tests.bus.test_safety import fetch_from, heard_by, log_of
from tests.bus.toy import BetaService, BulkService, Street


@pytest.fixture
def bulk(street: Street) -> Subscription:
    return subscriptions_of(BulkService, street.databases["beta"])[0]


def test_a_batch_is_one_statement(street: Street, bulk: Subscription) -> None:
    wanted = [str(number) for number in range(100)]
    log_of(street.databases["alpha"], *wanted)
    bulk.pull(lambda seq, limit: fetch_from(street.databases["alpha"])(seq, 1))
    statements: list[str] = []
    event.listen(
        street.databases["beta"].engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: statements.append(statement),
    )
    bulk.pull(fetch_from(street.databases["alpha"]))
    assert heard_by(street) == wanted
    assert len([one for one in statements if "INSERT INTO heard" in one]) == 1


def test_one_bad_event_of_many_holds_its_subject_alone(street: Street, bulk: Subscription) -> None:
    BetaService.poison = {"bad"}
    log_of(street.databases["alpha"], "one", about="a")
    log_of(street.databases["alpha"], "bad", "behind", about="b")
    log_of(street.databases["alpha"], "four", about="c")
    assert bulk.pull(fetch_from(street.databases["alpha"])) == 4
    assert heard_by(street) == ["one", "four"]
    with street.databases["beta"].reading() as session:
        assert list(session.execute(select(held.c.seq).order_by(held.c.seq)).scalars()) == [2, 3]
    log_of(street.databases["alpha"], "still behind", about="b")
    bulk.pull(fetch_from(street.databases["alpha"]))
    BetaService.poison = set()
    with street.databases["beta"].writing() as session:
        session.execute(held.update().values(next_at=None))
        from core import clock

        session.execute(held.update().where(held.c.seq == 2).values(next_at=clock.now()))
    bulk.retry_held()
    assert heard_by(street) == ["one", "four", "bad", "behind", "still behind"]


def test_messages_again_change_nothing(street: Street, bulk: Subscription) -> None:
    events = log_of(street.databases["alpha"], "one", "two", "three")
    assert not bulk.apply([events[0], events[1], events[1], events[0], events[2]]).gap
    assert not bulk.apply(events).gap
    assert heard_by(street) == ["one", "two", "three"]
