"""Carries out moderators' decisions on topics and posts, and undoes them."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.common import Recorded
from contracts.decision_failures import ForumDecisionFailed
from contracts.deletion import Delete
from contracts.errors import Conflict, Forbidden, NotFound
from contracts.forum import TopicChanged
from contracts.moderation import AppealAnswered, DecisionMade, DecisionState
from core.audience import Viewer
from core.decided_changes import DecidedChanges
from core.deletions import lasting_deletions
from core.shared_columns import DeletionColumns
from services.forum import rules, views
from services.forum.actions import deletion as actions
from services.forum.actions import helpers
from services.forum.actions.decided_changes import changeable
from services.forum.actions.held import holding
from services.forum.tables import DecidedChange, Deletion, Post, Topic, TopicClosing
from services.shared.decided_changes import change, restore
from services.shared.decisions import Hiding, hide, in_office, show
from services.shared.powers import part_of


def decision_made(session: Session, event: DecisionMade, recorded: Recorded) -> None:
    """Change, close and hide what was decided on. What is gone, or not theirs to moderate any more, stays as it is."""
    if holding(session).decided(event.decision):
        return
    if "close" in event.decision.measures:
        with suppress(NotFound, Forbidden):
            _close(session, event.decision)
    if failed := change(_changes(session), changeable(session, event.decision), event):
        append_event(session, ForumDecisionFailed(decision_id=event.decision.id, measures=failed))
    hide(event, _hiding(session, event.decision))


def appeal_answered(session: Session, event: AppealAnswered, recorded: Recorded) -> None:
    """Undo what an overturned decision did, and nothing that others did."""
    if event.decision.overturned and holding(session).overturned(event):
        return
    restore(_changes(session), changeable(session, event.decision), event)
    show(event, _hiding(session, event.decision))
    if event.decision.overturned and "close" in event.decision.measures:
        with suppress(NotFound, Forbidden):
            _open(session, event.decision)


def purge_changes(session: Session) -> None:
    """Delete what was kept to undo decisions, once it was kept for long enough."""
    _changes(session).purge()


def _changes(session: Session) -> DecidedChanges:
    return DecidedChanges(session, DecidedChange)


def _hiding(session: Session, decision: DecisionState) -> Hiding:
    item, is_topic = decision.item_id, decision.kind == "topic"
    of_post = None if is_topic else session.scalar(select(Post.topic_id).where(Post.id == item))
    # A topic goes with its last post.
    items = [item] if of_post is None else [item, of_post]

    def restored(viewer: Viewer, deletion: DeletionColumns) -> None:
        if deletion.item_id == item and not is_topic:
            actions.restore_post(session, viewer, item)
            return
        try:
            actions.restore_topic(session, viewer, deletion.item_id)
        except Conflict:  # a later decision hides its last post, with which it goes
            actions.go_with_last_post(session, deletion)

    def current(deletion: DeletionColumns) -> bool:
        if deletion.item_id == item and not is_topic:
            return session.get_one(Post, item).deletion_id == deletion.id
        return session.get_one(Topic, deletion.item_id).deletion_id == deletion.id

    def deleted(viewer: Viewer, command: Delete) -> object:
        if is_topic:
            return actions.delete_topic(session, viewer, item, command)
        return actions.delete_post(session, viewer, item, command, by_decision=True)

    return Hiding(
        kinds=("topic", "post"),
        deletions=lambda: lasting_deletions(session, Deletion, Topic.id, of_post or item, items),
        delete=deleted,
        restore=restored,
        add=lambda viewer, command: actions.add_deletion(session, viewer, item, command, is_topic=is_topic),
        is_current=current,
    )


def _close(session: Session, decision: DecisionState) -> None:
    """Close a topic, and note that it was this decision, unless somebody has closed it by hand."""
    topic = _topic(session, decision)
    if topic.closed and not _closings(session, topic):
        return
    session.add(TopicClosing(topic_id=topic.id, decision_id=decision.id))
    _set_closed(session, topic, decision, True)


def _open(session: Session, decision: DecisionState) -> None:
    """Open a topic that this decision closed, unless another one that stands did so too."""
    topic = _topic(session, decision)
    mine = delete(TopicClosing).where(
        TopicClosing.topic_id == topic.id, TopicClosing.decision_id == decision.id
    )
    was_mine = session.scalar(mine.returning(TopicClosing.topic_id)) is not None
    if was_mine and not _closings(session, topic):
        _set_closed(session, topic, decision, False)


def _closings(session: Session, topic: Topic) -> list[str]:
    """The decisions that closed a topic and stand."""
    return list(session.scalars(select(TopicClosing.decision_id).where(TopicClosing.topic_id == topic.id)))


def _set_closed(session: Session, topic: Topic, decision: DecisionState, closed: bool) -> None:
    changed, topic.closed = topic.closed != closed, closed
    session.flush()
    # The event with which a deleted topic comes back says it then.
    if changed and topic.deletion_id is None:
        append_event(session, TopicChanged(topic=views.topic_state(topic), by_id=""))


def _topic(session: Session, decision: DecisionState) -> Topic:
    """The topic that was decided on, locked, also a deleted one. Raises `NotFound`, `Forbidden`."""
    viewer = in_office(decision)
    topic = helpers.topic_for_deletion(session, viewer, decision.item_id)
    if not rules.moderates(viewer, part_of(topic)):
        raise Forbidden("not-moderator")
    return topic
