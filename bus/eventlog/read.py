"""Reads a service's event log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bus.eventlog.schema import event_log
from contracts.common import Recorded

# They are run for every event, and building a statement takes longer than running it. Two maxima need subqueries:
# SQLite finds one alone by its index.
_LOG_END = select(func.max(event_log.c.seq))
_ENDS = select(_LOG_END.scalar_subquery(), select(func.max(event_log.c.public_seq)).scalar_subquery())
_AFTER = (
    select(event_log)
    .where(event_log.c.seq > bindparam("after"))
    .order_by(event_log.c.seq)
    .limit(bindparam("most"))
)


def log_end(session: Session) -> int:
    """The `seq` of the newest event, 0 for an empty log."""
    return session.execute(_LOG_END).scalar() or 0


def ends(session: Session) -> tuple[int, int]:
    """The `seq` of the newest event and the `public_seq` of the newest public one, 0 where there is none."""
    end, public = session.execute(_ENDS).one()
    return end or 0, public or 0


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
    rows = session.execute(_AFTER, {"after": seq, "most": limit}).mappings()
    return [Recorded(producer=producer, **row) for row in rows]
