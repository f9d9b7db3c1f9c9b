"""Controls running processes by a file: which events make a handler fail, how slow it is, how clocks are shifted."""

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

CALL_SECONDS = 600.0


def read(home: Path) -> dict[str, Any]:
    """The current settings."""
    try:
        settings: dict[str, Any] = json.loads((home / "control.json").read_text())
    except FileNotFoundError:
        return {}
    return settings


def write(home: Path, **changes: Any) -> None:
    """Change some settings. The file is replaced atomically."""
    fresh = home / "control.fresh"
    fresh.write_text(json.dumps(read(home) | changes))
    fresh.replace(home / "control.json")


def apply(home: Path, name: str) -> None:
    """Apply the current settings in the process `name`."""
    settings = read(home)
    BetaService.poison = set(settings.get("poison", []))
    BetaService.slowness = settings.get("slowness", 0.0)
    if name in settings.get("shift", {}):
        shifted_clock.shift(settings["shift"][name])


def watch(harness: BusHarness, home: Path, name: str) -> None:
    """Apply the settings again and again. Records each shift of the clock, with the seconds left to a call then."""
    while True:
        with within(CALL_SECONDS):
            before = shifted_clock.shifted()
            apply(home, name)
            if shifted_clock.shifted() != before:
                with (home / f"jumps-{name}.txt").open("a") as jumps:
                    jumps.write(f"{shifted_clock.shifted()} {_time_left(harness)}\n")
        time.sleep(0.05)


def _time_left(harness: BusHarness) -> float:
    while True:
        with suppress(Unavailable):
            return harness.alpha.time_left(STRANGER)
        time.sleep(0.1)
