"""Delivers a draft: inserts one notification for each person concerned and publishes their unread counts.

People are handled in batches of `BATCH`, each with a fixed number of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_events, lock_log
from contracts.notify import FollowKind, Level, NotificationView, Notified, Reason
from core.audience import MEMBERS, PUBLIC, group_of
from core.ids import new_id
from core.languages import choose
from services.notify import rules, views
from services.notify.rules import NotificationDraft, Target
from services.notify.tables import Follow, GroupMember, Notification, Person

BATCH = 1000
T = TypeVar("T")


def deliver(session: Session, draft: NotificationDraft) -> None:
    """Insert a notification for each person whom the draft concerns, and publish their new unread counts.

    People who already have one of this event are left out, so delivering a draft again changes nothing; so are those
    whom `replaces` and `once_for` of the draft leave out. Does nothing if the event is too old (`rules.is_recent`).
    """
    if not rules.is_recent(draft.at):
        return
    reasons, followed = _reasons_by_person(session, draft)
    if not reasons:
        return
    notified = set(
        session.scalars(select(Notification.person_id).where(Notification.source_id == draft.source_id))
    )
    notified |= _notified_otherwise(session, draft, reasons.keys() - notified)
    # All ids are made before the first batch: made one after another, they rise and can't repeat.
    ids = {person_id: new_id(draft.at) for person_id in sorted(reasons.keys() - notified)}
    fresh: dict[str, NotificationView | None] = {}
    shown = group_of(draft.audience) is None
    for batch in _batches(ids):
        why = {person_id: reasons[person_id] for person_id in batch}
        rows = _rows(session, draft, why, followed, ids)
        session.execute(insert(Notification), rows)
        fresh.update({row["person_id"]: views.new_notification(row) if shown else None for row in rows})
    publish_unread(session, fresh)


def _notified_otherwise(session: Session, draft: NotificationDraft, people: Iterable[str]) -> set[str]:
    """Delete the notifications of these people that the draft replaces, and return who needs none of it."""
    if not draft.replaces and draft.once_for is None:
        return set()
    found: set[str] = set()
    for batch in _batches(sorted(people)):
        of_item = and_(Notification.item == draft.item, Notification.person_id.in_(batch))
        if draft.once_for is not None:
            rows = session.execute(select(Notification.person_id, Notification.reasons).where(of_item))
            found |= {row.person_id for row in rows if draft.once_for in row.reasons}
        else:
            alike = and_(
                of_item,
                Notification.what.in_(draft.replaces),
                Notification.actor_id == (draft.direct_actor_id or draft.actor_id),
            )
            newer = select(Notification.person_id).where(alike, Notification.at > draft.at)
            found |= set(session.scalars(newer))
            recent = Notification.at.between(draft.at - rules.REPLACED_WITHIN, draft.at)
            session.execute(delete(Notification).where(alike, recent))
    return found


def publish_unread(session: Session, fresh: Mapping[str, NotificationView | None]) -> None:
    """Append a `Notified` event for each person in `fresh`: their unread count, and the new notification if any.

    The notification is None for a group's content. The person's page then asks for it by a call, which checks whether
    they are still a member.
    """
    if not fresh:
        return
    # Another process may be notifying the same person, so the count must be read under the log's lock. From here to
    # the commit every other writer waits, so whatever does not need the lock was done before.
    lock_log(session)
    for batch in _batches(sorted(fresh)):
        unread = unread_of(session, batch)
        append_events(
            session,
            [
                Notified(person_id=person_id, unread=unread.get(person_id, 0), notification=fresh[person_id])
                for person_id in batch
            ],
        )


def publish_after_loss(session: Session, person_id: str, audience: str) -> None:
    """Publish the unread count of a person who has lost access to `audience`, if that changes it."""
    hidden = select(Notification.id).where(
        Notification.person_id == person_id,
        Notification.audience == audience,
        Notification.is_read.is_(False),
        Notification.hidden.is_(False),
    )
    if session.scalar(hidden.limit(1)) is not None:
        publish_unread(session, {person_id: None})


def unread_of(session: Session, people: Sequence[str]) -> dict[str, int]:
    """The number of unread notifications that each of these people may see, by the replica of group members.

    People with none are left out.
    """
    inside = (
        select(GroupMember.person_id)
        .where(GroupMember.audience == Notification.audience, GroupMember.person_id == Notification.person_id)
        .correlate(Notification)
        .exists()
    )
    rows = session.execute(
        select(Notification.person_id, func.count())
        .where(
            Notification.person_id.in_(people),
            Notification.is_read.is_(False),
            Notification.hidden.is_(False),
            or_(Notification.audience.in_((PUBLIC, MEMBERS)), inside),
        )
        .group_by(Notification.person_id)
    )
    return {row[0]: row[1] for row in rows}


def update_titles(session: Session, subject: str, titles: dict[str, str]) -> None:
    """Set the title of each notification about `subject` to the current one in the notification's language."""
    for language, title in titles.items():
        title = title[: rules.TITLE_LENGTH]
        session.execute(
            update(Notification)
            .where(
                Notification.subject == subject,
                Notification.language == language,
                Notification.title != title,
            )
            .values(title=title)
        )


def update_excerpt(session: Session, item: str, excerpt: str) -> None:
    """Set the excerpt of the notifications of `item`."""
    session.execute(update(Notification).where(Notification.item == item).values(excerpt=excerpt))


def retract(session: Session, item: str) -> None:
    """Delete the notifications of a deleted item, and publish the unread counts that change by it."""
    rows = session.execute(
        delete(Notification)
        .where(Notification.item == item)
        .returning(Notification.person_id, Notification.is_read)
    ).all()
    publish_unread(session, {row.person_id: None for row in rows if not row.is_read})


def hide(session: Session, subject: str, hidden: bool) -> None:
    """Hide the notifications about a deleted subject, or show them again, and publish the unread counts that change."""
    _hide(session, Notification.subject == subject, hidden)


def hide_item(session: Session, item: str, hidden: bool) -> None:
    """The same for the notifications of one item of a subject: of a post, or of a topic without its posts."""
    _hide(session, Notification.item == item, hidden)


def _hide(session: Session, which: ColumnElement[bool], hidden: bool) -> None:
    rows = session.execute(
        update(Notification)
        .where(which, Notification.hidden.is_(not hidden))
        .values(hidden=hidden)
        .returning(Notification.person_id, Notification.is_read)
    ).all()
    publish_unread(session, {row.person_id: None for row in rows if not row.is_read})


def _reasons_by_person(
    session: Session, draft: NotificationDraft
) -> tuple[dict[str, set[Reason]], dict[str, list[Target]]]:
    """Why each person is notified, and what they follow that led to it."""
    levels = _levels_by_person(session, draft)
    reasons: dict[str, set[Reason]] = {}
    followed: dict[str, list[Target]] = {}
    for person_id, why in draft.direct.items():
        if person_id != (draft.direct_actor_id or draft.actor_id):
            reasons.setdefault(person_id, set()).update(why)
    if draft.for_followers:
        for person_id, at_levels in levels.items():
            targets = rules.followed_targets(draft, at_levels)
            if targets and person_id not in (draft.actor_id, draft.direct_actor_id):
                reasons.setdefault(person_id, set()).add("follow")
                followed[person_id] = targets
    for person_id, at_levels in levels.items():
        if rules.muted(draft, at_levels):
            reasons.pop(person_id, None)
    if group_of(draft.audience) is not None:
        there = select(GroupMember.person_id).where(
            GroupMember.audience == draft.audience, GroupMember.since <= draft.at
        )
        inside = set(session.scalars(there))
        reasons = {person_id: why for person_id, why in reasons.items() if person_id in inside}
    return reasons, followed


def _levels_by_person(session: Session, draft: NotificationDraft) -> dict[str, dict[Target, Level]]:
    """The draft's targets that each person follows, with their levels. A follow counts for events after its `since`;
    a mute counts for all."""
    wanted: set[Target] = {*draft.targets, *draft.related_targets, ("person", draft.actor_id)}
    rows = session.execute(
        select(Follow.person_id, Follow.kind, Follow.target, Follow.level).where(
            tuple_(Follow.kind, Follow.target).in_(sorted(wanted)),
            or_(Follow.since <= draft.at, Follow.level == "muted"),
        )
    )
    levels: dict[str, dict[Target, Level]] = {}
    for person_id, kind, target, level in rows:
        levels.setdefault(person_id, {})[cast(FollowKind, kind), target] = cast(Level, level)
    return levels


def _rows(
    session: Session,
    draft: NotificationDraft,
    reasons: dict[str, set[Reason]],
    followed: dict[str, list[Target]],
    ids: dict[str, str],
) -> list[dict[str, Any]]:
    found = session.execute(select(Person.id, Person.languages).where(Person.id.in_(reasons)))
    readers = {row.id: row.languages for row in found}
    rows = []
    for person_id, why in reasons.items():
        language = choose(draft.titles, readers.get(person_id, []), draft.original_language)
        followed_only = why == {"follow"}
        rows.append(
            {
                "id": ids[person_id],
                "person_id": person_id,
                "source_id": draft.source_id,
                "what": draft.what,
                "reasons": rules.ordered_reasons(why),
                "followed": [{"kind": kind, "id": target} for kind, target in followed.get(person_id, [])],
                "actor_id": (draft.actor_id if followed_only else draft.direct_actor_id or draft.actor_id)
                or None,
                "title": draft.titles.get(language, "")[: rules.TITLE_LENGTH],
                "language": language,
                "excerpt": draft.excerpt,
                "path": draft.path,
                "subject": draft.subject,
                "item": draft.item,
                "audience": draft.audience,
                "is_read": False,
                "at": draft.at,
            }
        )
    return rows


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
