"""`make chaos ROUNDS=1000`: scenarios at random, each in a world of its own, with a summary at the end."""

from __future__ import annotations

import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import pytest

from bus.ops.fault_points import POINTS
from tests.chaos import (
    test_broker_breaks,
    test_clock_jumps,
    test_consumer_dies_before_ack,
    test_database_restarts,
    test_disk_full,
    test_killed_at_each_step,
    test_link_is_cut,
    test_poison_event,
    test_rebuild_killed,
    test_slow_subscriber,
    test_task_killed,
    test_two_of_each,
    test_two_relays,
)
from tests.chaos.fork_server import ForkServerEnded
from tests.chaos.harness import World, a_world

WAYS = ("embedded", "distributed")
LONG_CUT = 60.0
TOLD = 1500
Round = Callable[[Path], None]


def within(way: str, scenario: Callable[[World], None], listeners: tuple[str, ...] = ("beta",)) -> Round:
    """`scenario` in a world that runs in one of the two ways."""

    def run(home: Path) -> None:
        with a_world(way, home, listeners=listeners) as world:
            scenario(world)

    return run


def killed_at_random(world: World) -> None:
    """A few deaths at points and times that nobody chose."""
    points = [point for point in POINTS if not point.startswith(("rebuild.", "effect."))]
    plan = [f"{random.choice(points)}:{random.randint(1, 30)}" for _ in range(6)]
    world.total = 20_000
    world.start({"both": plan, "alpha": plan[:3], "beta": plan[3:]})
    for _ in range(3):
        time.sleep(random.uniform(0.1, 1.5))
        world.kill(random.choice(["both"] if world.way == "embedded" else ["alpha", "beta"]))
    world.enough()
    world.drain(90)


def storm(world: World) -> None:
    """One thing after another breaks, while the last is not over."""
    world.total = 20_000
    world.start()
    names = ["both"]
    breaks: list[Callable[[World], object]] = [lambda world: world.rebuild("rebuild.before-switch")]
    if world.way == "distributed":
        names = ["alpha", "beta", "alpha-2", "beta-2", "beta-3"]
        for name in names[2:]:
            world.add(name)
        breaks += [*test_broker_breaks.BREAKS.values(), test_database_restarts.restarted]
    breaks += [lambda world: world.kill(random.choice(names)), lambda world: world.rebuild()] * 2
    for _ in range(random.randint(3, 8)):
        time.sleep(random.uniform(0, 2))
        random.choice(breaks)(world)
    world.enough()
    world.drain(90)


def rounds() -> dict[str, Round]:
    """Every kind of round by its name."""
    found: dict[str, Round] = {}
    for way in WAYS:
        for name, scenario in {
            "killed at random": killed_at_random,
            "storm": storm,
            "killed at each step": lambda world: test_killed_at_each_step.scenario(
                world, [random.randint(1, 20)]
            ),
            "consumer dies before ack": lambda world: test_consumer_dies_before_ack.scenario(
                world, random.randint(2, 9)
            ),
            "clock jumps": lambda world: test_clock_jumps.scenario(world, random.uniform(1, 24)),
            "poison": test_poison_event.scenario,
            "rebuild killed": test_rebuild_killed.scenario,
        }.items():
            found[f"{name}, {way}"] = within(way, scenario)
        found[f"slow subscriber, {way}"] = within(
            way, test_slow_subscriber.scenario, test_slow_subscriber.LISTENERS
        )
        found[f"effect killed, {way}"] = within(
            way,
            lambda world: test_task_killed.killed_at_each_step(
                world, [random.randint(1, 30) for _ in test_task_killed.STEPS]
            ),
            test_task_killed.LISTENERS,
        )
        found[f"disk full, {way}"] = partial(test_disk_full.scenario, way=way)
    for how in test_broker_breaks.BREAKS:
        found[f"broker {how}"] = within("distributed", partial(test_broker_breaks.scenario, how=how))
    for crash in (False, True):
        name = f"database {'crashes' if crash else 'restarts'}"
        found[name] = within("distributed", partial(test_database_restarts.scenario, crash=crash))
    for how in test_link_is_cut.HOW:
        found[f"link {how}"] = partial(test_link_is_cut.scenario, how=how)
    found[f"link cut for {LONG_CUT:.0f} s"] = partial(test_link_is_cut.scenario, seconds=LONG_CUT)
    found["two of each"] = within("distributed", test_two_of_each.scenario)
    found["effect taken over"] = within(
        "distributed",
        lambda world: test_task_killed.taken_over(world, random.randint(1, 60)),
        test_task_killed.LISTENERS,
    )
    found["two relays"] = within("distributed", test_two_relays.scenario)
    return found


def play(kind: Round) -> str:
    """One round; answers what was wrong, `""` if nothing. What a failed one leaves stays, to be looked at."""
    home = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        kind(home / "world")
    except ForkServerEnded:
        raise
    except pytest.skip.Exception as skipped:
        click.echo(f"\n{skipped}", err=True)
    except Exception as error:  # whatever it is, the next round goes on
        return f"({home}): {type(error).__name__} {str(error)[:TOLD]}"
    shutil.rmtree(home, ignore_errors=True)
    return ""


@click.command()
@click.argument("count", type=click.IntRange(1))
@click.option("--seed", type=int, default=None, help="To see the same rounds again.")
@click.option("--first", type=click.IntRange(1), default=1, help="Begin with this round of the seed's.")
@click.option("--only", default="", help="Only kinds of rounds with this in their name.")
def main(count: int, seed: int | None, first: int, only: str) -> None:
    """Run COUNT rounds."""
    # So that what a round has set up is taken down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    seed = random.randrange(10**6) if seed is None else seed
    kinds = {name: kind for name, kind in rounds().items() if only in name}
    if not kinds:
        raise click.UsageError(f"no kind of round has {only!r} in its name: {', '.join(rounds())}")
    passed: Counter[str] = Counter()
    failed: list[str] = []
    begun = time.monotonic()
    numbers = range(first, first + count)
    with click.progressbar(numbers, label=f"Chaos (seed {seed})", show_pos=True) as bar:
        for number in bar:
            # Of its own, so that a round can be seen again without those before it.
            random.seed(f"{seed}/{number}")
            name = random.choice(list(kinds))
            started = time.monotonic()
            wrong = play(kinds[name])
            if not sys.stdout.isatty():
                # Where the bar can't be seen.
                click.echo(f"  round {number}: {name}, {time.monotonic() - started:.0f} s")
            if wrong:
                failed.append(f"{name}, --seed {seed} --first {number} {wrong}")
                click.echo(f"\n{failed[-1]}", err=True)
            else:
                passed[name] += 1
    for name, times in sorted(passed.items()):
        click.echo(f"  {times:>5} × {name}")
    click.echo(f"{sum(passed.values())} well, {len(failed)} failed, {time.monotonic() - begun:.0f} s")
    for line in failed:
        click.echo(line.partition("\n")[0], err=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
