"""A test contract: what was published, and changes that somebody may make."""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol

from pydantic import AwareDatetime, NaiveDatetime

from contracts.common import Command, Event, View
from core.audience import PUBLIC


class Kite(View):
    name: str
    colour: Literal["red", "blue"]
    length: int = 10
    tails: tuple[str, ...] = ()


class Flown(Event):
    """The first release."""

    type: ClassVar[str] = "toys.kite.flown"
    kite: Kite
    at: AwareDatetime
    height: int | None = None

    def subject(self) -> str:
        return f"kite/{self.kite.name}"

    def audience(self) -> str:
        return PUBLIC


class FlownHigher(Flown):
    """A new field with a default."""

    wind: str = ""


class FlownNeedy(Flown):
    """A new field without a default."""

    wind: str


class FlownFloat(Flown):
    height: float | None = None  # type: ignore[assignment]


class FlownSure(Flown):
    height: int = 0


class FlownAnywhen(Flown):
    at: NaiveDatetime


class Kite2(Kite):
    colour: Literal["red", "blue", "green"]  # type: ignore[assignment]


class Kite3(Kite):
    colour: Literal["red"]


class FlownGreen(Flown):
    kite: Kite2


class FlownRed(Flown):
    kite: Kite3


class FlownShort(Event):
    """A field was removed without a new version."""

    type: ClassVar[str] = "toys.kite.flown"
    kite: Kite
    at: AwareDatetime

    def subject(self) -> str:
        return f"kite/{self.kite.name}"

    def audience(self) -> str:
        return PUBLIC


class FlownAnew(FlownShort):
    """The second version: `how_high` replaces `height`."""

    version: ClassVar[int] = 2
    how_high: str


class FlyKite(Command):
    name: str
    colour: Literal["red", "blue"] = "red"


class FlyKiteWider(Command):
    name: str
    colour: Literal["red", "blue", "green"] = "red"
    string: int | None = None


class FlyKiteNarrower(Command):
    name: str
    colour: Literal["red"] = "red"


class ToysApi(Protocol):
    def fly(self, kite: FlyKite, high: bool) -> Kite: ...
    def kites(self) -> list[Kite]: ...
