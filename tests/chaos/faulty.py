"""A listener that does what none may: to show that the check sees it."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy.orm import Session

from bus.entrypoints import on
from contracts.common import Recorded
from tests.bus.toy import BetaService, Noted


class FaultyBeta(BetaService):
    name = "beta"
    lost: ClassVar[str] = ""
    doubled: ClassVar[str] = ""

    @on(Noted)
    def noted(self, session: Session, event: Noted, recorded: Recorded) -> None:
        if event.text != self.lost:
            super().noted(session, event, recorded)
        if event.text == self.doubled:
            super().noted(session, event, recorded)
