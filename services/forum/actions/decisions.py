"""Carries out moderators' decisions on topics and posts, and undoes them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.errors import Forbidden, NotFound
from contracts.forum import ChangeTopic
from contracts.moderation import AppealAnswered, DecisionMade, DecisionState
from services.forum.actions.deletion import delete_post, delete_topic, restore_post, restore_topic
from services.forum.actions.topics import change_topic
from services.forum.tables import Deletion, Post
from services.shared.decisions import deletion_by, give_back, in_office, take_over


def decision_made(session: Session, event: DecisionMade, recorded: Recorded) -> None:
    """Close and hide what was decided on. What is gone, or not theirs to moderate any more, stays as it is."""
    decision, viewer = event.decision, in_office(event.decision)
    if decision.kind in ("topic", "post"):
        take_over(_deletions(session, decision), event)
    with suppress(NotFound, Forbidden):
        if "close" in decision.measures and decision.kind == "topic":
            _set_closed(session, decision, closed=True)
        if "hide" in decision.measures:
            if decision.kind == "topic":
                delete_topic(session, viewer, decision.item_id, deletion_by(decision))
            elif decision.kind == "post":
                delete_post(session, viewer, decision.item_id, deletion_by(decision))


def appeal_answered(session: Session, event: AppealAnswered, recorded: Recorded) -> None:
    """Undo what an overturned decision did, and nothing that others did."""
    decision, viewer = event.decision, in_office(event.decision)
    if not decision.overturned or decision.kind not in ("topic", "post"):
        return
    give_back(_deletions(session, decision), event)
    with suppress(NotFound, Forbidden):
        note = deletion_by(decision).note
        wanted = select(Deletion).where(Deletion.by_id == decision.by_id, Deletion.note == note)
        deletion = session.scalars(wanted.where(Deletion.restored_at.is_(None))).first()
        # With its last post a topic is deleted.
        if deletion is not None and deletion.kind == "topic":
            restore_topic(session, viewer, deletion.item_id)
        elif deletion is not None:
            restore_post(session, viewer, deletion.item_id)
        if "close" in decision.measures and decision.kind == "topic":
            _set_closed(session, decision, closed=False)


def _set_closed(session: Session, decision: DecisionState, *, closed: bool) -> None:
    change_topic(session, in_office(decision), decision.item_id, ChangeTopic(revision=0, closed=closed))


def _deletions(session: Session, decision: DecisionState) -> Sequence[Deletion]:
    """The deletions that last, locked, of what was decided on, and of a post's topic, which goes with its last post."""
    topic_id = session.scalar(select(Post.topic_id).where(Post.id == decision.item_id))
    items = [decision.item_id] if topic_id is None else [decision.item_id, topic_id]
    wanted = select(Deletion).where(Deletion.item_id.in_(items), Deletion.restored_at.is_(None))
    return session.scalars(wanted.with_for_update()).all()
