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


def public_end(session: Session) -> int:
    """The `public_seq` of the newest public event, 0 where there is none."""
    return session.execute(select(func.max(event_log.c.public_seq))).scalar() or 0


def public_seq_at(session: Session, seq: int) -> int:
    """The number of public events up to `seq`."""
    numbers = select(event_log.c.public_seq).where(
        event_log.c.seq <= seq, event_log.c.public_seq.is_not(None)
    )
    return session.execute(numbers.order_by(event_log.c.seq.desc()).limit(1)).scalar() or 0


def seq_of_public(session: Session, public_seq: int) -> int:
    """The `seq` of a public event; 0 for 0, the log's end for a number that none has yet."""
    if public_seq <= 0:
        return 0
    found = session.execute(select(event_log.c.seq).where(event_log.c.public_seq == public_seq)).scalar()
    return log_end(session) if found is None else found


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
