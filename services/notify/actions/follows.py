"""The commands: follow, unfollow, and mark notifications as read."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event, append_events, lock_log
from contracts.common import Event
from contracts.mail import FollowMail
from contracts.notify import FollowKind, FollowsChanged, FollowView, Level, Notified
from core import clock
from core.audience import Viewer
from core.saved_searches import canonical
from services.notify import queries, rules
from services.notify.actions import mail_queue, replicas, searches
from services.notify.tables import Follow, Notification
from services.shared.authorisation import owner
from services.shared.ids import checked_ids


def follow(
    session: Session,
    viewer: Viewer,
    kind: FollowKind,
    id: str,
    level: Level,
    mail: FollowMail | None = None,
) -> FollowView:
    """Follow a target, or change the level at which it is followed, and when what comes for that goes out by mail.

    Raises `Invalid` as `rules.checked_target` does, and `Conflict` (`follows-many`, `searches-many`). Whether the
    target exists is not checked; nobody is notified of what they may not see, whatever they follow.
    """
    person_id = owner(viewer)
    target = _target(session, kind, id)
    row = session.get(Follow, (person_id, kind, target), with_for_update=True)
    published: list[Event] = [FollowsChanged(person_ids=[person_id])]
    if row is None:
        count = select(func.count()).select_from(Follow).where(Follow.person_id == person_id)
        rules.check_follows(session.scalar(count) or 0)
        if kind == "search":
            rules.check_searches(session.scalar(count.where(Follow.kind == kind)) or 0)
            published += searches.save(session, canonical(id))
        replicas.save_follow(session, person_id, (kind, target), level, clock.now())
        row = session.get_one(Follow, (person_id, kind, target))
    elif row.level == level and mail in (None, row.mail):
        return queries.view(session, row)
    elif row.level != level:
        row.level, row.since = level, clock.now()
    row.mail = mail or row.mail
    session.flush()
    found = queries.view(session, row)
    append_events(session, published)
    return found


def unfollow(session: Session, viewer: Viewer, kind: FollowKind, id: str) -> None:
    """Stop following a target. Does nothing if it was not followed."""
    person_id = owner(viewer)
    target = _target(session, kind, id)
    theirs = delete(Follow).where(Follow.person_id == person_id, Follow.kind == kind, Follow.target == target)
    if session.scalar(theirs.returning(Follow.person_id)) is None:
        return
    published: list[Event] = [FollowsChanged(person_ids=[person_id])]
    if kind == "search":
        published += searches.forget_unfollowed(session, [target])
    append_events(session, published)


def _target(session: Session, kind: FollowKind, id: str) -> str:
    """What is followed: of what was merged into something else, that."""
    target = (kind, rules.checked_target(kind, id))
    return queries.targets_now(session, [target]).get(target, target)[1]


def mark_read(session: Session, viewer: Viewer, ids: list[str] | None) -> int:
    """Mark these notifications (None: all) as read, and return the number of those still unread.

    Raises `Invalid` with the fault `too-many-ids`.
    """
    person_id = owner(viewer)
    wanted = update(Notification).where(queries.visible_to(viewer), Notification.is_read.is_(False))
    if ids is not None:
        wanted = wanted.where(Notification.id.in_(checked_ids(ids, rules.IDS_AT_ONCE)))
    changed = session.execute(wanted.values(is_read=True).returning(Notification.id)).all()
    if changed:
        mail_queue.note_active(session, person_id)
        session.flush()
        lock_log(session)
    unread = queries.unread(session, viewer)
    if changed:
        append_event(session, Notified(person_id=person_id, unread=unread))
    return unread
