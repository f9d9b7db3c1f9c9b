"""One event can't be taken: its subject waits, all others flow; once it can, it catches up by itself."""

import pytest

from tests.chaos import store
from tests.chaos.harness import World

POISON = "own 7"


def scenario(world: World) -> None:
    world.total = 60
    world.start(poison=[POISON])
    world.wait(lambda: world.written() == world.total and all_others_took_effect(world))
    # As when a new release of the service can take it.
    world.command(poison=[])
    world.kill(world.subscriber)
    world.drain()


def all_others_took_effect(world: World) -> bool:
    events = store.fetch_from(world.alpha)(0, 1_000_000)
    poison = next(event for event in events if event.data["text"] == POISON)
    waiting = {event.seq for event in events if event.subject == poison.subject and event.seq >= poison.seq}
    assert len(waiting) > 1
    return {seq for seq, _ in store.handled_in(world.beta)} == {event.seq for event in events} - waiting


@pytest.mark.parametrize("world", ["embedded", "distributed"], indirect=True)
def test_a_poison_event(world: World) -> None:
    scenario(world)
