"""A handler fails at one event: its subject waits, all others go on. Once it succeeds, the subject catches up."""

import pytest

from tests.chaos import store
from tests.chaos.harness import ChaosSystem

POISON = "own 7"


def scenario(system: ChaosSystem) -> None:
    system.total = 60
    system.start(poison=[POISON])
    system.wait(lambda: system.written() == system.total and all_others_took_effect(system))
    # As when a new release of the service can take it.
    system.command(poison=[])
    system.kill(system.beta_process)
    system.drain()


def all_others_took_effect(system: ChaosSystem) -> bool:
    events = store.fetch_from(system.alpha)(0, 1_000_000)
    poison = next(event for event in events if event.data["text"] == POISON)
    waiting = {event.seq for event in events if event.subject == poison.subject and event.seq >= poison.seq}
    assert len(waiting) > 1
    return {seq for seq, _ in store.handled_in(system.beta)} == {event.seq for event in events} - waiting


@pytest.mark.parametrize("system", ["embedded", "distributed"], indirect=True)
def test_a_poison_event(system: ChaosSystem) -> None:
    scenario(system)
