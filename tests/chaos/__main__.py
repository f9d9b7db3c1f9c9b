"""`make chaos ROUNDS=1000`: scenarios at random, each in a world of its own, with a summary at the end."""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from bus.faults import POINTS
from tests.chaos import (
    test_broker_breaks,
    test_database_restarts,
    test_link_is_cut,
    test_poison_event,
    test_rebuild_killed,
    test_slow_subscriber,
    test_two_of_each,
)
from tests.chaos.world import World, a_world

WAYS = ("embedded", "distributed")
Round = Callable[[Path], None]


def within(way: str, scenario: Callable[[World], None]) -> Round:
    """`scenario` in a world that runs in one of the two ways."""

    def run(home: Path) -> None:
        with a_world(way, home) as world:
            scenario(world)

    return run


def killed_at_random(world: World) -> None:
    """A few deaths at points and times that nobody chose."""
    points = [f"{random.choice(POINTS[:-2])}:{random.randint(1, 30)}" for _ in range(6)]
    world.start({"both": points, "alpha": points[:3], "beta": points[3:]})
    for _ in range(3):
        time.sleep(random.uniform(0.5, 2))
        world.kill(random.choice(["both"] if world.way == "embedded" else ["alpha", "beta"]))
    world.settle(90)


def rounds() -> dict[str, Round]:
    """Every kind of round by its name."""
    found: dict[str, Round] = {}
    for way in WAYS:
        for name, scenario in {
            "killed at random": killed_at_random,
            "poison": test_poison_event.scenario,
            "slow subscriber": test_slow_subscriber.scenario,
            "rebuild killed": test_rebuild_killed.scenario,
        }.items():
            found[f"{name}, {way}"] = within(way, scenario)
    for how in test_broker_breaks.BREAKS:
        found[f"broker {how}"] = within("distributed", partial(test_broker_breaks.scenario, how=how))
    for crash in (False, True):
        name = f"database {'crashes' if crash else 'restarts'}"
        found[name] = within("distributed", partial(test_database_restarts.scenario, crash=crash))
    for how, seconds in (("cut", 60.0), ("cut", 5.0), ("reset", 0.0)):
        found[f"link {how} {seconds:.0f} s"] = partial(test_link_is_cut.scenario, how=how, seconds=seconds)
    found["two of each"] = within("distributed", test_two_of_each.scenario)
    return found


@click.command()
@click.argument("count", type=click.IntRange(1))
@click.option("--seed", type=int, default=None, help="To see the same rounds again.")
def main(count: int, seed: int | None) -> None:
    """Run COUNT rounds."""
    seed = random.randrange(10**6) if seed is None else seed
    random.seed(seed)
    kinds = rounds()
    passed: Counter[str] = Counter()
    failed: list[str] = []
    begun = time.monotonic()
    with click.progressbar(range(count), label=f"Chaos (seed {seed})", show_pos=True) as bar:
        for number in bar:
            name = random.choice(list(kinds))
            home = Path(tempfile.mkdtemp(prefix="chaos-"))
            try:
                kinds[name](home)
                passed[name] += 1
                shutil.rmtree(home, ignore_errors=True)
            except Exception as error:  # whatever it is, the next round goes on
                failed.append(f"round {number + 1}, {name} ({home}): {str(error)[:400]}")
    for name, times in sorted(passed.items()):
        click.echo(f"  {times:>5} × {name}")
    click.echo(f"{sum(passed.values())} well, {len(failed)} failed, {time.monotonic() - begun:.0f} s")
    for line in failed:
        click.echo(line, err=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
