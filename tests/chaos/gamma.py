"""A third service, which handles the same events as beta and never fails."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bus.entrypoints import on
from bus.service import Service
from contracts.common import Recorded
from tests.bus.harness import Noted, copied


class GammaService(Service):
    name = "gamma"

    @on(Noted, many=True)
    def noted(self, session: Session, pairs: Sequence[tuple[Noted, Recorded]]) -> None:
        session.execute(
            insert(copied), [{"seq": recorded.seq, "text": event.text} for event, recorded in pairs]
        )
