"""Takes out of a service's log, and of what it keeps to repeat, what is known of somebody who has vanished.

The one exception to the rule that events never change: a subscriber that reads them later, or again, learns only what
is left. `seq`, id, type and time stay, so nobody notices a gap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, or_, select, update
from sqlalchemy.orm import Session

from bus.eventlog.schema import event_log, idempotency_key, outbox_task

Data = dict[str, Any]


def redact(session: Session, which: ColumnElement[bool], changed: Callable[[Data], Data]) -> None:
    """Replace the data of the events in `which` by what `changed` makes of them.

    `which` names the types, so that it reads the events of these alone, by the index; and where it names subjects too,
    theirs alone.
    """
    for row in session.execute(select(event_log.c.seq, event_log.c.data).where(which)).all():
        data = changed(row.data)
        if data != row.data:
            session.execute(update(event_log).where(event_log.c.seq == row.seq).values(data=data))


def naming(text: str) -> ColumnElement[bool]:
    """Events whose data contain this text: to be looked for among those of a type that few are of."""
    return cast(event_log.c.data, Text).contains(text, autoescape=True)


def forget_requests(session: Session, person_id: str) -> None:
    """Delete the stored results of writes that a person made or that name them, and tasks that concern them and are
    not done: mail to an address that is none any more."""
    session.execute(
        delete(idempotency_key).where(
            or_(
                idempotency_key.c.key.contains(f":{person_id}:", autoescape=True),
                cast(idempotency_key.c.result, Text).contains(person_id, autoescape=True),
            )
        )
    )
    session.execute(
        delete(outbox_task).where(
            outbox_task.c.done_at.is_(None),
            cast(outbox_task.c.data, Text).contains(person_id, autoescape=True),
        )
    )


__all__ = ["forget_requests", "naming", "redact"]
