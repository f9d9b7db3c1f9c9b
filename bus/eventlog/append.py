"""Appends to the event log, in the transaction that changes the state.

`seq` is assigned under a lock that is held until the transaction ends: an advisory lock on PostgreSQL; SQLite has only
one writer at a time. So `seq` follows the order of commits and has no gaps, and a reader who sees one `seq` has seen
all lower ones: no slower transaction can add one later (decision 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Text, bindparam, insert, text
from sqlalchemy.orm import Session

from bus.eventlog.read import ends
from bus.eventlog.schema import event_log
from bus.ops.tracing import current_trace
from contracts.common import Event
from core import clock
from core.audience import PUBLIC
from core.ids import new_id

# Any constant will do: advisory locks are local to a database, and each service has its own.
APPEND_LOCK = 7_223_001
CHANNEL = "event_log"
_NEXT = "event_log_next_seq"
_NEXT_PUBLIC = "event_log_next_public_seq"
_GROWN = "event_log_grown"
_INSERT = insert(event_log).values(data=bindparam("data", type_=Text))
# In one message to PostgreSQL with what needs it, whose answer it gives. That sees what was committed while the lock
# was waited for: each statement has a snapshot of its own.
_LOCK = "SELECT pg_advisory_xact_lock(:key), pg_notify(:channel, '');"
_LOCK_VALUES = {"key": APPEND_LOCK, "channel": CHANNEL}
_ENDS = "SELECT (SELECT max(seq) FROM event_log), (SELECT max(public_seq) FROM event_log)"
_LOCK_AND_ENDS = text(f"{_LOCK} {_ENDS}")
_APPEND = (
    "INSERT INTO event_log (seq, public_seq, id, type, version, subject, audience, occurred_at, trace, data)"
    " VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM event_log),"
    " CASE WHEN :audience = :public THEN (SELECT coalesce(max(public_seq), 0) + 1 FROM event_log) END,"
    " :id, :type, :version, :subject, :audience, :occurred_at, :trace, :data)"
    " RETURNING seq, coalesce(public_seq, (SELECT max(public_seq) FROM event_log), 0)"
)
_OCCURRED_AT = bindparam("occurred_at", type_=event_log.c.occurred_at.type)
_FIRST = text(_APPEND).bindparams(_OCCURRED_AT)
_LOCK_AND_FIRST = text(f"{_LOCK} {_APPEND}").bindparams(_OCCURRED_AT)
"""The first event of a transaction: most append no other."""


def append_event(session: Session, event: Event) -> int:
    """Append `event` in the session's transaction and return its `seq`.

    Append as late as possible: other writers wait from here to the commit.
    """
    return append_events(session, [event])


def append_events(session: Session, events: Sequence[Event]) -> int:
    """`append_event` for many in one statement; returns the last one's `seq`. `events` must not be empty."""
    # Other writers wait from the lock to the commit, so the rows are made before it.
    rows = [
        {
            "type": event.type,
            "version": event.version,
            "subject": event.subject(),
            "audience": event.audience(),
            "trace": current_trace(),
            "data": event.model_dump_json(),
        }
        for event in events
    ]
    if len(rows) == 1 and not has_appended(session):
        return _append_first(session, rows[0])
    first = _next_seq(session)
    now, public = clock.now(), session.info[_NEXT_PUBLIC]
    numbered = []
    for seq, row in enumerate(rows, first):
        is_public = row["audience"] == PUBLIC
        public_seq = public if is_public else None
        numbered.append({"seq": seq, "public_seq": public_seq, "id": new_id(), "occurred_at": now, **row})
        public += is_public
    session.execute(_INSERT, numbered)
    session.info[_NEXT_PUBLIC] = public
    session.info[_NEXT] = first + len(events)
    session.info[_GROWN] = True
    return first + len(events) - 1


def _append_first(session: Session, row: Mapping[str, Any]) -> int:
    """Append the transaction's first event, and take the log's lock, in one statement; returns its `seq`."""
    values = {**row, "public": PUBLIC, "id": new_id(), "occurred_at": clock.now()}
    if session.get_bind().dialect.name == "postgresql":
        seq, public = session.execute(_LOCK_AND_FIRST, values | _LOCK_VALUES).one()
    else:
        seq, public = session.execute(_FIRST, values).one()
    session.info[_NEXT], session.info[_NEXT_PUBLIC], session.info[_GROWN] = seq + 1, public + 1, True
    return int(seq)


def append_rows(session: Session, rows: Sequence[Mapping[str, Any]]) -> tuple[int, str]:
    """Append events that have ids and times of their own: those of an import. Returns the last one's `seq` and id.

    `rows` have the columns of the table but for the numbers; `data` is JSON, as text. There must be some.
    """
    seq = _next_seq(session)
    public = session.info[_NEXT_PUBLIC]
    numbered = []
    for row in rows:
        is_public = row["audience"] == PUBLIC
        numbered.append({**row, "seq": seq, "public_seq": public if is_public else None})
        seq, public = seq + 1, public + is_public
    session.execute(_INSERT, numbered)
    session.info[_NEXT], session.info[_NEXT_PUBLIC], session.info[_GROWN] = seq, public, True
    return seq - 1, str(rows[-1]["id"])


def lock_log(session: Session) -> None:
    """Take the log's lock before appending, for an event with a count that other transactions change too.

    Whatever is read afterwards includes every transaction that appended before; all others append later.
    """
    session.info[_NEXT] = _next_seq(session)


def _next_seq(session: Session) -> int:
    known: int | None = session.info.get(_NEXT)
    if known is not None:
        return known
    if session.get_bind().dialect.name == "postgresql":
        # PostgreSQL sends the notification with the commit; it wakes the relay in whichever process that runs.
        found = session.execute(_LOCK_AND_ENDS, _LOCK_VALUES).one()
        end, public = found[0] or 0, found[1] or 0
    else:
        end, public = ends(session)
    session.info[_NEXT_PUBLIC] = public + 1
    return end + 1


def forget_next_seq(session: Session) -> None:
    """To be called after a rollback to a savepoint: `seq` assigned since then must be assigned again."""
    session.info.pop(_NEXT, None)
    session.info.pop(_NEXT_PUBLIC, None)


def may_have_grown(session: Session) -> bool:
    """Whether the transaction may have appended. Also true if all that was appended was rolled back to a savepoint.

    For waking readers of the log, where one time too many does no harm.
    """
    return _GROWN in session.info


def has_appended(session: Session) -> bool:
    """Whether this transaction holds the log's lock, because it has appended or called `lock_log`."""
    return _NEXT in session.info
