"""Publishes the present state of what a migration has changed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from bus.eventlog.stale import Publish
from contracts.people import GroupChanged
from services.people import views
from services.people.actions.names import append_person_changed
from services.people.tables import Group, Person


def publish_person(session: Session, person_id: str) -> None:
    """A person's whole state."""
    append_person_changed(session, session.get_one(Person, person_id, with_for_update=True))


def publish_group(session: Session, group_id: str) -> None:
    """A group with its texts."""
    row = session.get_one(Group, group_id, with_for_update=True)
    append_event(session, GroupChanged(group=views.group_state(row)))


PUBLISHERS: dict[str, Publish] = {"person": publish_person, "group": publish_group}
