"""From a piece of news to one notification for each person it concerns.

The number of statements does not grow with the number of people, but by batches of `BATCH`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import delete, func, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_events, lock_log
from contracts.notify import FollowKind, Level, NotificationView, Notified, Reason
from core.audience import MEMBERS, PUBLIC, group_of
from core.ids import new_id
from core.languages import choose
from services.notify import rules, views
from services.notify.rules import News, Target
from services.notify.tables import Follow, GroupMember, Notification, Person

BATCH = 1000
T = TypeVar("T")


def tell(session: Session, news: News) -> None:
    """Write a notification to everybody whom `news` concerns, once, and say so to each."""
    if not rules.is_news(news.at):
        return
    reasons = _who(session, news)
    if not reasons:
        return
    told = set(
        session.scalars(select(Notification.person_id).where(Notification.source_id == news.source_id))
    )
    # Ids made in one go rise without restarting, so none is given twice.
    ids = {person_id: new_id(news.at) for person_id in sorted(reasons.keys() - told)}
    fresh: dict[str, NotificationView | None] = {}
    shown = group_of(news.audience) is None
    for batch in _batches(ids):
        rows = _rows(session, news, {person_id: reasons[person_id] for person_id in batch}, ids)
        session.execute(insert(Notification), rows)
        fresh.update({row["person_id"]: views.new_notification(row) if shown else None for row in rows})
    announce(session, fresh)


def announce(session: Session, fresh: Mapping[str, NotificationView | None]) -> None:
    """Tell the pages of these people (the keys) how much is unread, with the new notification where one is given.

    What is in a group is not to be given: its page asks for it, and is answered by who is in the group then.
    """
    if not fresh:
        return
    # Another process may be telling the same person of something else. From here to the commit everybody who appends
    # waits: nothing that could be done before is done now.
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


def announce_loss(session: Session, person_id: str, audience: str) -> None:
    """Tell somebody's page what is unread, now that they may not see `audience` any more."""
    hidden = select(Notification.id).where(
        Notification.person_id == person_id,
        Notification.audience == audience,
        Notification.is_read.is_(False),
    )
    if session.scalar(hidden.limit(1)) is not None:
        announce(session, {person_id: None})


def unread_of(session: Session, people: Sequence[str]) -> dict[str, int]:
    """How much each of these people has not read, of what they may see by the membership known here."""
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
            or_(Notification.audience.in_((PUBLIC, MEMBERS)), inside),
        )
        .group_by(Notification.person_id)
    )
    return {row[0]: row[1] for row in rows}


def reword(session: Session, subject: str, titles: dict[str, str]) -> None:
    """Give the notifications about `subject` its present titles, each in the language that it is in."""
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


def reword_item(session: Session, item: str, excerpt: str) -> None:
    """Give the notifications of `item` its present excerpt."""
    session.execute(update(Notification).where(Notification.item == item).values(excerpt=excerpt))


def withdraw(session: Session, item: str) -> None:
    """Take back the notifications of something that was deleted."""
    rows = session.execute(
        delete(Notification)
        .where(Notification.item == item)
        .returning(Notification.person_id, Notification.is_read)
    ).all()
    announce(session, {row.person_id: None for row in rows if not row.is_read})


def _who(session: Session, news: News) -> dict[str, set[Reason]]:
    levels = _levels(session, news)
    reasons: dict[str, set[Reason]] = {}
    for person_id, why in news.direct.items():
        if person_id != (news.direct_actor_id or news.actor_id):
            reasons.setdefault(person_id, set()).update(why)
    if news.for_followers:
        for person_id, followed in levels.items():
            if person_id not in (news.actor_id, news.direct_actor_id) and rules.told_for_following(
                news, followed
            ):
                reasons.setdefault(person_id, set()).add("follow")
    for person_id, followed in levels.items():
        if rules.silenced(news, followed):
            reasons.pop(person_id, None)
    if group_of(news.audience) is not None:
        there = select(GroupMember.person_id).where(
            GroupMember.audience == news.audience, GroupMember.since <= news.at
        )
        inside = set(session.scalars(there))
        reasons = {person_id: why for person_id, why in reasons.items() if person_id in inside}
    return reasons


def _levels(session: Session, news: News) -> dict[str, dict[Target, Level]]:
    """What of the news each person follows, and how. A follow counts from when it began, a mute at once."""
    wanted: set[Target] = {*news.of, *news.among, ("person", news.actor_id)}
    rows = session.execute(
        select(Follow.person_id, Follow.kind, Follow.target, Follow.level).where(
            tuple_(Follow.kind, Follow.target).in_(sorted(wanted)),
            or_(Follow.since <= news.at, Follow.level == "muted"),
        )
    )
    levels: dict[str, dict[Target, Level]] = {}
    for person_id, kind, target, level in rows:
        levels.setdefault(person_id, {})[cast(FollowKind, kind), target] = cast(Level, level)
    return levels


def _rows(
    session: Session, news: News, reasons: dict[str, set[Reason]], ids: dict[str, str]
) -> list[dict[str, Any]]:
    found = session.execute(select(Person.id, Person.languages).where(Person.id.in_(reasons)))
    readers = {row.id: row.languages for row in found}
    rows = []
    for person_id, why in reasons.items():
        language = choose(news.titles, readers.get(person_id, []), news.original_language)
        followed_only = why == {"follow"}
        rows.append(
            {
                "id": ids[person_id],
                "person_id": person_id,
                "source_id": news.source_id,
                "what": news.what,
                "reasons": rules.in_order(why),
                "actor_id": news.actor_id if followed_only else news.direct_actor_id or news.actor_id,
                "title": news.titles.get(language, "")[: rules.TITLE_LENGTH],
                "language": language,
                "excerpt": news.excerpt,
                "path": news.path,
                "subject": news.subject,
                "item": news.item,
                "audience": news.audience,
                "is_read": False,
                "at": news.at,
            }
        )
    return rows


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
