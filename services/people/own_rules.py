"""Decisions of people about an account as a whole: what becomes of its name, and vanishing."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal, cast, get_args

from contracts.errors import TooMany, invalid
from contracts.people import FieldAudience, ProfileField
from core import clock
from core.audience import Viewer
from core.names import name_key
from services.shared.limits import Allowance
from services.shared.web_addresses import is_web_address

NAME_KEPT = timedelta(days=365)
"""How long a former name leads to its person, or is nobody's."""

RENAMED_EVERY = timedelta(days=30)


EXPORTS_OF_A_PERSON = Allowance(burst=3, every=timedelta(hours=1))
"""Each reads all that a person ever wrote."""


BLOCKS_EACH = 500
"""The most people whom one may block or mute: every page asks for all of them."""


FIELDS: tuple[ProfileField, ...] = get_args(ProfileField)

_AT_FIRST: dict[ProfileField, FieldAudience] = {"wiki_name": "me"}
"""Who sees a field until the person chooses, where that is not everybody. A wiki account was linked to sign in."""


def audiences_of(chosen: Mapping[str, str]) -> dict[ProfileField, FieldAudience]:
    """Who sees each field of a profile; `chosen`: what the person has chosen."""
    at_first: dict[ProfileField, FieldAudience] = {field: _AT_FIRST.get(field, "public") for field in FIELDS}
    return at_first | cast(dict[ProfileField, FieldAudience], dict(chosen))


def fields_shown(
    chosen: Mapping[str, str], person_id: str, person_groups: Collection[str], viewer: Viewer
) -> frozenset[ProfileField]:
    """The fields of a person's profile that a viewer sees; `chosen`: who sees them, as the person has chosen."""
    allowed = {"public"}
    if viewer.person_id == person_id:
        return frozenset(FIELDS)
    if viewer.signed_in:
        allowed.add("members")
    if not viewer.groups.isdisjoint(person_groups):
        allowed.add("groups")
    return frozenset(field for field, audience in audiences_of(chosen).items() if audience in allowed)


def checked_website(address: str) -> str:
    """An address of a website, or `""`. Raises `url-shape`."""
    if address and not is_web_address(address):
        raise invalid("website", "url-shape")
    return address


def check_rename(renamed_at: datetime | None) -> None:
    """Raise `TooMany("renamed-lately")` to somebody who took their name lately."""
    if renamed_at is None or (wait := renamed_at + RENAMED_EVERY - clock.now()) <= timedelta(0):
        return
    raise TooMany("renamed-lately", params={"days": wait.days + 1, "seconds": int(wait.total_seconds()) + 1})


def check_differs(name: str, before: str) -> None:
    """Raise `name-same` where a new name is the present one."""
    if name == before:
        raise invalid("name", "name-same")


VANISHES_AFTER = timedelta(days=7)
"""How long an account waits that is to vanish; signing in ends the wait."""

_VANISHED = re.compile(r"vanished[-_.]?\d+")
_DIGITS = 8


NameKey = Literal["name", "look-alike"]
"""Of what a reserved name's hash is: of the name's own key, or of one that look-alikes have in common with it."""


def reserved_hash(kind: NameKey, key: str) -> str:
    """What is stored of a key that nobody can take."""
    return hashlib.sha256(f"{kind}\n{key}".encode()).hexdigest()


def vanished_name() -> str:
    """A name for somebody who has vanished: a number that says nothing of them."""
    return f"vanished-{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"


def check_not_vanished(name: str) -> None:
    """Raise `name-reserved` for a name like that of somebody who has vanished."""
    if _VANISHED.fullmatch(name_key(name)):
        raise invalid("name", "name-reserved")
