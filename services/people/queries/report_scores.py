"""Reads of the scores from which on something happens by itself."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.report_scores import ReportScores, ReportScoresView
from core.audience import Viewer
from services.people.queries.site import current_version
from services.shared.authorisation import check_reads_administration

SCORES = "scores"
"""The kind of the versions; their text is JSON."""


def scores(session: Session) -> ReportScores:
    """The scores as they are now."""
    newest = current_version(session, SCORES, "")
    return ReportScores.model_validate_json(newest.text) if newest else ReportScores()


def report_scores(session: Session, viewer: Viewer) -> ReportScoresView:
    """The same. Raises `Forbidden("administrators-only")`."""
    check_reads_administration(viewer)
    newest = current_version(session, SCORES, "")
    return ReportScoresView(**scores(session).model_dump(), revision=newest.revision if newest else 0)
