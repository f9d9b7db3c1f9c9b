"""Reads of people: accounts and profiles, groups and their members."""

from services.people.queries.administration import (
    administration_log,
    people_found,
    public_administration,
    role_holders,
    roles_held,
)
from services.people.queries.blocks import has_blocked
from services.people.queries.former_names import former_owner, is_reserved, person_once_named
from services.people.queries.groups import (
    archived_groups,
    group,
    groups,
    groups_by_id,
    groups_of_person,
    known_group,
    members,
    open_invitation,
    own_address,
    person_in,
    person_named,
    state_in,
    view_of,
)
from services.people.queries.look_alikes import ambiguous, has_look_alike, only_ones_shown_as
from services.people.queries.mail import mail_author, mail_recipient
from services.people.queries.passkeys import known_passkeys, passkeys_of
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
from services.people.queries.push import push_recipient
from services.people.queries.second_factor import (
    challenged,
    has_second_factor,
    recovery_codes_left,
    second_factor_of,
)
from services.people.queries.sessions import confirmation, known_link, people_to_reset, reset, sessions
from services.people.queries.site import current_version, sign_up_is, site, site_revisions, site_state
from services.people.queries.wiki_accounts import linked, wiki_account_of

__all__ = [
    "administration_log",
    "ambiguous",
    "archived_groups",
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
    "has_blocked",
    "has_look_alike",
    "has_second_factor",
    "is_reserved",
    "known_group",
    "known_link",
    "known_passkeys",
    "linked",
    "mail_author",
    "mail_recipient",
    "me",
    "members",
    "only_ones_shown_as",
    "open_invitation",
    "own_address",
    "passkeys_of",
    "password_of",
    "people",
    "people_found",
    "people_to_reset",
    "person",
    "person_in",
    "person_named",
    "person_once_named",
    "public_administration",
    "push_recipient",
    "recovery_codes_left",
    "reset",
    "role_holders",
    "roles_held",
    "second_factor_of",
    "session_wants_renewal",
    "sessions",
    "sign_up_is",
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
