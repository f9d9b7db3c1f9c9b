"""Reads the databases of a scenario directly."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select

from bus.eventlog import read
from bus.eventlog.read import events_after
from bus.eventlog.schema import consumer_offset, failed_event, relay_offset
from bus.eventlog.schema import metadata as bus_tables
from contracts.common import Recorded
from core.database import Database
from tests.bus.harness import copied, note, tables


def make_tables(database: Database) -> None:
    with database.engine.begin() as connection:
        bus_tables.create_all(connection)
        tables.create_all(connection)


def fetch_from(database: Database) -> Callable[[int, int], list[Recorded]]:
    def fetch(seq: int, limit: int) -> list[Recorded]:
        with database.reading() as session:
            return events_after(session, "alpha", seq, limit)

    return fetch


def log_end(database: Database) -> int:
    with database.reading() as session:
        return read.log_end(session)


def notes_in(database: Database) -> list[str]:
    """The texts of alpha's notes."""
    with database.reading() as session:
        return list(session.execute(select(note.c.text).order_by(note.c.id)).scalars())


def handled_in(database: Database) -> list[tuple[int, str]]:
    """`seq` and text of the events that took effect, in that order."""
    with database.reading() as session:
        return [(row.seq, row.text) for row in session.execute(select(copied).order_by(copied.c.id))]


def count_handled(database: Database) -> int:
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(copied)).scalar() or 0


def position(database: Database) -> int:
    """A subscriber's offset in alpha's log."""
    with database.reading() as session:
        return session.execute(select(func.min(consumer_offset.c.seq))).scalar() or 0


def published(database: Database) -> int:
    """The `seq` up to which the broker has confirmed alpha's log."""
    with database.reading() as session:
        return session.execute(select(func.max(relay_offset.c.seq))).scalar() or 0


def failed_subjects_in(database: Database) -> list[str]:
    """The subjects that are retrying or dead-lettered."""
    with database.reading() as session:
        return list(session.execute(select(failed_event.c.subject).distinct()).scalars())


def most_attempts(database: Database) -> int:
    """The most attempts at any failed event."""
    with database.reading() as session:
        return session.execute(select(func.max(failed_event.c.attempts))).scalar() or 0


def halt_reasons_in(database: Database) -> list[str]:
    """The halt reasons of the subscriptions."""
    with database.reading() as session:
        return [
            reason for reason in session.execute(select(consumer_offset.c.halt_reason)).scalars() if reason
        ]
