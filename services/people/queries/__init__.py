"""Reads of people: accounts and profiles, groups and their members."""

from services.people.queries.administration import administration_log, people_found
from services.people.queries.former_names import former_owner, person_once_named
from services.people.queries.groups import (
    group,
    groups,
    groups_by_id,
    groups_of_person,
    known_group,
    members,
    own_address,
    person_in,
    person_named,
    state_in,
    view_of,
)
from services.people.queries.look_alikes import ambiguous, has_look_alike, only_ones_shown_as
from services.people.queries.people import (
    cards,
    cards_by_name,
    me,
    password_of,
    people,
    person,
    session_wants_renewal,
    token_use_is_noted,
    tokens,
    viewer_of_person,
    viewer_of_session,
    viewer_of_token,
)
from services.people.queries.second_factor import challenged, recovery_codes_left, second_factor_of
from services.people.queries.sessions import confirmation, known_link, people_to_reset, reset, sessions
from services.people.queries.site import current_version, sign_up_open, site, site_revisions, site_state
from services.people.queries.wiki_accounts import linked, wiki_account_of

__all__ = [
    "administration_log",
    "ambiguous",
    "cards",
    "cards_by_name",
    "challenged",
    "confirmation",
    "current_version",
    "former_owner",
    "group",
    "groups",
    "groups_by_id",
    "groups_of_person",
    "has_look_alike",
    "known_group",
    "known_link",
    "linked",
    "me",
    "members",
    "only_ones_shown_as",
    "own_address",
    "password_of",
    "people",
    "people_found",
    "people_to_reset",
    "person",
    "person_in",
    "person_named",
    "person_once_named",
    "recovery_codes_left",
    "reset",
    "second_factor_of",
    "session_wants_renewal",
    "sessions",
    "sign_up_open",
    "site",
    "site_revisions",
    "site_state",
    "state_in",
    "token_use_is_noted",
    "tokens",
    "view_of",
    "viewer_of_person",
    "viewer_of_session",
    "viewer_of_token",
    "wiki_account_of",
]  # fmt: skip
