"""`make chaos ROUNDS=1000`: plays random scenarios, each in a new system, and prints a summary."""

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
from tests.chaos.harness import ChaosSystem, chaos_system

WAYS = ("embedded", "distributed")
LONG_CUT = 60.0
ERROR_LENGTH = 1500
Round = Callable[[Path], None]


def within(
    way: str, scenario: Callable[[ChaosSystem], None], subscribers: tuple[str, ...] = ("beta",)
) -> Round:
    """A round that plays `scenario` in a system of one of the two ways."""

    def run(home: Path) -> None:
        with chaos_system(way, home, subscribers=subscribers) as system:
            scenario(system)

    return run


def killed_at_random(system: ChaosSystem) -> None:
    """Kill processes at random points and times."""
    points = [point for point in POINTS if not point.startswith(("mail.", "rebuild.", "task."))]
    plan = [f"{random.choice(points)}:{random.randint(1, 30)}" for _ in range(6)]
    system.total = 20_000
    system.start({"both": plan, "alpha": plan[:3], "beta": plan[3:]})
    for _ in range(3):
        time.sleep(random.uniform(0.1, 1.5))
        system.kill(random.choice(["both"] if system.way == "embedded" else ["alpha", "beta"]))
    system.stop_writing()
    system.drain(90)


def storm(system: ChaosSystem) -> None:
    """Break several things, one before the system has recovered from the other."""
    system.total = 20_000
    system.start()
    names = ["both"]
    breaks: list[Callable[[ChaosSystem], object]] = [lambda system: system.rebuild("rebuild.before-switch")]
    if system.way == "distributed":
        names = ["alpha", "beta", "alpha-2", "beta-2", "beta-3"]
        for name in names[2:]:
            system.add(name)
        breaks += [*test_broker_breaks.BREAKS.values(), test_database_restarts.restarted]
    breaks += [lambda system: system.kill(random.choice(names)), lambda system: system.rebuild()] * 2
    for _ in range(random.randint(3, 8)):
        time.sleep(random.uniform(0, 2))
        random.choice(breaks)(system)
    system.stop_writing()
    system.drain(90)


def rounds() -> dict[str, Round]:
    """Every kind of round, by name."""
    found: dict[str, Round] = {}
    for way in WAYS:
        for name, scenario in {
            "killed at random": killed_at_random,
            "storm": storm,
            "killed at each step": lambda system: test_killed_at_each_step.scenario(
                system, [random.randint(1, 20)]
            ),
            "consumer dies before ack": lambda system: test_consumer_dies_before_ack.scenario(
                system, random.randint(2, 9)
            ),
            "clock jumps": lambda system: test_clock_jumps.scenario(system, random.uniform(1, 24)),
            "poison": test_poison_event.scenario,
            "rebuild killed": test_rebuild_killed.scenario,
        }.items():
            found[f"{name}, {way}"] = within(way, scenario)
        found[f"slow subscriber, {way}"] = within(
            way, test_slow_subscriber.scenario, test_slow_subscriber.SUBSCRIBERS
        )
        found[f"task killed, {way}"] = within(
            way,
            lambda system: test_task_killed.killed_at_each_step(
                system, [random.randint(1, 30) for _ in test_task_killed.STEPS]
            ),
            test_task_killed.SUBSCRIBERS,
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
    found["task taken over"] = within(
        "distributed",
        lambda system: test_task_killed.taken_over(system, random.randint(1, 60)),
        test_task_killed.SUBSCRIBERS,
    )
    found["two relays"] = within("distributed", test_two_relays.scenario)
    return found


def play(kind: Round) -> str:
    """Play one round and return the error, `""` if there is none. The files of a failed round are kept."""
    home = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        kind(home / "system")
    except ForkServerEnded:
        raise
    except pytest.skip.Exception as skipped:
        click.echo(f"\n{skipped}", err=True)
    except Exception as error:  # whatever it is, the next round goes on
        return f"({home}): {type(error).__name__} {str(error)[:ERROR_LENGTH]}"
    shutil.rmtree(home, ignore_errors=True)
    return ""


@click.command()
@click.argument("count", type=click.IntRange(1))
@click.option("--seed", type=int, default=None, help="Play the same rounds again.")
@click.option("--first", type=click.IntRange(1), default=1, help="Start with this round of the seed.")
@click.option("--only", default="", help="Only kinds of rounds whose name contains this.")
def main(count: int, seed: int | None, first: int, only: str) -> None:
    """Play COUNT rounds."""
    # Exit by an exception, so that the current round cleans up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    seed = random.randrange(10**6) if seed is None else seed
    kinds = {name: kind for name, kind in rounds().items() if only in name}
    if not kinds:
        raise click.UsageError(f"no kind of round has {only!r} in its name: {', '.join(rounds())}")
    passed: Counter[str] = Counter()
    failed: list[str] = []
    beginning = time.monotonic()
    numbers = range(first, first + count)
    with click.progressbar(numbers, label=f"Chaos (seed {seed})", show_pos=True) as bar:
        for number in bar:
            # Each round has its own seed, so that it can be repeated without those before it.
            random.seed(f"{seed}/{number}")
            name = random.choice(list(kinds))
            started = time.monotonic()
            wrong = play(kinds[name])
            if not sys.stdout.isatty():
                # The progress bar is not visible.
                click.echo(f"  round {number}: {name}, {time.monotonic() - started:.0f} s")
            if wrong:
                failed.append(f"{name}, --seed {seed} --first {number} {wrong}")
                click.echo(f"\n{failed[-1]}", err=True)
            else:
                passed[name] += 1
    for name, times in sorted(passed.items()):
        click.echo(f"  {times:>5} × {name}")
    click.echo(f"{sum(passed.values())} passed, {len(failed)} failed, {time.monotonic() - beginning:.0f} s")
    for line in failed:
        click.echo(line.partition("\n")[0], err=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
