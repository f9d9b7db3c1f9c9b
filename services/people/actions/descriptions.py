"""Stores what is made of the descriptions of people and groups, and renews what an earlier renderer made."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.cooked_columns import of_other_renderers, set_cooked
from services.people.tables import GroupWords, Person

_NO_LANGUAGE = "en"
"""Of whose wiki a link is, in the description of somebody who named no language."""


def render_person(person: Person) -> None:
    """Store the HTML of a person's description."""
    set_cooked(person, person.about, person.languages[0] if person.languages else _NO_LANGUAGE)


def render_group(words: GroupWords) -> GroupWords:
    """Store the HTML and the beginning of a group's description."""
    words.excerpt = set_cooked(words, words.about, words.language).excerpt
    return words


def recook_people(session: Session, limit: int) -> int:
    """Renew up to `limit` descriptions of people; returns how many it were. 0 when all are renewed."""
    people = session.scalars(of_other_renderers(Person, limit)).all()
    for person in people:
        render_person(person)
    return len(people)


def recook_groups(session: Session, limit: int) -> int:
    """Renew up to `limit` descriptions of groups; returns how many it were. 0 when all are renewed."""
    groups = session.scalars(of_other_renderers(GroupWords, limit)).all()
    for words in groups:
        render_group(words)
    return len(groups)
