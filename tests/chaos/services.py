"""Services that can take the place of beta."""

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
    """Loses an event and handles another twice, to show that the check finds it."""

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
    """Handles events in batches; while it is slow, as slowly as beta does one by one."""

    name = "beta"

    @on(Noted, many=True)
    def noted(self, session: Session, pairs: Sequence[tuple[Noted, Recorded]]) -> None:
        super().noted(session, pairs)
        for _ in pairs:
            if BetaService.slowness:
                time.sleep(BetaService.slowness)


def beta_of(home: Path) -> Any:
    """The service that the scenario with this folder uses as beta."""
    settings = control.read(home)
    if "broken" in settings:
        FaultyBeta.lost, FaultyBeta.doubled = settings["broken"]
        return FaultyBeta
    return SlowBulk if "slowness" in settings else BetaService
