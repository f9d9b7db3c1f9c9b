"""The check after every scenario finds each fault that it is made for, in lists and in running services."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contracts.common import Recorded
from tests.chaos.check import Found, Subscriber, wrong_in
from tests.chaos.harness import ChaosSystem

TEXTS = ["own 0", "called 0", "own 1", "called 1", "own 2", "called 2"]
LIVE = list(enumerate(TEXTS, 1))


def recorded(seq: int, text: str) -> Recorded:
    return Recorded(
        producer="alpha",
        seq=seq,
        id=f"{seq:016}",
        type="alpha.note.noted",
        version=1,
        subject=f"note/s{text[-1]}",
        audience="public",
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        data={"text": text},
    )


def all_well() -> Found:
    return Found(
        3, list(TEXTS), [recorded(*each) for each in LIVE], {"beta": Subscriber(list(LIVE), list(LIVE))}
    )


def beta(**changed: object) -> Callable[[Found], Found]:
    def change(found: Found) -> Found:
        return replace(found, subscribers={"beta": replace(found.subscribers["beta"], **changed)})  # type: ignore[arg-type]

    return change


def log_of(*texts: str, notes: list[str] | None = None) -> Callable[[Found], Found]:
    """A change to another log, of which the subscriber has handled every event."""

    def change(found: Found) -> Found:
        effects = list(enumerate(texts, 1))
        subscriber = Subscriber(list(effects), list(effects))
        events = [recorded(*each) for each in effects]
        return replace(found, notes=notes or list(texts), events=events, subscribers={"beta": subscriber})

    return change


def test_nothing_is_wrong_where_all_is_well() -> None:
    assert wrong_in(all_well()) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (beta(live=LIVE[:2] + LIVE[3:]), "beta: live: 3 is lost"),
        (beta(live=[*LIVE, LIVE[1]]), "beta: live: 2 took effect twice"),
        (beta(live=[LIVE[1], LIVE[0], *LIVE[2:]]), "beta: live: note/s0 is out of order"),
        (beta(live=[*LIVE, (7, "own 3")]), "beta: live: 7 is not in the log"),
        (beta(live=[(1, "else"), *LIVE[1:]]), "beta: live: 1 is not in the log"),
        (beta(rebuilt=LIVE[:-1]), "beta: it differs from its rebuild"),
        (beta(failed=["note/s1"]), "beta: note/s1 waits for an operator"),
        (beta(halt_reasons=["rebuild beta"]), "beta: it waits for an operator: rebuild beta"),
        (log_of(*TEXTS[:-1]), "2 notes of the kind 'called' are written, not 3"),
        (log_of(*TEXTS, "own 2"), "notes of the kind 'own' are not written once each, in order"),
        (
            log_of("own 1", "own 0", *TEXTS[1:2], *TEXTS[3:]),
            "notes of the kind 'own' are not written once each, in order",
        ),
        (log_of(*TEXTS, notes=TEXTS[:-1]), "log and state differ"),
        (log_of(*TEXTS[:-1], notes=TEXTS), "log and state differ"),
        (lambda found: replace(found, events=found.events[:2] + found.events[3:]), "the log has a gap"),
    ],
)
def test_the_check_sees(change: Callable[[Found], Found], fault: str) -> None:
    assert fault in wrong_in(change(all_well()))


def test_the_check_sees_services_that_lose_and_double(system: ChaosSystem) -> None:
    system.total = 60
    system.start(broken=["own 13", "called 14"])
    with pytest.raises(AssertionError) as caught:
        system.drain()
    assert "is lost" in str(caught.value)
    assert "took effect twice" in str(caught.value)
