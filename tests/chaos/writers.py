"""The two writers of notes: one writes by calls over the bus, one directly in the process of the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import eventlet
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bus.rpc.context import idempotent, within
from contracts.errors import SpaceError
from core.audience import STRANGER
from tests.bus.harness import BusHarness, note, write_note

SUBJECTS = 5
KINDS = ("called", "own")
CALL_SECONDS = 2.0


def start(harness: BusHarness, total: int, per_second: float, home: Path) -> None:
    """Start both writers. They stop after `total` notes, half of them from each, or when `home` has a file `enough`."""

    def by_call(text: str, about: str) -> None:
        with idempotent(text), within(CALL_SECONDS):
            harness.alpha.note(STRANGER, text, about)

    def own(text: str, about: str) -> None:
        with harness.databases["alpha"].writing() as session:
            write_note(session, STRANGER, text, about)

    for kind, write in (("called", by_call), ("own", own)):
        eventlet.spawn(_write_all, harness, kind, write, total // 2, per_second / 2, home)


def _write_all(
    harness: BusHarness,
    kind: str,
    write: Callable[[str, str], None],
    total: int,
    per_second: float,
    home: Path,
) -> None:
    """Write `kind 0`, `kind 1`, … at a given rate. A note whose write failed is written again."""
    number: int | None = None
    due = time.monotonic()
    # Checked only between two notes, so that a note is never left unfinished.
    while number is None or (number < total and not (home / "enough").exists()):
        try:
            if number is None:
                number = _written(harness, kind)
                continue
            time.sleep(max(due - time.monotonic(), 0))
            write(f"{kind} {number}", f"s{number % SUBJECTS}")
        except (SpaceError, SQLAlchemyError) as error:
            code = error.code if isinstance(error, SpaceError) else type(error).__name__
            with (home / f"refused-{kind}.txt").open("a") as refused:
                refused.write(f"{code}\n")
            logging.info("%s %s has to be written again: %s", kind, number, error)
            time.sleep(0.1)
            due = time.monotonic()
        else:
            number += 1
            due += 1 / per_second
    (home / f"ended-{kind}").touch()
    logging.info("%s: all is written", kind)


def _written(harness: BusHarness, kind: str) -> int:
    with harness.databases["alpha"].reading() as session:
        query = select(func.count()).select_from(note).where(note.c.text.like(f"{kind} %"))
        return session.execute(query).scalar() or 0
