"""What a scenario says to processes that run, by a file: poison, slowness, and what their clock shows."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from bus.rpc.context import within
from contracts.errors import Unavailable
from core.audience import STRANGER
from tests.bus.harness import BetaService, BusHarness
from tests.chaos import shifted_clock

PATIENCE = 600.0


def words(home: Path) -> dict[str, Any]:
    """What was said last."""
    try:
        said: dict[str, Any] = json.loads((home / "control.json").read_text())
    except FileNotFoundError:
        return {}
    return said


def say(home: Path, **said: Any) -> None:
    """Say this as well from now on; nobody reads half of it."""
    fresh = home / "control.fresh"
    fresh.write_text(json.dumps(words(home) | said))
    fresh.replace(home / "control.json")


def obey(home: Path, name: str) -> None:
    """Do what was said. `name` is the process's own."""
    said = words(home)
    BetaService.poison = set(said.get("poison", []))
    BetaService.slowness = said.get("slowness", 0.0)
    if name in said.get("shift", {}):
        shifted_clock.shift(said["shift"][name])


def follow(harness: BusHarness, home: Path, name: str) -> None:
    """Obey for ever. Each jump of the clock is written down beside the time that a call was left with."""
    while True:
        with within(PATIENCE):
            before = shifted_clock.shifted()
            obey(home, name)
            if shifted_clock.shifted() != before:
                with (home / f"jumps-{name}.txt").open("a") as jumps:
                    jumps.write(f"{shifted_clock.shifted()} {_time_left(harness)}\n")
        time.sleep(0.05)


def _time_left(harness: BusHarness) -> float:
    while True:
        with suppress(Unavailable):
            return harness.alpha.time_left(STRANGER)
        time.sleep(0.1)
