"""Reads a service's event log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bus.eventlog.schema import event_log
from contracts.common import Recorded


def log_end(session: Session) -> int:
    """The `seq` of the newest event, 0 for an empty log."""
    return session.execute(select(func.max(event_log.c.seq))).scalar() or 0


def seq_at(session: Session, moment: datetime) -> int:
    """The `seq` before the first event with a time of `moment` or later; the log's end if there is none."""
    first = (
        select(event_log.c.seq).where(event_log.c.occurred_at >= moment).order_by(event_log.c.seq).limit(1)
    )
    found = session.execute(first).scalar()
    return log_end(session) if found is None else found - 1


def events_after(session: Session, producer: str, seq: int, limit: int) -> list[Recorded]:
    """Up to `limit` events after `seq`, in order."""
    rows = session.execute(
        select(event_log).where(event_log.c.seq > seq).order_by(event_log.c.seq).limit(limit)
    ).mappings()
    return [Recorded(producer=producer, **row) for row in rows]
