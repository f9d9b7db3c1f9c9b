"""Events take effect once and in order, whatever the broker loses."""

import time

import pytest

from bus.eventlog.append import append_event, append_events
from core.audience import STRANGER
from tests.bus.harness import AlphaService, BetaService, BusHarness, Noted, eventually
from tests.bus.helpers import sample


def pulled(producer: str) -> float:
    """The number of events that were read from the log instead of received as messages."""
    return sample("space_events_pulled_total", service="beta", producer=producer)


def test_an_event_takes_effect_in_the_other_service(harness: BusHarness) -> None:
    harness.start()
    harness.alpha.note(STRANGER, "hello", "a")
    eventually(lambda: harness.beta.copied(STRANGER) == ["hello"])


def test_events_arrive_in_order_and_once(harness: BusHarness) -> None:
    harness.start()
    wanted = [f"note {number}" for number in range(60)]
    for text in wanted:
        harness.alpha.note(STRANGER, text, "a")
    eventually(lambda: len(harness.beta.copied(STRANGER)) >= 60)
    time.sleep(0.1)
    assert harness.beta.copied(STRANGER) == wanted


def test_events_that_are_not_public_arrive_too(harness: BusHarness) -> None:
    harness.start()
    with harness.databases["alpha"].writing() as session:
        append_event(session, Noted(text="members only", who="members"))
        append_event(session, Noted(text="all", who="public"))
    eventually(lambda: harness.beta.copied(STRANGER) == ["members only", "all"])


def test_a_subscriber_that_starts_late_catches_up(harness: BusHarness) -> None:
    harness.start(AlphaService)
    for number in range(5):
        harness.alpha.note(STRANGER, str(number), "a")
    harness.start(BetaService)
    eventually(lambda: harness.beta.copied(STRANGER) == ["0", "1", "2", "3", "4"])


def test_a_subscriber_that_was_away_goes_on_where_it_was(harness: BusHarness) -> None:
    harness.start()
    harness.alpha.note(STRANGER, "before", "a")
    eventually(lambda: harness.beta.copied(STRANGER) == ["before"])
    harness.stop(BetaService)
    harness.alpha.note(STRANGER, "meanwhile", "a")
    harness.start(BetaService)
    harness.alpha.note(STRANGER, "after", "a")
    eventually(lambda: harness.beta.copied(STRANGER) == ["before", "meanwhile", "after"])


def test_messages_that_the_broker_lost_are_pulled(harness: BusHarness) -> None:
    harness.start(AlphaService)
    harness.alpha.note(STRANGER, "lost", "a")
    harness.wait_until_published(1)
    harness.start(BetaService)
    eventually(lambda: harness.beta.copied(STRANGER) == ["lost"])


def test_a_poison_event_stops_its_subject_and_nothing_else(harness: BusHarness) -> None:
    harness.start()
    BetaService.poison = {"bad"}
    for text, about in [("bad", "a"), ("behind it", "a"), ("elsewhere", "b")]:
        harness.alpha.note(STRANGER, text, about)
    eventually(lambda: harness.beta.copied(STRANGER) == ["elsewhere"])
    status = eventually(lambda: next((s for s in harness.status("beta").subscriptions if s.retrying), None))
    assert (status.offset, status.retrying, status.dead_lettered) == (3, 1, 0)
    BetaService.poison = set()
    eventually(lambda: harness.beta.copied(STRANGER) == ["elsewhere", "bad", "behind it"])
    assert harness.status("beta").subscriptions[0].retrying == 0


def test_state_and_event_are_one_transaction(harness: BusHarness) -> None:
    database = harness.databases["alpha"]
    try:
        with database.writing() as session:
            append_event(session, Noted(text="never"))
            raise RuntimeError
    except RuntimeError:
        pass
    with database.writing() as session:
        assert append_event(session, Noted(text="really")) == 1


def test_messages_take_effect_while_their_producer_is_away(harness: BusHarness) -> None:
    if not harness.settings.distributed:
        pytest.skip("without a broker there are no messages that could wait")
    harness.start()
    harness.alpha.note(STRANGER, "first", "a")
    eventually(lambda: harness.beta.copied(STRANGER) == ["first"])
    # The first may be read from the log, before beta has a queue for the others.
    eventually(lambda: not harness.problems("beta"))
    harness.stop(BetaService)
    wanted = ["first", *[str(number) for number in range(1000)]]
    with harness.databases["alpha"].writing() as session:
        append_events(session, [Noted(text=text) for text in wanted[1:]])
    harness.wait_until_published(1001)
    harness.stop(AlphaService)
    # RabbitMQ takes a moment to delete the queue of its calls; until then calls get no reply.
    eventually(lambda: harness.refusal_of_alpha() == "service-away")
    harness.start(BetaService)
    eventually(lambda: harness.beta.copied(STRANGER) == wanted)


def test_short_and_very_long_events_arrive_whole_by_the_broker(harness: BusHarness) -> None:
    harness.start()
    harness.alpha.note(STRANGER, "first", "a")
    wanted = ["first"]
    eventually(lambda: harness.beta.copied(STRANGER) == wanted)
    before = pulled("alpha")
    with harness.databases["alpha"].writing() as session:
        for number in range(40):
            append_event(session, Noted(text=f"{number}", more="ä" * (number % 4) * 100_000))
            wanted.append(str(number))
    eventually(lambda: harness.beta.copied(STRANGER) == wanted)
    if harness.settings.distributed:
        assert pulled("alpha") == before
