"""The event log: state and what happened to it are written in one transaction.

`seq` is given under a lock that is held until the transaction ends (SQLite has one writer anyway; PostgreSQL takes an
advisory lock), so the order of `seq` is the order of commits, there are no holes, and whatever a reader sees is
settled: no slower transaction can appear below it later.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from bus.eventlog.read import log_end
from bus.eventlog.schema import event_log
from bus.ops.tracing import current_trace
from contracts.common import Event
from core import clock
from core.ids import new_id

# Any constant does: advisory locks are counted per database, and each service has its own.
APPEND_LOCK = 7_223_001
CHANNEL = "event_log"
_NEXT = "event_log_next_seq"
_GROWN = "event_log_grown"


def append_event(session: Session, event: Event) -> int:
    """Write `event` to the log within the session's transaction and return its `seq`. Append last: others
    wait meanwhile."""
    return append_events(session, [event])


def append_events(session: Session, events: Sequence[Event]) -> int:
    """`append_event` for many in one statement; returns the last one's `seq`. `events` must not be empty."""
    # Others wait from the lock to the commit, so all that can be made before it is.
    rows = [
        {
            "type": event.type,
            "version": event.version,
            "subject": event.subject(),
            "audience": event.audience(),
            "trace": current_trace(),
            "data": event.model_dump(mode="json"),
        }
        for event in events
    ]
    first = _next_seq(session)
    now = clock.now()
    session.execute(
        insert(event_log),
        [{"seq": seq, "id": new_id(), "occurred_at": now, **row} for seq, row in enumerate(rows, first)],
    )
    session.info[_NEXT] = first + len(events)
    session.info[_GROWN] = True
    return first + len(events) - 1


def lock_log(session: Session) -> None:
    """Take the log's lock before appending, for an event that counts what others just wrote: all that was appended
    before it is then seen, all else comes after it."""
    session.info[_NEXT] = _next_seq(session)


def _next_seq(session: Session) -> int:
    known: int | None = session.info.get(_NEXT)
    if known is not None:
        return known
    if session.get_bind().dialect.name == "postgresql":
        # The notification goes out with the commit and wakes the relay, wherever it runs.
        session.execute(
            text("SELECT pg_advisory_xact_lock(:key), pg_notify(:channel, '')"),
            {"key": APPEND_LOCK, "channel": CHANNEL},
        )
    return log_end(session) + 1


def forget_next_seq(session: Session) -> None:
    """To be called when a savepoint is undone: the events appended in it are gone, and so are their `seq`."""
    session.info.pop(_NEXT, None)


def may_have_grown(session: Session) -> bool:
    """Whether the committed transaction may have appended: also true when all that it appended was in a savepoint that
    was undone. For waking whoever reads the log, which does no harm in vain."""
    return _GROWN in session.info


def has_appended(session: Session) -> bool:
    """Whether this transaction has appended, and so holds the log's lock."""
    return _NEXT in session.info
