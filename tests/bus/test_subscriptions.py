"""Events: once in effect, in order, whatever the broker forgets."""

import time

import bus.transport.inproc
from bus.eventlog.append import append_event, append_events
from bus.ops import metrics
from core.audience import STRANGER
from tests.bus.toy import AlphaService, BetaService, Noted, Street, eventually


def pulled(producer: str) -> float:
    """How many events came from the log and not by the broker."""
    return float(metrics.EVENTS_PULLED.labels("beta", producer)._value.get())


def test_an_event_takes_effect_in_the_other_service(street: Street) -> None:
    street.start()
    street.alpha.note(STRANGER, "hello", "a")
    eventually(lambda: street.beta.heard(STRANGER) == ["hello"])


def test_events_arrive_in_order_and_once(street: Street) -> None:
    street.start()
    wanted = [f"note {number}" for number in range(60)]
    for text in wanted:
        street.alpha.note(STRANGER, text, "a")
    eventually(lambda: len(street.beta.heard(STRANGER)) >= 60)
    time.sleep(0.1)
    assert street.beta.heard(STRANGER) == wanted


def test_what_is_not_public_travels_inside_too(street: Street) -> None:
    street.start()
    with street.databases["alpha"].writing() as session:
        append_event(session, Noted(text="members only", who="members"))
        append_event(session, Noted(text="all", who="public"))
    eventually(lambda: street.beta.heard(STRANGER) == ["members only", "all"])


def test_a_subscriber_that_starts_late_catches_up(street: Street) -> None:
    street.start(AlphaService)
    for number in range(5):
        street.alpha.note(STRANGER, str(number), "a")
    street.start(BetaService)
    eventually(lambda: street.beta.heard(STRANGER) == ["0", "1", "2", "3", "4"])


def test_a_subscriber_that_was_away_goes_on_where_it_was(street: Street) -> None:
    street.start()
    street.alpha.note(STRANGER, "before", "a")
    eventually(lambda: street.beta.heard(STRANGER) == ["before"])
    street.stop(BetaService)
    street.alpha.note(STRANGER, "meanwhile", "a")
    street.start(BetaService)
    street.alpha.note(STRANGER, "after", "a")
    eventually(lambda: street.beta.heard(STRANGER) == ["before", "meanwhile", "after"])


def test_messages_that_the_broker_lost_are_pulled(street: Street) -> None:
    street.start(AlphaService)
    street.alpha.note(STRANGER, "lost", "a")
    eventually(lambda: street.alpha.status().published == 1)
    if not street.settings.distributed:
        bus.transport.inproc.wipe()
    street.start(BetaService)
    eventually(lambda: street.beta.heard(STRANGER) == ["lost"])


def test_a_poison_event_holds_its_subject_and_nothing_else(street: Street) -> None:
    street.start()
    BetaService.poison = {"bad"}
    for text, about in [("bad", "a"), ("behind it", "a"), ("elsewhere", "b")]:
        street.alpha.note(STRANGER, text, about)
    eventually(lambda: street.beta.heard(STRANGER) == ["elsewhere"])
    status = eventually(lambda: next((s for s in street.beta.status().subscriptions if s.held), None))
    assert (status.cursor, status.held, status.parked) == (3, 1, 0)
    BetaService.poison = set()
    eventually(lambda: street.beta.heard(STRANGER) == ["elsewhere", "bad", "behind it"])
    assert street.beta.status().subscriptions[0].held == 0


def test_state_and_event_are_one_transaction(street: Street) -> None:
    database = street.databases["alpha"]
    try:
        with database.writing() as session:
            append_event(session, Noted(text="never"))
            raise RuntimeError
    except RuntimeError:
        pass
    with database.writing() as session:
        assert append_event(session, Noted(text="really")) == 1


def test_messages_take_effect_while_their_producer_is_away(street: Street) -> None:
    street.start()
    street.alpha.note(STRANGER, "first", "a")
    eventually(lambda: street.beta.heard(STRANGER) == ["first"])
    street.stop(BetaService)
    wanted = ["first", *[str(number) for number in range(1000)]]
    with street.databases["alpha"].writing() as session:
        append_events(session, [Noted(text=text) for text in wanted[1:]])
    eventually(lambda: street.alpha.status().published == 1001)
    street.stop(AlphaService)
    street.start(BetaService)
    eventually(lambda: street.beta.heard(STRANGER) == wanted, 5)


def test_short_and_very_long_events_arrive_whole_by_the_broker(street: Street) -> None:
    street.start()
    street.alpha.note(STRANGER, "first", "a")
    wanted = ["first"]
    eventually(lambda: street.beta.heard(STRANGER) == wanted)
    before = pulled("alpha")
    with street.databases["alpha"].writing() as session:
        for number in range(40):
            append_event(session, Noted(text=f"{number}", more="ä" * (number % 4) * 100_000))
            wanted.append(str(number))
    eventually(lambda: street.beta.heard(STRANGER) == wanted)
    assert pulled("alpha") == before
