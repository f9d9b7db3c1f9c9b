"""Sets the scores from which on something happens by itself, by versions."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.errors import invalid
from contracts.report_scores import SetReportScores
from core.audience import Viewer
from services.people.actions.site import add_version
from services.people.queries.report_scores import SCORES
from services.people.tables import Decision
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator


def set_report_scores(session: Session, viewer: Viewer, command: SetReportScores) -> None:
    """Set the scores. Raises `Forbidden("administrators-only")`, `scores-order`, `Conflict("edit-conflict")`."""
    check_administrator(viewer)
    wanted = command.scores
    if wanted.hide < wanted.first:
        raise invalid("hide", "scores-order")
    if add_version(session, viewer, SCORES, "", wanted.model_dump_json(), command.revision):
        detail = f"{wanted.first} {wanted.hide}"
        session.add(new_decision(Decision, viewer.person_id, "scores-set", "site", detail, command.reason))
