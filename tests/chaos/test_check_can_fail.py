"""The check after each scenario sees each thing that it is there for, on lists and in services that run."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contracts.common import Recorded
from tests.chaos.check import Found, Listener, wrong_in
from tests.chaos.harness import World

TEXTS = ["own 0", "asked 0", "own 1", "asked 1", "own 2", "asked 2"]
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
        3, list(TEXTS), [recorded(*each) for each in LIVE], {"beta": Listener(list(LIVE), list(LIVE))}
    )


def beta(**changed: object) -> Callable[[Found], Found]:
    def change(found: Found) -> Found:
        return replace(found, listeners={"beta": replace(found.listeners["beta"], **changed)})  # type: ignore[arg-type]

    return change


def log_of(*texts: str, notes: list[str] | None = None) -> Callable[[Found], Found]:
    """Another log, which the listener has read well."""

    def change(found: Found) -> Found:
        effects = list(enumerate(texts, 1))
        listener = Listener(list(effects), list(effects))
        events = [recorded(*each) for each in effects]
        return replace(found, notes=notes or list(texts), events=events, listeners={"beta": listener})

    return change


def test_nothing_is_wrong_where_all_is_well() -> None:
    assert wrong_in(all_well()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (beta(live=LIVE[:2] + LIVE[3:]), "beta: live: 3 is lost"),
        (beta(live=[*LIVE, LIVE[1]]), "beta: live: 2 took effect twice"),
        (beta(live=[LIVE[1], LIVE[0], *LIVE[2:]]), "beta: live: note/s0 is out of order"),
        (beta(live=[*LIVE, (7, "own 3")]), "beta: live: 7 is not in the log"),
        (beta(live=[(1, "else"), *LIVE[1:]]), "beta: live: 1 is not in the log"),
        (beta(rebuilt=LIVE[:-1]), "beta: it is not what a rebuild makes"),
        (beta(held=["note/s1"]), "beta: note/s1 waits for a button"),
        (beta(problems=["rebuild beta"]), "beta: it waits for a button: rebuild beta"),
        (log_of(*TEXTS[:-1]), "3 were asked, and 2 are written"),
        (log_of(*TEXTS, "own 2"), "what was own is not written once each, in order"),
        (
            log_of("own 1", "own 0", *TEXTS[1:2], *TEXTS[3:]),
            "what was own is not written once each, in order",
        ),
        (log_of(*TEXTS, notes=TEXTS[:-1]), "the log does not tell what the state is"),
        (log_of(*TEXTS[:-1], notes=TEXTS), "the log does not tell what the state is"),
        (lambda found: replace(found, events=found.events[:2] + found.events[3:]), "the log has a hole"),
    ],
)
def test_the_check_sees(change: Callable[[Found], Found], told: str) -> None:
    assert told in wrong_in(change(all_well()))


def test_the_check_sees_services_that_lose_and_double(world: World) -> None:
    world.total = 60
    world.start(broken=["own 13", "asked 14"])
    with pytest.raises(AssertionError) as caught:
        world.drain()
    assert "is lost" in str(caught.value)
    assert "took effect twice" in str(caught.value)
