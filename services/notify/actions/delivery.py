"""Delivers drafts: inserts one notification for each person concerned and publishes their unread counts.

There is a fixed number of statements for all drafts of a call, and for each batch of a crowd.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_events, lock_log
from bus.ops.greenlets import give_way
from contracts.notify import FollowsChanged, NotificationView, Notified, PeopleNotified, Reason
from core.audience import MEMBERS, PUBLIC, group_of
from core.ids import new_id
from core.languages import choose
from services.notify import rules, views
from services.notify.actions import mail_queue, push_queue, recipients, replicas
from services.notify.actions.inserts import insert_crowd, insert_rows
from services.notify.rules import NotificationDraft, Target
from services.notify.tables import Follow, GroupMember, Notification, Person

BATCH = 1000
CROWD = 2000
"""More follows than this are not handled at once, nor with an event for each person."""

CROWD_BATCH = 500
"""People between whose notifications others run: they take some 20 ms."""

T = TypeVar("T")


def deliver(session: Session, draft: NotificationDraft) -> None:
    """Insert a notification for each person whom the draft concerns, and publish their new unread counts.

    People who already have one of this event are left out, so delivering a draft again changes nothing; so are those
    whom `replaces` and `once_for` of the draft leave out. Does nothing if the event is too old (`rules.is_recent`).
    """
    deliver_all(session, [draft])


def deliver_all(session: Session, drafts: Sequence[NotificationDraft]) -> None:
    """`deliver` for several events, with as many statements as for one.

    Where there are several, none of them may have `replaces` or `once_for`, which look at what is stored.
    """
    drafts = [draft for draft in drafts if rules.is_recent(draft.at)]
    if not drafts:
        return
    drafts = recipients.present(session, drafts)
    # One more than are wanted, to know whether there are more.
    follows = session.execute(recipients.follows(drafts).limit(CROWD + 1)).all()
    if len(follows) > CROWD:
        for draft in drafts:
            _deliver_to_crowd(session, draft)
        return
    _publish(session, _insert(session, drafts, follows, None))


def _deliver_to_crowd(session: Session, draft: NotificationDraft) -> None:
    """Deliver a draft whose targets very many follow: in batches, between which others run.

    All that is held of everybody is their ids. Who has the notification already is asked once: for each batch
    PostgreSQL would read all that were inserted before, of which its statistics don't know yet. Instead of an event for
    each, which would take longer than all else, there is one for each thousand, without their counts: their open pages
    ask for them.
    """
    followers = recipients.follows([draft]).with_only_columns(Follow.person_id).distinct()
    already = {person_id for _, person_id in recipients.notified(session, [draft])}
    people = sorted({*session.scalars(followers), *draft.direct} - already)
    notified: list[str] = []
    for batch in _batches(people, CROWD_BATCH):
        follows = session.execute(recipients.follows([draft]).where(Follow.person_id.in_(batch))).all()
        notified += [person_id for person_id, _ in _insert(session, [draft], follows, set(batch))]
        give_way()
    if notified:
        append_events(session, [PeopleNotified(person_ids=batch) for batch in _batches(notified)])


def _insert(
    session: Session,
    drafts: Sequence[NotificationDraft],
    follows: Sequence[Row[Any]],
    among: Set[str] | None,
) -> list[tuple[str, NotificationView | None]]:
    """Insert the notifications of the drafts for people who have none of them yet; if `among` is not None, for people
    in it, who are known to have none. Returns who got one, and its view unless it is of a group's content."""
    levels = recipients.levels_by_target(follows)
    inside = recipients.members(session, drafts, among)
    reasons: list[dict[str, set[Reason]]] = []
    followed: list[dict[str, list[Target]]] = []
    for draft in drafts:
        why, targets = recipients.reasons_by_person(draft, recipients.levels_by_person(draft, levels), among)
        if group_of(draft.audience) is not None:
            why = {person_id: one for person_id, one in why.items() if (draft.source_id, person_id) in inside}
        reasons.append(why)
        followed.append(targets)
    people_concerned = {person_id for why in reasons for person_id in why}
    refusals = recipients.refusals(session, people_concerned, _actors(drafts)) if people_concerned else set()
    if refusals:
        reasons = [
            {one: why[one] for one in why if not recipients.refuses(refusals, one, draft)}
            for draft, why in zip(drafts, reasons, strict=True)
        ]
    if not any(reasons):
        return []
    already = recipients.notified(session, drafts) if among is None else set()
    readers: set[str] = set()
    if any(len(draft.titles) > 1 for draft in drafts):  # else there is nothing to choose
        readers = {person_id for why in reasons for person_id in why}
    languages = _languages(session, readers)
    by_draft: list[tuple[NotificationDraft, list[dict[str, Any]]]] = []
    fresh: list[tuple[str, NotificationView | None]] = []
    for draft, why, targets in zip(drafts, reasons, followed, strict=True):
        people = {person_id for person_id in why if (draft.source_id, person_id) not in already}
        people -= _notified_otherwise(session, draft, people)
        mine = {person_id: why[person_id] for person_id in sorted(people)}
        new = _rows(draft, mine, targets, languages)
        shown = among is None and group_of(draft.audience) is None
        fresh += [(row["person_id"], views.new_notification(row) if shown else None) for row in new]
        by_draft.append((draft, new))
    push_queue.choose(session, by_draft)
    mail_queue.choose(session, by_draft, recipients.own_mails(follows))
    rows = [row for _, new in by_draft for row in new]
    if rows:
        (insert_rows if among is None else insert_crowd)(session, rows)
    return fresh


def _actors(drafts: Iterable[NotificationDraft]) -> set[str]:
    return {actor for draft in drafts for actor in (draft.actor_id, draft.direct_actor_id) if actor}


def _notified_otherwise(session: Session, draft: NotificationDraft, people: Iterable[str]) -> set[str]:
    """Delete the notifications of these people that the draft replaces, and return who needs none of it."""
    if not draft.replaces and draft.once_for is None:
        return set()
    found: set[str] = set()
    for batch in _batches(sorted(people)):
        of_item = and_(Notification.item == draft.item, Notification.person_id.in_(batch))
        if draft.once_for == "search":
            found |= _told_already(session, draft, batch)
        elif draft.once_for is not None:
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


def _told_already(session: Session, draft: NotificationDraft, people: Sequence[str]) -> set[str]:
    """Those of these people who have a notification of an item that a search found, or too many of such items."""
    about = Notification.item == draft.item
    if draft.subject == draft.item:  # that of a new topic names its first post
        about = Notification.subject == draft.subject
    told = select(Notification.person_id).where(about, Notification.person_id.in_(people))
    full = (
        select(Notification.person_id)
        .where(
            Notification.person_id.in_(people),
            Notification.is_read.is_(False),
            Notification.hidden.is_(False),
            Notification.what == draft.what,
        )
        .group_by(Notification.person_id)
        .having(func.count() >= rules.FOUND_UNREAD)
    )
    return {*session.scalars(told), *session.scalars(full)}


def publish_follows(session: Session, people: Sequence[str]) -> None:
    """Say that these people's follows have changed. After all else, since from here on other writers wait."""
    if people:
        append_events(session, [FollowsChanged(person_ids=batch) for batch in _batches(people)])


def publish_unread(session: Session, people: Iterable[str]) -> None:
    """Append a `Notified` event with the unread count of each of these people, without a new notification."""
    _publish(session, [(person_id, None) for person_id in sorted(set(people))])


def _publish(session: Session, fresh: Sequence[tuple[str, NotificationView | None]]) -> None:
    """Append a `Notified` event for each new notification, in order: with the unread count after it.

    The notification is None for a group's content. The person's page then asks for it by a call, which checks whether
    they are still a member.
    """
    if not fresh:
        return
    # Another process may be notifying the same person, so the count must be read under the log's lock. From here to
    # the commit every other writer waits, so whatever does not need the lock was done before.
    lock_log(session)
    unread: dict[str, int] = {}
    for batch in _batches(sorted({person_id for person_id, _ in fresh})):
        unread |= unread_of(session, batch)
    events: list[Notified] = []
    for person_id, notification in reversed(fresh):
        count = unread.get(person_id, 0)
        events.append(Notified(person_id=person_id, unread=count, notification=notification))
        unread[person_id] = max(count - 1, 0)
    append_events(session, events[::-1])


def publish_after_loss(session: Session, person_id: str, audience: str) -> None:
    """Publish the unread count of a person who has lost access to `audience`, if that changes it."""
    hidden = select(Notification.id).where(
        Notification.person_id == person_id,
        Notification.audience == audience,
        Notification.is_read.is_(False),
        Notification.hidden.is_(False),
    )
    if session.scalar(hidden.limit(1)) is not None:
        publish_unread(session, [person_id])


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


def update_excerpt(session: Session, item: str, excerpt: str, but: Collection[str] = ()) -> None:
    """Set the excerpt of the notifications of `item`, but of those whose `what` says that it is another text."""
    of_item = update(Notification).where(Notification.item == item, Notification.what.not_in(but))
    session.execute(of_item.values(excerpt=excerpt))


def retract(session: Session, item: str) -> None:
    """Delete the notifications of a deleted item, and publish the unread counts that change by it."""
    rows = session.execute(
        delete(Notification)
        .where(Notification.item == item)
        .returning(Notification.person_id, Notification.is_read)
    ).all()
    publish_unread(session, [row.person_id for row in rows if not row.is_read])


def hide(session: Session, subject: str, hidden: bool) -> None:
    """Hide the notifications about a deleted subject, or show them again, and publish the unread counts that change."""
    replicas.note_deleted(session, subject, hidden)
    _hide(session, Notification.subject == subject, hidden)


def hide_item(session: Session, item: str, hidden: bool) -> None:
    """The same for the notifications of one item of a subject: of a post, or of a topic without its posts."""
    replicas.note_deleted(session, item, hidden)
    _hide(session, Notification.item == item, hidden)


def _hide(session: Session, which: ColumnElement[bool], hidden: bool) -> None:
    rows = session.execute(
        update(Notification)
        .where(which, Notification.hidden.is_(not hidden))
        .values(hidden=hidden)
        .returning(Notification.person_id, Notification.is_read)
    ).all()
    publish_unread(session, [row.person_id for row in rows if not row.is_read])


def _languages(session: Session, people: Iterable[str]) -> dict[str, list[str]]:
    """The languages that each of these people reads."""
    found: dict[str, list[str]] = {}
    for batch in _batches(people):
        rows = session.execute(select(Person.id, Person.languages).where(Person.id.in_(batch)))
        found.update({row.id: row.languages for row in rows})
    return found


def _rows(
    draft: NotificationDraft,
    reasons: Mapping[str, set[Reason]],
    followed: Mapping[str, list[Target]],
    languages: Mapping[str, list[str]],
) -> list[dict[str, Any]]:
    """The columns of each person's notification, those of JSON as text."""
    same = {
        "source_id": draft.source_id,
        "what": draft.what,
        "excerpt": draft.excerpt,
        "path": draft.path,
        "subject": draft.subject,
        "item": draft.item,
        "audience": draft.audience,
        "is_read": False,
        "hidden": False,
        "mail": "page",
        "mailed_at": None,
        "at": draft.at,
    }
    rows = []
    # Most people are notified for the same reasons.
    alike: dict[tuple[Any, ...], dict[str, Any]] = {}
    for person_id, why in reasons.items():
        targets = followed.get(person_id, [])
        language = choose(draft.titles, languages.get(person_id, []), draft.original_language)
        kind = (language, frozenset(why), *targets)
        if (columns := alike.get(kind)) is None:
            actor_id = (
                draft.actor_id if why <= {"follow", "search"} else draft.direct_actor_id or draft.actor_id
            )
            columns = alike[kind] = same | {
                "reasons": json.dumps(rules.ordered_reasons(why)),
                "followed": json.dumps([{"kind": kind, "id": target} for kind, target in targets]),
                "actor_id": actor_id or None,
                "title": draft.titles.get(language, "")[: rules.TITLE_LENGTH],
                "language": language,
            }
        rows.append({**columns, "id": new_id(draft.at), "person_id": person_id})
    return rows


def _batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
