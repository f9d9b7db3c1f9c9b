"""Claims names, and publishes whose name has to be told apart from another's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import invalid
from contracts.people import PersonChanged
from core.audience import Viewer
from core.database import insert_or_ignore
from core.names import name_key
from services.people import queries, rules, views
from services.people.tables import DisplayLookAlike, NameLookAlike, Person


def append_person_changed(session: Session, person: Person) -> None:
    """Append the event with the person's whole state."""
    state = views.person_state(person, queries.ambiguous(session, [person]))
    append_event(session, PersonChanged(person=state))
    if (hidden := views.hidden_languages(person)) is not None:
        append_event(session, hidden)


def locked_by_name(session: Session, name: str) -> Person:
    """The person of that name, locked: an event appended for them must not repeat a profile that changes meanwhile."""
    person = rules.known(queries.person_named(session, name))
    session.refresh(person, with_for_update=True)
    return person


def add_account(session: Session, viewer: Viewer, person: Person) -> None:
    """Insert a person and append the event. Raises as `claim_name` does."""
    claim_name(session, viewer, person, person.name)


def claim_name(session: Session, viewer: Viewer, person: Person, name: str) -> None:
    """Give a person this name, which `rules.checked_name` made, and append the event.

    Raises `name-taken`, and `name-look-alike` if it looks like another account's; administrators and imports may give
    such names.
    """
    exclusive = not rules.unlimited(viewer)
    keys = rules.look_alike_keys(name)
    _check_free(session, person.id, name, exclusive)
    with _namesakes_published(session, keys, person.id):
        try:
            with session.begin_nested():
                person.name, person.name_key = name, name_key(name)
                session.add(person)
                session.flush()
                theirs = select(NameLookAlike.key).where(NameLookAlike.person_id == person.id)
                new = keys.difference(session.scalars(theirs))
                rows = [{"key": key, "person_id": person.id} for key in sorted(new)]
                if not exclusive:
                    insert_or_ignore(session, cast(Table, NameLookAlike.__table__), rows)
                elif rows:
                    session.execute(insert(NameLookAlike), rows)
        except IntegrityError:  # another transaction was faster
            _check_free(session, person.id, name, exclusive)
            raise invalid("name", "name-taken") from None
        append_person_changed(session, person)


def release_look_alikes(session: Session, person: Person, names: Iterable[str]) -> None:
    """Let a person have only the keys of these names, and append the event."""
    kept = frozenset().union(*map(rules.look_alike_keys, names))
    theirs = select(NameLookAlike.key).where(NameLookAlike.person_id == person.id)
    gone = [key for key in session.scalars(theirs) if key not in kept]
    with _namesakes_published(session, gone, person.id):
        session.execute(delete(NameLookAlike).where(NameLookAlike.key.in_(gone)))
        append_person_changed(session, person)


def set_display_name(session: Session, viewer: Viewer, person: Person, display_name: str) -> None:
    """Change the display name, without the event for the person. Raises what `rules.checked_display_name` does."""
    new = rules.checked_display_name(display_name, person.name, viewer)
    keys = rules.look_alike_keys(new)
    with _namesakes_published(session, keys | rules.look_alike_keys(person.display_name), person.id):
        person.display_name = new
        session.execute(delete(DisplayLookAlike).where(DisplayLookAlike.person_id == person.id))
        if keys:
            session.execute(
                insert(DisplayLookAlike), [{"key": key, "person_id": person.id} for key in sorted(keys)]
            )
        session.flush()


@contextmanager
def _namesakes_published(session: Session, keys: Collection[str], besides: str) -> Iterator[None]:
    """Append an event for each other person with one of these keys who is ambiguous after the block and was not
    before, or the reverse."""
    people = queries.only_ones_shown_as(session, keys, besides)
    before = queries.ambiguous(session, people)
    yield
    changed = before ^ queries.ambiguous(session, people)
    for person in people:
        if person.id in changed:
            append_person_changed(session, person)


def _check_free(session: Session, person_id: str, name: str, exclusive: bool) -> None:
    # In this order: a name that is given up at this moment is seen as one or the other.
    named = queries.person_named(session, name)
    if {named.id if named else None, queries.former_owner(session, name)} - {None, person_id}:
        raise invalid("name", "name-taken")
    if queries.is_reserved(session, "name", [name_key(name)]):
        raise invalid("name", "name-taken")
    if exclusive and (
        queries.has_look_alike(session, name, besides=person_id)
        or queries.is_reserved(session, "look-alike", rules.look_alike_keys(name))
    ):
        raise invalid("name", "name-look-alike")
