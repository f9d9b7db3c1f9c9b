"""Writes and reads the replicas of other services' data. Every write is idempotent: events may be replayed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from contracts.events import AttendanceChanged, EventState
from contracts.forum import PostState, TopicState
from contracts.notify import Level
from contracts.people import GroupState, LanguagesChanged, MembershipChanged, PersonState
from core import clock
from core.audience import group_audience
from core.markup import mention_candidates
from core.names import name_key
from services.notify import rules
from services.notify.actions import recipients
from services.notify.tables import (
    ANYBODY,
    Attendance,
    Base,
    DeletedItem,
    EventSeen,
    Follow,
    FormerName,
    GroupByMail,
    GroupMember,
    Person,
    Post,
    Topic,
)

Titles = tuple[dict[str, str], str]
"""The titles of a topic by language, and its original language."""


def save_person(session: Session, person: PersonState, at: datetime) -> None:
    """Store a person's name and the languages that they read, the preferred one first. A name that they had before is
    kept for a time."""
    if person.vanished or recipients.refusals(session, [person.id], ()):
        return
    key = name_key(person.name)
    before = session.scalar(select(Person.name_key).where(Person.id == person.id))
    if before is not None and before != key:
        session.execute(delete(FormerName).where((FormerName.name_key == key) | (FormerName.until <= at)))
        until = at + rules.FORMER_NAMES_KEPT
        _upsert(session, FormerName, {"name_key": before}, {"person_id": person.id, "until": until})
    wanted = [person.interface_language, *person.languages]
    languages = list(dict.fromkeys(code for code in wanted if code))
    values = {
        "name_key": key,
        "languages": languages,
        "joined_at": person.joined_at,
    }
    _upsert(session, Person, {"id": person.id}, values)


def purge_former_names(session: Session) -> None:
    """Delete former names whose time is over: also where nobody takes another one."""
    session.execute(delete(FormerName).where(FormerName.until <= clock.now()))


def save_languages(session: Session, event: LanguagesChanged) -> None:
    """Store the languages of a person who does not show them to everybody."""
    wanted = update(Person).where(Person.id == event.person_id)
    session.execute(wanted.values(languages=event.languages))


def save_member(session: Session, event: MembershipChanged, at: datetime) -> None:
    """Store a member or moderator of a group; remove a person who left, or has only asked to join."""
    key = {"audience": group_audience(event.group.id), "person_id": event.person_id}
    if event.state in ("member", "moderator"):
        _upsert(session, GroupMember, key, {"state": event.state}, first={"since": at})
    else:
        session.execute(delete(GroupMember).filter_by(**key))


def save_group(session: Session, group: GroupState) -> None:
    """Note whether the words of a group may be in mails to its members."""
    key = {"audience": group_audience(group.id)}
    if group.words_leave():
        _upsert(session, GroupByMail, key, {})
    else:
        session.execute(delete(GroupByMail).filter_by(**key))


def moderators(session: Session, group_id: str, at: datetime) -> list[str]:
    """The ids of the moderators of a group who were in it at a given time."""
    return list(
        session.scalars(
            select(GroupMember.person_id).where(
                GroupMember.audience == group_audience(group_id),
                GroupMember.state == "moderator",
                GroupMember.since <= at,
            )
        )
    )


def save_topic(session: Session, topic: TopicState) -> None:
    """Store a topic's titles."""
    values = {"original_language": topic.original_language, "titles": rules.titles(topic.versions)}
    _upsert(session, Topic, {"id": topic.id}, values)


def titles_of(session: Session, topic_id: str) -> dict[str, str]:
    """The titles of a topic by language."""
    return session.get_one(Topic, topic_id).titles


def titles_of_topic(session: Session, post: PostState) -> Titles:
    """The titles of a post's topic."""
    return titles_of_topics(session, [post])[post.topic_id]


def titles_of_topics(session: Session, posts: Iterable[PostState]) -> dict[str, Titles]:
    """The titles of the topics of these posts, by the topics' ids."""
    found: dict[str, Titles] = {
        post.topic_id: ({post.language: post.topic_title}, post.language) for post in posts
    }
    known = select(Topic.id, Topic.titles, Topic.original_language).where(Topic.id.in_(list(found)))
    found.update({row.id: (row.titles, row.original_language) for row in session.execute(known)})
    return found


def save_post(session: Session, post: PostState) -> list[list[str]]:
    """Store a post's author and mentions, and return those that it did not have before, as `mentions_of` does."""
    return save_posts(session, [post])[post.id]


def save_posts(session: Session, posts: Iterable[PostState]) -> dict[str, list[list[str]]]:
    """`save_post` for several posts with different ids; what it returns by their ids."""
    mentioned = {
        post.id: mentions_of(post.body) if post.mentions and not post.deleted else [] for post in posts
    }
    known = select(Post.id, Post.mentions).where(
        Post.id.in_([id for id, found in mentioned.items() if found])
    )
    before = {row.id: set(row.mentions) for row in session.execute(known)} if any(mentioned.values()) else {}
    rows = [
        {"id": post.id, "author_id": post.author_id, "mentions": [keys[0] for keys in mentioned[post.id]]}
        for post in posts
    ]
    statement = _insert(session)(Post)
    new = {name: statement.excluded[name] for name in ("author_id", "mentions")}
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=new), rows)
    session.expire_all()
    return {
        id: [keys for keys in found if keys[0] not in before.get(id, ())] for id, found in mentioned.items()
    }


def mentions_of(body: str) -> list[list[str]]:
    """The first `rules.MENTIONS_NOTIFIED` different mentions of a text: the name keys of the possible names of each,
    the longest first."""
    found: dict[str, list[str]] = {}
    for candidates in mention_candidates(body):
        keys = [name_key(name) for name in candidates]
        found.setdefault(keys[0], keys)
    return list(found.values())[: rules.MENTIONS_NOTIFIED]


def authors_of(session: Session, post_ids: Iterable[str]) -> dict[str, str]:
    """The ids of the authors of these posts, by the posts' ids."""
    wanted = list(post_ids)
    if not wanted:
        return {}
    rows = session.execute(select(Post.id, Post.author_id).where(Post.id.in_(wanted)))
    return {row.id: row.author_id for row in rows}


def people_mentioned(session: Session, author_id: str, mentioned: list[list[str]], at: datetime) -> set[str]:
    """The ids of the people whom a text of this time mentions (`mentions_of`) and who had joined by then: as many as
    its author may notify. Of several possible names the longest that somebody has is meant."""
    if not mentioned:
        return set()
    joined_at = session.scalar(select(Person.joined_at).where(Person.id == author_id))
    mentioned = mentioned[: rules.mentions_notified(joined_at, at)]
    wanted = {key for keys in mentioned for key in keys}
    rows = session.execute(
        select(Person.name_key, Person.id).where(Person.name_key.in_(wanted), Person.joined_at <= at)
    )
    former = session.execute(
        select(FormerName.name_key, FormerName.person_id).where(
            FormerName.name_key.in_(wanted), FormerName.until > at
        )
    )
    ids = {row.name_key: row.person_id for row in former} | {row.name_key: row.id for row in rows}
    return {ids[key] for keys in mentioned if (key := next(filter(ids.__contains__, keys), None))}


def save_event(session: Session, event: EventState) -> dict[str, Any] | None:
    """Store an event's plan (`rules.plan_of`) and return the previous one, None if there was none."""
    before: dict[str, Any] | None = session.scalar(select(EventSeen.plan).where(EventSeen.id == event.id))
    _upsert(session, EventSeen, {"id": event.id}, {"plan": rules.plan_of(event)})
    return before


def note_deleted(session: Session, item: str, deleted: bool) -> None:
    """Note that an item is deleted, or is not any more."""
    session.execute(delete(DeletedItem).where(DeletedItem.item == item))
    if deleted:
        session.add(DeletedItem(item=item))
        session.flush()


def is_deleted(session: Session, *items: str) -> bool:
    """Whether one of these items is deleted."""
    found = select(DeletedItem.item).where(DeletedItem.item.in_(items))
    return session.scalar(found.limit(1)) is not None


def save_attendance(session: Session, event: AttendanceChanged, at: datetime) -> None:
    """Store or remove a person's attendance of one date, also of who waits for a seat."""
    key = {"event_id": event.event.id, "occurrence": event.occurrence, "person_id": event.person_id}
    if event.attending is None and not event.waiting:
        session.execute(delete(Attendance).filter_by(**key))
    else:
        _upsert(session, Attendance, key, {}, first={"since": at})


def upcoming_attendees(session: Session, event: EventState, at: datetime) -> set[str]:
    """The ids of the people who, by a given time, had said that they attend a date that lies ahead, may attend it, or
    wait for a seat at it."""
    rows = session.execute(
        select(Attendance.person_id, Attendance.occurrence).where(
            Attendance.event_id == event.id, Attendance.since <= at
        )
    )
    return {row.person_id for row in rows if rules.is_upcoming(event, row.occurrence)}


def auto_follow(session: Session, follows: Iterable[rules.NewFollow]) -> list[str]:
    """Let people follow targets at the normal level, unless they follow or muted them already; of the same ones the
    first counts. Returns who follows more than before."""
    rows = [
        {"person_id": person_id, "kind": kind, "target": target, "level": "normal", "since": at}
        for person_id, (kind, target), at in follows
    ]
    # In a rebuild other services' events may come after the one that somebody has vanished.
    gone = recipients.refusals(session, {str(row["person_id"]) for row in rows}, ())
    rows = [row for row in rows if (row["person_id"], ANYBODY) not in gone]
    if not rows:
        return []
    inserted = _insert(session)(Follow).on_conflict_do_nothing().returning(Follow.person_id)
    people = session.scalars(inserted, rows).all()
    session.expire_all()
    return sorted(set(people))


def save_follow(session: Session, person_id: str, target: rules.Target, level: Level, at: datetime) -> None:
    """Let a person follow a target at this level from `at` on; a follow that exists keeps its `since`."""
    kind, followed = target
    key = {"person_id": person_id, "kind": kind, "target": followed}
    _upsert(session, Follow, key, {"level": level}, first={"since": at})


def _upsert(
    session: Session,
    table: type[Base],
    key: dict[str, str],
    values: dict[str, Any],
    first: dict[str, Any] | None = None,
) -> None:
    """Insert a row, or update it with `values`. The values in `first` are written only with a new row."""
    statement = _insert(session)(table).values(**key, **values, **(first or {}))
    if values:
        session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))
    else:
        session.execute(statement.on_conflict_do_nothing(index_elements=list(key)))
    # The statement bypasses the session: rows that it has loaded may be out of date.
    session.expire_all()


def _insert(session: Session) -> Any:
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
