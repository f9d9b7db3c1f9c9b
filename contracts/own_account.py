"""What people do with their account as a whole, and administrators with anybody's: renaming, and vanishing."""

from __future__ import annotations

from typing import Protocol

from pydantic import AwareDatetime, SecretStr

from contracts.administration import Reason
from contracts.common import Command, also_silenced, needs_scope
from contracts.credentials import PersonName, Secret
from core.audience import Viewer


class Rename(Command):
    """Take another name. The present one is kept for a year: nobody else can take it, and it leads to the new one.

    Faults: as of signing up, and `name-same`.
    """

    name: PersonName


class RenamePerson(Rename):
    """Give somebody another name; the reason is logged."""

    reason: Reason


class Vanish(Command):
    """Leave for good: see `OwnAccount.vanish`. Faults: `password-wrong`; `code-needed` and `code-wrong` where the
    account has a second factor."""

    password: Secret
    code: Secret = SecretStr("")


class VanishPerson(Command):
    """Let somebody vanish at once; the reason is logged."""

    reason: Reason


class OwnAccount(Protocol):
    """The calls about an account as a whole."""

    def rename(self, viewer: Viewer, command: Rename) -> str:
        """Take another name; returns it as it is stored. Raises `TooMany("renamed-lately")` within 30 days."""

    @needs_scope("moderate")
    def rename_person(self, viewer: Viewer, name: str, command: RenamePerson) -> str:
        """Give somebody another name; returns it as it is stored. Administrators only."""

    @also_silenced
    def vanish(self, viewer: Viewer, command: Vanish) -> AwareDatetime:
        """Have one's account vanish in seven days, unless one signs in before that; returns when. All sessions and
        tokens end now.

        What the person wrote stays, under a name that says nothing; everything else of them is deleted, in every
        service (`contracts.people.PersonVanished`). Raises `Conflict("last-administrator")`.
        """

    @needs_scope("moderate")
    def vanish_person(self, viewer: Viewer, name: str, command: VanishPerson) -> str:
        """Let somebody vanish at once; returns the name that they have then. Administrators only. Raises as `vanish`
        does."""


__all__ = ["OwnAccount", "Rename", "RenamePerson", "Vanish", "VanishPerson"]
