"""Replicas of what notify must know of other services, updated from the state in their events.

Each function may be given the same state again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from contracts.events import AttendanceChanged, EventState
from contracts.forum import PostState, TopicState
from contracts.people import MembershipChanged, PersonState
from core.audience import group_audience
from services.notify import rules
from services.notify.tables import Attendance, Base, EventSeen, Follow, GroupMember, Person, Post, Topic
from services.shared.names import name_key


def keep_person(session: Session, person: PersonState) -> None:
    """Keep a person's name and the languages that they read."""
    wanted = [person.interface_language, *person.languages]
    languages = list(dict.fromkeys(code for code in wanted if code))
    values = {
        "name_key": name_key(person.name),
        "languages": languages,
        "joined_at": person.joined_at,
    }
    _keep(session, Person, {"id": person.id}, values)


def keep_member(session: Session, event: MembershipChanged, at: datetime) -> None:
    """Keep who is in a group; who asked or left is not."""
    key = {"audience": group_audience(event.group.id), "person_id": event.person_id}
    if event.state in ("member", "moderator"):
        _keep(session, GroupMember, key, {"state": event.state}, first={"since": at})
    else:
        session.execute(delete(GroupMember).filter_by(**key))


def moderators(session: Session, group_id: str, at: datetime) -> list[str]:
    """Who moderates a group, and was in it `at` that time."""
    return list(
        session.scalars(
            select(GroupMember.person_id).where(
                GroupMember.audience == group_audience(group_id),
                GroupMember.state == "moderator",
                GroupMember.since <= at,
            )
        )
    )


def keep_topic(session: Session, topic: TopicState) -> None:
    """Keep a topic's titles."""
    values = {"original_language": topic.original_language, "titles": rules.titles(topic.versions)}
    _keep(session, Topic, {"id": topic.id}, values)


def titles_of_topic(session: Session, post: PostState) -> tuple[dict[str, str], str]:
    """The titles of a post's topic by language, and its original language."""
    topic = session.get(Topic, post.topic_id)
    if topic is None:
        return {post.language: post.topic_title}, post.language
    return topic.titles, topic.original_language


def keep_post(session: Session, post: PostState) -> set[str]:
    """Keep who wrote a post and whom it mentions; returns the keys of the names that it did not mention before."""
    mentioned = [] if post.deleted else mention_keys(post.mentions)
    before = session.scalar(select(Post.mentions).where(Post.id == post.id)) or []
    _keep(session, Post, {"id": post.id}, {"author_id": post.author_id, "mentions": mentioned})
    return set(mentioned) - set(before)


def mention_keys(names: Iterable[str]) -> list[str]:
    """The keys of the first so many names, each once."""
    return list(dict.fromkeys(name_key(name) for name in names))[: rules.MENTIONS_NOTIFIED]


def authors_of(session: Session, post_ids: Iterable[str]) -> set[str]:
    """Who wrote these posts."""
    wanted = list(post_ids)
    return set(session.scalars(select(Post.author_id).where(Post.id.in_(wanted)))) if wanted else set()


def named(session: Session, keys: Iterable[str], at: datetime) -> set[str]:
    """The ids of the people with these names who were there `at` that time."""
    wanted = list(keys)
    if not wanted:
        return set()
    return set(session.scalars(select(Person.id).where(Person.name_key.in_(wanted), Person.joined_at <= at)))


def keep_event(session: Session, event: EventState) -> dict[str, Any] | None:
    """Keep an event's plan; returns the one before, None for an event that is new here."""
    before: dict[str, Any] | None = session.scalar(select(EventSeen.plan).where(EventSeen.id == event.id))
    _keep(session, EventSeen, {"id": event.id}, {"plan": rules.plan_of(event)})
    return before


def keep_attendance(session: Session, event: AttendanceChanged, at: datetime) -> None:
    """Keep who comes to which date."""
    key = {"event_id": event.event.id, "occurrence": event.occurrence, "person_id": event.person_id}
    if event.attending is None:
        session.execute(delete(Attendance).filter_by(**key))
    else:
        _keep(session, Attendance, key, {}, first={"since": at})


def coming_to(session: Session, event: EventState, at: datetime) -> set[str]:
    """Who had said by then that they come, or may come, to a date of the event that lies ahead."""
    rows = session.execute(
        select(Attendance.person_id, Attendance.occurrence).where(
            Attendance.event_id == event.id, Attendance.since <= at
        )
    )
    return {row.person_id for row in rows if rules.still_ahead(event, row.occurrence)}


def follow_by_itself(session: Session, person_id: str, target: rules.Target, at: datetime) -> None:
    """Let somebody follow what they take part in, unless they have said how they follow it."""
    kind, followed = target
    key = {"person_id": person_id, "kind": kind, "target": followed}
    _keep(session, Follow, key, {}, first={"level": "normal", "since": at})


def _keep(
    session: Session,
    table: type[Base],
    key: dict[str, str],
    values: dict[str, Any],
    first: dict[str, Any] | None = None,
) -> None:
    """Insert a row or give it new `values`; what is in `first` is written with a new row only."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**key, **values, **(first or {}))
    if values:
        session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))
    else:
        session.execute(statement.on_conflict_do_nothing(index_elements=list(key)))
    # Rows that the session has read may be older than what was just written.
    session.expire_all()
