"""Forgets people who have vanished."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_events
from bus.eventlog.redaction import forget_requests, naming, redact
from bus.eventlog.schema import event_log
from contracts.notify import Notified
from contracts.people import PersonVanished
from services.notify.actions import delivery, searches
from services.notify.tables import ANYBODY, Base, Follow, Notification, Person, Refusal


def forget(session: Session, event: PersonVanished) -> None:
    """Delete a person's rows of all tables, and who follows them; note that nothing is to be stored of them."""
    person = event.person
    theirs = select(Follow.target).where(Follow.person_id == person.id, Follow.kind == "search")
    searched = session.scalars(theirs).all()
    for table in Base.metadata.sorted_tables:
        if "person_id" in table.c:
            session.execute(delete(table).where(table.c.person_id == person.id))
    session.execute(delete(Person).where(Person.id == person.id))
    of_them = delete(Follow).where(Follow.kind == "person", Follow.target == person.id)
    followers = session.scalars(of_them.returning(Follow.person_id)).all()
    session.execute(delete(Refusal).where(Refusal.actor_id == person.id))
    session.execute(insert(Refusal).values(person_id=person.id, actor_id=ANYBODY))
    named = update(Notification).where(Notification.item.in_(event.cited))
    readers = session.scalars(named.values(title=person.name).returning(Notification.person_id)).all()
    forget_requests(session, person.id)
    of_readers = _told({*readers})
    for which in (_told({person.id}), *(of_readers & naming(each) for each in _ids(event.cited))):
        redact(session, which, lambda data: data | {"notification": None})
    unfollowed = searches.forget_unfollowed(session, searched)
    for each in unfollowed:
        of_search = (event_log.c.type == each.type) & (event_log.c.subject == each.subject())
        redact(session, of_search, lambda data: data | {"query": ""})
    session.expire_all()
    if unfollowed:
        append_events(session, unfollowed)
    delivery.publish_follows(session, followers)


def _told(person_ids: Collection[str]) -> ColumnElement[bool]:
    """The events that tell these people something."""
    subjects = [f"person/{each}" for each in sorted(person_ids)]
    return (event_log.c.type == Notified.type) & event_log.c.subject.in_(subjects)


def _ids(subjects: list[str]) -> list[str]:
    return [each.partition("/")[2] for each in subjects]
