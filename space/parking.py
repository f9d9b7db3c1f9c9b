"""What subscriptions hold: list, retry, drop. Works on the stores, so it needs no running room."""

from __future__ import annotations

import getpass
import logging
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from sqlalchemy import delete, select, update

from bus.schema import held
from contracts.common import View
from core import clock
from core.database import Database
from core.settings import SERVICES, Settings

log = logging.getLogger(__name__)


class HeldSubject(View):
    """One subject of one producer that a service can't take for now (`waiting`) or has given up (`parked`)."""

    service: str
    producer: str
    subject: str
    state: str
    events: int
    error: str


def held_subjects(settings: Settings) -> list[HeldSubject]:
    """Every held subject of every service."""
    found: dict[tuple[str, str, str], HeldSubject] = {}
    for service, database in _databases(settings):
        with database.reading() as session:
            for row in session.execute(select(held).order_by(held.c.seq)).mappings():
                key = (service, row["producer"], row["subject"])
                first = found.get(key)
                state = "parked" if row["next_at"] is None else "waiting"
                found[key] = HeldSubject(
                    service=service,
                    producer=row["producer"],
                    subject=row["subject"],
                    state=first.state if first else state,
                    events=first.events + 1 if first else 1,
                    error=first.error if first else row["error"],
                )
    return list(found.values())


def retry(settings: Settings, subject: str | None) -> int:
    """Make `subject` (None: every one) due now; answers how many subjects."""
    wanted = [row for row in held_subjects(settings) if subject in (None, row.subject)]
    for service, database in _databases(settings):
        mine = {row.subject for row in wanted if row.service == service}
        if mine:
            with database.writing() as session:
                session.execute(
                    update(held).where(held.c.subject.in_(mine)).values(next_at=clock.now(), attempts=0)
                )
    return len(wanted)


def drop(settings: Settings, subject: str, reason: str) -> int:
    """Forget the held events of `subject`; who did it and why goes to the log. Answers how many events."""
    dropped = 0
    for service, database in _databases(settings):
        with database.writing() as session:
            result: Any = session.execute(delete(held).where(held.c.subject == subject))
            if result.rowcount:
                log.warning(
                    "%s dropped %s event(s) of %s in %s: %s",
                    getpass.getuser(),
                    result.rowcount,
                    subject,
                    service,
                    reason,
                )
            dropped += result.rowcount
    return dropped


def _databases(settings: Settings) -> Iterator[tuple[str, Database]]:
    for service in SERVICES:
        with closing(Database(settings.databases[service])) as database:
            yield service, database
