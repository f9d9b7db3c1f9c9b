"""Other services in beta's place."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from bus.entrypoints import on
from contracts.common import Recorded
from tests.bus.harness import BetaService, BulkService, Noted
from tests.chaos import control


class FaultyBeta(BetaService):
    """Does what none may, to show that the check sees it."""

    name = "beta"
    lost: ClassVar[str] = ""
    doubled: ClassVar[str] = ""

    @on(Noted)
    def noted(self, session: Session, event: Noted, recorded: Recorded) -> None:
        if event.text != self.lost:
            super().noted(session, event, recorded)
        if event.text == self.doubled:
            super().noted(session, event, recorded)


class SlowBulk(BulkService):
    """Takes many at once, as slowly as beta takes them one by one, and quickly once it is no longer slow."""

    name = "beta"

    @on(Noted, many=True)
    def noted(self, session: Session, pairs: Sequence[tuple[Noted, Recorded]]) -> None:
        super().noted(session, pairs)
        for _ in pairs:
            if BetaService.slowness:
                time.sleep(BetaService.slowness)


def beta_of(home: Path) -> Any:
    """Which of them the scenario of this home wants."""
    words = control.words(home)
    if "broken" in words:
        FaultyBeta.lost, FaultyBeta.doubled = words["broken"]
        return FaultyBeta
    return SlowBulk if "slowness" in words else BetaService
