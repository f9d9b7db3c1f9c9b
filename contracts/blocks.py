"""Blocking and muting people: of whose acts somebody wants to be told nothing."""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol

from pydantic import AwareDatetime

from contracts.common import Command, Cursor, Event, Page, PageSize, View, also_silenced, safe
from core.audience import MEMBERS, Viewer

BlockLevel = Literal["mute", "block"]
"""`mute`: what they do makes no notification, and what they wrote is collapsed. `block`: besides, they can't invite the
person, and no longer follow them."""


class BlockView(View):
    """One person whom the viewer has blocked or muted. Nobody else sees it, and they are not told."""

    person_id: str
    level: BlockLevel
    since: AwareDatetime


class BlockPerson(Command):
    """Block or mute somebody. Faults: `block-self`."""

    level: BlockLevel


class BlockChanged(Event):
    """Somebody blocked or muted another person, or no longer does (`level` None)."""

    type: ClassVar[str] = "people.block.changed"
    person_id: str
    other_id: str
    level: BlockLevel | None

    def subject(self) -> str:
        return f"person/{self.person_id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway tells nobody.
        return MEMBERS


class BlocksApi(Protocol):
    """The calls about blocks, a part of `contracts.people.PeopleApi`."""

    @also_silenced
    def block(self, viewer: Viewer, name: str, command: BlockPerson) -> BlockView:
        """Block or mute somebody, or change which of the two. Raises `Conflict("blocks-many")`."""

    @also_silenced
    def unblock(self, viewer: Viewer, name: str) -> None:
        """Neither block nor mute somebody any more."""

    @also_silenced
    def lift(self, viewer: Viewer, name: str, level: BlockLevel) -> None:
        """No longer do to somebody what `level` says; who does the other of the two goes on with that."""

    @safe
    def blocks(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[BlockView]:
        """Whom the viewer has blocked or muted, the newest first."""

    @safe
    def blocks_of(
        self, viewer: Viewer, level: BlockLevel, after: Cursor | None, limit: PageSize
    ) -> Page[BlockView]:
        """To whom the viewer does what `level` says, the newest first."""

    @safe
    def blocked_ids(self, viewer: Viewer) -> list[str]:
        """The ids of all whom the viewer has blocked or muted."""


__all__ = ["BlockChanged", "BlockLevel", "BlockPerson", "BlockView", "BlocksApi"]
