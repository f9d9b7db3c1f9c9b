"""What people do with their account as a whole, and administrators with anybody's: renaming."""

from __future__ import annotations

from typing import Protocol

from contracts.administration import Reason
from contracts.common import Command, needs_scope
from contracts.credentials import PersonName
from core.audience import Viewer


class Rename(Command):
    """Take another name. The present one is kept for a year: nobody else can take it, and it leads to the new one.

    Faults: as of signing up, and `name-same`.
    """

    name: PersonName


class RenamePerson(Rename):
    """Give somebody another name; the reason is logged."""

    reason: Reason


class OwnAccount(Protocol):
    """The calls about an account as a whole."""

    def rename(self, viewer: Viewer, command: Rename) -> str:
        """Take another name; returns it as it is stored. Raises `TooMany("renamed-lately")` within 30 days."""

    @needs_scope("moderate")
    def rename_person(self, viewer: Viewer, name: str, command: RenamePerson) -> str:
        """Give somebody another name; returns it as it is stored. Administrators only."""


__all__ = ["OwnAccount", "Rename", "RenamePerson"]
