"""A process dies by SIGKILL before it tells somebody outside, after it did, and after it wrote down that it did: who is
outside receives every note, and by its key of each once."""

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
from tests.chaos.harness import World, a_world

STEPS = ("task.before-handler", "task.after-handler", "task.after-record")
LISTENERS = ("beta", "sender")
Told = tuple[str, int, str]


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with a_world(request.param, tmp_path, listeners=LISTENERS) as made:
        yield made


def killed_at_each_step(world: World, nths: Sequence[int] = (3, 20, 5)) -> None:
    # More than is ever written before the last death.
    world.total = 20_000
    plan = [f"{step}:{nth}" for step, nth in zip(STEPS, nths, strict=True)]
    world.start({"both": plan, "sender": plan})
    world.wait(lambda: len(world.deaths) == len(plan), 100)
    world.enough()
    assert {death.split()[1] for death in world.deaths} == {"-9"}
    drain(world)
    # Who died after sending and before recording it sent again, with the same key.
    assert [key for key, begun, _ in outside(world) if begun > 1]


def taken_over(world: World, nth: int = 20) -> None:
    # More than is ever written before the death, however little the other leaves to it.
    world.total = 20_000
    world.leave_dead("sender")
    world.start({"sender": [f"{STEPS[0]}:{nth}"]})
    world.add("teller-2")
    world.wait(lambda: len(world.deaths) == 1, 60)
    world.enough()
    drain(world)


def drain(world: World) -> None:
    """All is sent, and nothing is sent again by what `World.drain` does: each store is rebuilt."""
    world.wait(lambda: len({key for key, _, _ in outside(world)}) >= world.written() >= world.total, 60)
    world.wait(lambda: not undone(world))
    world.drain()
    assert undone(world) == []
    assert wrong_outside(outside(world), store.fetch_from(world.alpha)(0, 1_000_000)) == [], world.tail()


def outside(world: World) -> list[Told]:
    return received(world.home / "told.txt")


def undone(world: World) -> list[str]:
    with world.listeners["sender"].reading() as session:
        return list(
            session.execute(select(outbox_task.c.key).where(outbox_task.c.done_at.is_(None))).scalars()
        )


def wrong_outside(copied: Sequence[Told], events: Sequence[Recorded]) -> list[str]:
    """What is wrong about what was sent; empty if all is well."""
    first: dict[str, int] = {}
    wrong = []
    for key, begun, _ in copied:
        if key in first and begun < 2:
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


@pytest.mark.parametrize("world", ["embedded", "distributed"], indirect=True)
def test_killed_at_each_step_of_an_effect(world: World) -> None:
    killed_at_each_step(world)


@pytest.mark.parametrize("world", ["distributed"], indirect=True)
def test_another_process_takes_over_what_a_dead_one_had_claimed(world: World) -> None:
    taken_over(world)


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
