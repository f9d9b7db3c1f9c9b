"""From which scores of reports on something happens by itself, as administrators set it."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import Field

from contracts.administration import Reason
from contracts.common import Command, View, needs_scope, safe
from core.audience import Viewer

FIRST_LEAST, HIDE_LEAST, MOST = 10, 40, 1000
"""The least and the most that a score may be. 40 is more than two members' reports weigh, whoever they are: none can
hide an item by themselves."""


class ReportScores(View):
    """`first`: from this score of its reports on a case comes first in the queue. `hide`: from this score of members'
    reports on an item is hidden until a moderator has read it. A member of whom nothing is known counts 10."""

    first: Annotated[int, Field(ge=FIRST_LEAST, le=MOST)] = 30
    hide: Annotated[int, Field(ge=HIDE_LEAST, le=MOST)] = 60


class ReportScoresView(ReportScores):
    """The scores, for administrators, with the revision: 0 where nothing was set yet."""

    revision: int = 0


class SetReportScores(Command):
    """Set the scores. Reports that come from then on are compared with them. Faults: `scores-order` where an item would
    be hidden before its case comes first. A stale `revision` is `Conflict("edit-conflict")`."""

    scores: ReportScores
    revision: int
    reason: Reason


class ReportScoresAdministration(Protocol):
    """The calls about scores, a part of `contracts.people.PeopleApi`."""

    @safe
    def report_scores(self, viewer: Viewer) -> ReportScoresView:
        """Administrators only."""

    @needs_scope("moderate")
    def set_report_scores(self, viewer: Viewer, command: SetReportScores) -> None:
        """Administrators only."""


__all__ = ["ReportScores", "ReportScoresAdministration", "ReportScoresView", "SetReportScores"]
