"""Stores whose acts people are not notified of."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from contracts.blocks import BlockChanged
from core.database import insert_or_ignore
from services.notify.actions import delivery, recipients
from services.notify.tables import Follow, Refusal


def save(session: Session, event: BlockChanged) -> None:
    """Store or remove one refusal. Whom the person blocks no longer follows them."""
    if recipients.refusals(session, [event.person_id, event.other_id], ()):
        return  # one of the two has vanished
    key = {"person_id": event.person_id, "actor_id": event.other_id}
    if event.level is None:
        session.execute(delete(Refusal).filter_by(**key))
        return
    insert_or_ignore(session, Refusal.__table__, [key])  # type: ignore[arg-type]
    if event.level == "block":
        theirs = delete(Follow).where(
            Follow.person_id == event.other_id, Follow.kind == "person", Follow.target == event.person_id
        )
        delivery.publish_follows(session, session.scalars(theirs.returning(Follow.person_id)).all())
