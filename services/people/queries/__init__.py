"""Reads of people: accounts and profiles, groups and their members."""

from services.people.queries.groups import (
    group,
    groups,
    groups_by_id,
    groups_of_person,
    known_group,
    members,
    person_in,
    person_named,
    state_in,
    view_of,
)
from services.people.queries.people import (
    cards,
    cards_by_name,
    me,
    password_of,
    people,
    person,
    session_wants_renewal,
    tokens,
    viewer_of_person,
    viewer_of_session,
    viewer_of_token,
)

__all__ = [
    "cards", "cards_by_name", "group", "groups", "groups_by_id", "groups_of_person", "known_group", "me",
    "members", "password_of", "people", "person", "person_in", "person_named", "session_wants_renewal",
    "state_in", "tokens", "view_of", "viewer_of_person", "viewer_of_session", "viewer_of_token",
]  # fmt: skip
