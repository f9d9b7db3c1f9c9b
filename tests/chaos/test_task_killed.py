"""A process dies by SIGKILL before the handler of an outbox task, after it, and after recording the outcome.

The receiver gets every note, and by its key each of them once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from bus.eventlog.schema import outbox_task
from contracts.common import Recorded
from core import clock
from tests.bus.outbox_service import received
from tests.chaos import store
from tests.chaos.harness import ChaosSystem, chaos_system

STEPS = ("task.before-handler", "task.after-handler", "task.after-record")
SUBSCRIBERS = ("beta", "sender")
Sent = tuple[str, int, str]


@pytest.fixture
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ChaosSystem]:
    with chaos_system(request.param, tmp_path, subscribers=SUBSCRIBERS) as made:
        yield made


def killed_at_each_step(system: ChaosSystem, nths: Sequence[int] = (3, 20, 5)) -> None:
    # More than is ever written before the last death.
    system.total = 20_000
    plan = [f"{step}:{nth}" for step, nth in zip(STEPS, nths, strict=True)]
    system.start({"both": plan, "sender": plan})
    system.wait(lambda: len(system.deaths) == len(plan), 100)
    system.stop_writing()
    assert {death.split()[1] for death in system.deaths} == {"-9"}
    drain(system)
    # The process that died between sending and recording has sent again, with the same key.
    assert [key for key, attempt, _ in outside(system) if attempt > 1]


def taken_over(system: ChaosSystem, nth: int = 20) -> None:
    # More than is ever written before the death, however little the other leaves to it.
    system.total = 20_000
    system.leave_dead("sender")
    system.start({"sender": [f"{STEPS[0]}:{nth}"]})
    system.add("sender-2")
    system.wait(lambda: len(system.deaths) == 1, 60)
    system.stop_writing()
    drain(system)


def drain(system: ChaosSystem) -> None:
    """Wait until everything is sent. The rebuilds that `ChaosSystem.drain` does must send nothing again."""
    system.wait(lambda: len({key for key, _, _ in outside(system)}) >= system.written() >= system.total, 60)
    system.wait(lambda: not undone(system))
    system.drain()
    assert undone(system) == []
    assert wrong_outside(outside(system), store.fetch_from(system.alpha)(0, 1_000_000)) == [], system.tail()


def outside(system: ChaosSystem) -> list[Sent]:
    return received(system.home / "sent.txt")


def undone(system: ChaosSystem) -> list[str]:
    with system.subscribers["sender"].reading() as session:
        return list(
            session.execute(select(outbox_task.c.key).where(outbox_task.c.done_at.is_(None))).scalars()
        )


def wrong_outside(copied: Sequence[Sent], events: Sequence[Recorded]) -> list[str]:
    """A line for each fault of what was sent."""
    first: dict[str, int] = {}
    wrong = []
    for key, attempt, _ in copied:
        if key in first and attempt < 2:
            wrong.append(f"{key} comes again as if it were the first time")
        first.setdefault(key, len(first))
    keys = {f"send/{event.id}": event for event in events}
    wrong += [f"{key} was never sent" for key in keys.keys() - first.keys()]
    wrong += [f"{key} was never enqueued" for key in first.keys() - keys.keys()]
    by_subject = defaultdict(list)
    for key in first:
        if key in keys:
            by_subject[keys[key].subject].append(keys[key].seq)
    return wrong + [f"{name} is out of order" for name, seqs in by_subject.items() if seqs != sorted(seqs)]


@pytest.mark.parametrize("system", ["embedded", "distributed"], indirect=True)
def test_killed_at_each_step_of_a_task(system: ChaosSystem) -> None:
    killed_at_each_step(system)


@pytest.mark.parametrize("system", ["distributed"], indirect=True)
def test_another_process_takes_over_what_a_dead_one_had_claimed(system: ChaosSystem) -> None:
    taken_over(system)


def test_the_check_sees_what_is_wrong_outside() -> None:
    events = [
        Recorded(
            producer="alpha", seq=seq, id=id, type="t", version=1, subject="s", audience="public",
            occurred_at=clock.now(), data={},
        )
        for seq, id in ((1, "a"), (2, "b"))
    ]  # fmt: skip
    one, two = ("send/a", 1, "x"), ("send/b", 1, "y")
    assert wrong_outside([one, two, ("send/a", 2, "x")], events) == []
    assert wrong_outside([one], events) == ["send/b was never sent"]
    assert wrong_outside([one, two, ("send/c", 1, "z")], events) == ["send/c was never enqueued"]
    assert wrong_outside([one, two, one], events) == ["send/a comes again as if it were the first time"]
    assert wrong_outside([two, one], events) == ["s is out of order"]
