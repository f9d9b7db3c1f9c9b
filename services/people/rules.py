"""Decisions of people: what a name may be, who may do what."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import TypeVar

from contracts.errors import Conflict, Forbidden, NotFound, TooMany, invalid
from contracts.people import GroupKind, MemberState
from core import clock, languages, look_alikes
from core.audience import SILENCED, Role, Viewer, part_of_language
from core.guessable import is_guessable
from core.markup import is_name
from core.names import name_key
from core.plain_text import has_invisible
from services.shared import offices
from services.shared.limits import Allowance, limits_hold

SESSION_LIFE = timedelta(days=30)
SIGN_IN_WINDOW = timedelta(minutes=15)
SIGN_IN_TRIES = 10
"""Attempts with one name from one place within the period, successful or not; a success deletes them."""

SIGN_INS_OF_A_NAME = Allowance(burst=20, every=timedelta(minutes=1))
"""Attempts with one name from all unknown devices together: beyond the burst they are slowed down, never locked out."""

FAILURES_OF_A_PEER = Allowance(burst=20, every=timedelta(seconds=30))
"""Attempts from one network with any names; those that succeed are given back."""

SIGN_UPS_OF_A_PEER = Allowance(burst=20, every=timedelta(seconds=30))
"""New accounts from one network: a workshop's participants sign up within minutes."""

GROUPS_A_DAY = 5
TOKENS_EACH = 50
TOKENS_KEPT = timedelta(days=30)
"""How long a token is still listed after it has expired."""

LANGUAGES_EACH = 20
AT_ONCE = 1000
"""The number of cards or groups that one call may ask for."""

INSIDE: frozenset[MemberState] = frozenset({"member", "moderator"})
"""The states of a group's members; a person who has only asked to join is not one."""

INVITATIONS_OF_A_PERSON = Allowance(burst=50, every=timedelta(minutes=30))
"""Invitations to groups that one person sends."""

DECLINED_FOR = timedelta(days=30)
"""How long nobody is invited again to a group whose invitation they declined."""

SIGN_UP_REQUESTS_OF_A_PEER = Allowance(burst=10, every=timedelta(minutes=10))
"""Requests for an account from one network: each needs a wiki account of its own."""

REQUESTS_KEPT = timedelta(days=30)
"""How long a request for an account waits, and how long its answer is kept."""

_RESERVED_SLUGS = frozenset({"new", "invitations", "archived"})
"""Slugs that are pages of their own below `/groups`."""

_LONGEST_KEY = 400
_ID = re.compile(r"[0-9a-z]{16}")
_COUNTRY = re.compile(r"[A-Z]{2}")

_T = TypeVar("_T")


# Limits of the viewer


def unlimited(viewer: Viewer) -> bool:
    """Whether limits and reserved names do not hold: for administrators and imports."""
    return not limits_hold(viewer, "administrator")


def roles_under(scopes: Collection[str] | None, roles: Iterable[Role]) -> frozenset[Role]:
    """The roles of a token with these `scopes`: that of a member without `moderate`, the power over what is others'."""
    held = frozenset(roles)
    return held if may_moderate_by(scopes) else held & {"member"}


def may_moderate_by(scopes: Collection[str] | None) -> bool:
    """Whether a session (None), or a token with these scopes, has the person's powers over what is others'."""
    return scopes is None or "moderate" in scopes


# Names and texts


def checked_name(name: str, viewer: Viewer) -> str:
    """The name as it is stored (NFC). Raises `name-shape`, `name-scripts`, `name-marks`, `name-reserved`."""
    name = unicodedata.normalize("NFC", name.strip())
    if not is_name(name) or has_invisible(name):
        raise invalid("name", "name-shape")
    if look_alikes.mixes_scripts(name):
        raise invalid("name", "name-scripts")
    if look_alikes.piles_marks(name):
        raise invalid("name", "name-marks")
    if is_office(name) and not unlimited(viewer):
        raise invalid("name", "name-reserved")
    return name


def checked_display_name(display_name: str, name: str, viewer: Viewer) -> str:
    """A new display name of the person called `name`. Raises `display-name-at`, `name-marks`, `name-reserved`."""
    if "@" in unicodedata.normalize("NFKC", display_name):  # it could claim to be somebody by their @name
        raise invalid("display_name", "display-name-at")
    if look_alikes.piles_marks(display_name):
        raise invalid("display_name", "name-marks")
    own = name_key(display_name) == name_key(name)
    if is_office(display_name) and not own and not unlimited(viewer):
        raise invalid("display_name", "name-reserved")
    return display_name


def look_alike_keys(name: str) -> frozenset[str]:
    """The keys that two names which look alike have in common, as they are stored."""
    return frozenset(key[:_LONGEST_KEY] for key in look_alikes.look_alike_keys(name))


def is_office(name: str) -> bool:
    """Whether a name is, or looks like, that of an office or of a page of the site."""
    return not look_alike_keys(name).isdisjoint(_office_keys())


@cache
def _office_keys() -> frozenset[str]:
    written = [form for name in offices.NAMES for form in (name, look_alikes.without_accents(name))]
    return frozenset(key for name in written for key in look_alike_keys(name))


def shown_name(name: str, display_name: str, is_ambiguous: bool) -> str:
    """The name to show: with the account's own name if the display name doesn't tell for sure who it is."""
    if not display_name:
        return name
    claims = "@" in unicodedata.normalize("NFKC", display_name)
    claims = claims or (is_office(display_name) and name_key(display_name) != name_key(name))
    return f"{display_name} (@{name})" if is_ambiguous or claims else display_name


def check_password(password: str, name: str, field: str = "password", guessable: bool = False) -> None:
    """Refuse a password that is short, little more than the name, or, unless `guessable`, among the first to be tried.

    Raises `password-short`, `password-like-name`, `password-common`.
    """
    if len(password) < 8:
        raise invalid(field, "password-short", least=8)
    secret, key = name_key(password), name_key(name)
    for own in (key, key[::-1]):
        rest = secret.replace(own, "", 1)
        if own in secret and (len(rest) < 4 or (len(rest) <= 8 and rest.isdecimal())):
            raise invalid(field, "password-like-name")
    if not guessable and is_guessable(password):
        raise invalid(field, "password-common")


def checked_language(code: str, field: str) -> str:
    """The code as it is stored. Raises `language-unknown`."""
    try:
        return languages.normalise(code)
    except ValueError:
        raise invalid(field, "language-unknown", language=code) from None


def checked_languages(codes: list[str], field: str = "languages") -> list[str]:
    """The codes as they are stored, each once. Raises `language-unknown`, `languages-many`."""
    if len(codes) > LANGUAGES_EACH:
        raise invalid(field, "languages-many", most=LANGUAGES_EACH)
    return list(dict.fromkeys(checked_language(code, field) for code in codes))


def checked_country(code: str) -> str:
    """An ISO 3166 code of two letters, or `""`. Raises `country-shape`."""
    code = code.strip().upper()
    if code and not _COUNTRY.fullmatch(code):
        raise invalid("place_country", "country-shape")
    return code


def check_slug(slug: str) -> None:
    """Raises `slug-reserved` for a group's slug that is a page of its own."""
    if slug in _RESERVED_SLUGS:
        raise invalid("slug", "slug-reserved")


# Sanctions


def scopes_of_silenced(held: Collection[str] | None) -> frozenset[str]:
    """What is left of a session's (None) or token's scopes to a silenced person."""
    writes = held is None or "write" in held
    return frozenset({"read", SILENCED} if writes else {"read"} & set(held or ()))


def lasts(until: datetime | None) -> bool:
    """Whether a silence or suspension with this end lasts."""
    return until is not None and until > clock.now()


# Limits


def check_tries(tries: int, seconds_left: float) -> None:
    """Raises `TooMany("sign-in-tries")` when there were too many tries under one name."""
    if tries > SIGN_IN_TRIES:
        raise TooMany("sign-in-tries", params={"seconds": max(int(seconds_left) + 1, 1)})


def check_new_group(viewer: Viewer, created_today: int) -> None:
    """Raises `TooMany("too-many-groups")` for a person who has created as many groups today as are allowed."""
    if created_today >= GROUPS_A_DAY and not unlimited(viewer):
        raise TooMany("too-many-groups", params={"most": GROUPS_A_DAY, "seconds": 24 * 60 * 60})


def invites(used: int, uses: int, expires_at: datetime, revoked_at: datetime | None) -> bool:
    """Whether an invitation to the site still works."""
    return used < uses and expires_at > clock.now() and revoked_at is None


# Arguments of calls


def checked_names(names: list[str]) -> set[str]:
    """The name keys of those that can be names. Raises `too-many-ids`."""
    if len(names) > AT_ONCE:
        raise invalid("names", "too-many-ids", most=AT_ONCE)
    return {name_key(name) for name in names if "\0" not in name}


# Roles


def checked_part(role: Role, part: str) -> str:
    """The part of the site that a role is for, as it is stored, but a group by its slug. Raises `role-whole`,
    `language-unknown`."""
    if role == "administrator":
        raise invalid("role", "role-whole")
    kind, _, name = part.partition(":")
    return part_of_language(checked_language(name, "part")) if kind == "language" else part


# Groups


def knows_of(kind: str, state: MemberState, invited: bool) -> bool:
    """Whether somebody in this `state`, or who was invited, may know that a group of this `kind` exists."""
    return kind != "hidden" or state in INSIDE or invited


def may_see_members(kind: str, members_shown: bool, state: MemberState) -> bool:
    """Whether somebody in this `state` sees who is in a group that they know of."""
    return state in INSIDE or (kind != "hidden" and members_shown)


def check_members_shown(kind: str, members_shown: bool) -> None:
    """Raises `members-open`: anyone could join an open group to see who is in it."""
    if kind == "open" and not members_shown:
        raise invalid("members_shown", "members-open")


def check_not_archived(archived_at: datetime | None) -> None:
    """Raises `Forbidden("group-archived")`."""
    if archived_at is not None:
        raise Forbidden("group-archived")


def may_take_up(viewer: Viewer, kind: str, archived: bool, by_decision: bool, state: MemberState) -> bool:
    """Whether the viewer may take up an archived group again: its moderators, and those of the site if they know it. If
    a decision of the latter archived it (`by_decision`), its own have to appeal."""
    of_site = kind != "hidden" and viewer.may("moderate") and viewer.has("moderator")
    return archived and ((may_moderate(viewer, state) and not by_decision) or of_site)


def check_take_up(takes_up: bool, by_decision: bool) -> None:
    """Raises `Forbidden("group-archived-by-decision")` to its own moderators."""
    if by_decision and not takes_up:
        raise Forbidden("group-archived-by-decision")


def check_invitation(state: MemberState, invited: bool, declined_at: datetime | None) -> None:
    """Raises `Conflict("member-already")`, `"invited-already"`, and a while after it was declined
    `"invitation-declined"`."""
    if state in INSIDE:
        raise Conflict("member-already")
    if declined_at is not None and declined_at > clock.now() - DECLINED_FOR:
        raise Conflict("invitation-declined")
    if invited and declined_at is None:
        raise Conflict("invited-already")


def lasting_slug(slug: str, group_id: str) -> str:
    """A group's slug with its id, as hidden groups have it: nobody can choose it, since `Slug` has no `--`, nor guess
    it."""
    return f"{slug}--{group_id}"


def id_in_slug(slug: str) -> str:
    """The group's id in a `lasting_slug`, `""` for any other slug."""
    return slug.rpartition("--")[2] if "--" in slug else ""


def may_moderate(viewer: Viewer, state: MemberState) -> bool:
    """Whether a viewer in this `state` manages the group: its own moderators; no role of the site does."""
    return state == "moderator" and viewer.may("moderate")


def check_moderator(viewer: Viewer, state: MemberState) -> None:
    """Raises `Forbidden("group-moderators-only")`, or `"scope-missing"` for a moderator's token without the scope."""
    if state != "moderator":
        raise Forbidden("group-moderators-only")
    if not viewer.may("moderate"):
        raise Forbidden("scope-missing", params={"scope": "moderate"})


def may_manage(viewer: Viewer, state: MemberState, person_id: str) -> bool:
    """Whether a viewer in this `state` manages somebody's membership; they leave the group by `leave`."""
    return may_moderate(viewer, state) and viewer.person_id != person_id


def may_join(viewer: Viewer, state: MemberState, archived: bool) -> bool:
    """Whether a viewer in this `state` may join the group, or ask to."""
    return viewer.writes and state == "none" and not archived


def is_own_name(viewer: Viewer, name: str) -> bool:
    """Whether `name` is the viewer's, in any case and form."""
    return viewer.name is not None and name_key(viewer.name) == name_key(name)


def state_after_join(kind: GroupKind, state: MemberState, invited: bool) -> MemberState:
    """The state after joining, of a person who may know of the group."""
    if state in INSIDE:
        return state
    return "member" if kind == "open" or invited else "requested"


def check_moderator_may_go(moderators: int) -> None:
    """A group keeps at least one moderator. Raises `Conflict("last-moderator")`."""
    if moderators <= 1:
        raise Conflict("last-moderator")


def known(found: _T | None) -> _T:
    """The row that was found. Raises `NotFound` for None, also for what may not be known of."""
    if found is None:
        raise NotFound()
    return found
