"""Publishes what migrations have changed.

A migration changes rows and can't append events, whose models are of another release. So it notes the subjects in the
table `stale_subject`, and the service appends an event with the present state of each when it has started.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bus.eventlog.schema import stale_subject

BATCH = 100

Publish = Callable[[Session, str], None]
"""Appends the present state of the item with this id, if there is one to publish."""


def publish_stale(session: Session, publishers: Mapping[str, Publish]) -> int:
    """Append the events of up to `BATCH` noted subjects, and return how many they were.

    `publishers` are by the first part of a subject, its kind. Processes that do this at the same time take different
    subjects.
    """
    noted = select(stale_subject.c.subject).order_by(stale_subject.c.subject).limit(BATCH)
    subjects = session.scalars(noted.with_for_update(skip_locked=True)).all()
    for subject in subjects:
        kind, _, item_id = subject.partition("/")
        publishers[kind](session, item_id)
    session.execute(delete(stale_subject).where(stale_subject.c.subject.in_(subjects)))
    return len(subjects)
