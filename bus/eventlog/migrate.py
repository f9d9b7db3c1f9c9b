"""Migrates a service's own log to the copy of its database that a rebuild makes."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from bus.eventlog.read import log_end
from bus.eventlog.schema import event_log, relay_offset
from core.database import Database

_CHUNK = 500


def migrate_log(live: Database, building: Database) -> None:
    """Copy the events that the new copy does not have, and up to which one the broker has confirmed them.

    It may be called while the live copy is in use, and must be once more when that changes no longer.
    """
    while True:
        with building.reading() as session:
            end = log_end(session)
        with live.reading() as session:
            later = select(event_log).where(event_log.c.seq > end).order_by(event_log.c.seq).limit(_CHUNK)
            events = [dict(row) for row in session.execute(later).mappings()]
            confirmed = [dict(row) for row in session.execute(select(relay_offset)).mappings()]
        with building.writing() as session:
            session.execute(delete(relay_offset))
            for table, rows in ((event_log, events), (relay_offset, confirmed)):
                if rows:
                    session.execute(insert(table), rows)
        if not events:
            return
