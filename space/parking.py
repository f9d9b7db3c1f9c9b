"""What subscriptions hold and which effects failed: list, retry, drop. Works on the stores, so it needs no running
room."""

from __future__ import annotations

import getpass
import logging
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from sqlalchemy import delete, select, update

from bus.eventlog.schema import held
from contracts.common import View
from core import clock
from core.database import Database
from core.settings import SERVICES, Settings
from space.failed_tasks import FailedTask, drop_effects, failed_effects, retry_effects

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


def effects_that_failed(settings: Settings) -> list[FailedTask]:
    """Every effect of every service that failed and is not done."""
    return [each for service, database in _databases(settings) for each in failed_effects(service, database)]


def retry(settings: Settings, subject: str | None) -> tuple[int, int]:
    """Make `subject` (None: every one) due now; answers how many subjects' events, and how many effects."""
    effects = 0
    wanted = [row for row in held_subjects(settings) if subject in (None, row.subject)]
    for service, database in _databases(settings):
        mine = {row.subject for row in wanted if row.service == service}
        if mine:
            with database.writing() as session:
                session.execute(
                    update(held).where(held.c.subject.in_(mine)).values(next_at=clock.now(), attempts=0)
                )
        with database.writing() as session:
            effects += retry_effects(session, subject)
    return len(wanted), effects


def drop(settings: Settings, subject: str, reason: str) -> tuple[int, int]:
    """Forget the held events and the failed effects of `subject`; who did it and why goes to the log. Answers how many
    of each."""
    dropped = effects = 0
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
            effects += drop_effects(session, service, subject, reason)
    return dropped, effects


def _databases(settings: Settings) -> Iterator[tuple[str, Database]]:
    for service in SERVICES:
        with closing(Database(settings.databases[service])) as database:
            yield service, database
