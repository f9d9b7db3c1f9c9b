"""What a scenario looks at: the two databases, without the bus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from sqlalchemy import select

from bus import log
from bus.schema import metadata as bus_tables
from contracts.common import Recorded
from core.database import Database
from tests.bus.toy import heard, tables


def make_tables(database: Database) -> None:
    with database.engine.begin() as connection:
        bus_tables.create_all(connection)
        tables.create_all(connection)


def fetch_from(database: Database) -> Callable[[int, int], list[Recorded]]:
    def fetch(seq: int, limit: int) -> list[Recorded]:
        with database.reading() as session:
            return log.events_after(session, "alpha", seq, limit)

    return fetch


def log_end(database: Database) -> int:
    with database.reading() as session:
        return log.log_end(session)


def heard_in(database: Database) -> list[tuple[int, str]]:
    """What took effect, in the order in which it did: number in the log, and text."""
    with database.reading() as session:
        return [(row.seq, row.text) for row in session.execute(select(heard).order_by(heard.c.id))]


def faults_in(effects: list[tuple[int, str]], events: list[Recorded]) -> list[str]:
    """What is wrong with `effects`: lost, twice, invented, or out of order within a subject."""
    subjects = {event.seq: event.subject for event in events}
    texts = {event.seq: event.data["text"] for event in events}
    wrong = [f"{seq} is lost" for seq in texts.keys() - {seq for seq, _ in effects}]
    wrong += [f"{seq} is not in the log" for seq, text in effects if texts.get(seq) != text]
    wrong += [f"{len(effects) - len(dict(effects))} twice"] if len(dict(effects)) < len(effects) else []
    by_subject = defaultdict(list)
    for seq, _ in effects:
        by_subject[subjects.get(seq)].append(seq)
    return wrong + [f"{name} is out of order" for name, seqs in by_subject.items() if seqs != sorted(seqs)]
