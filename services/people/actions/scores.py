"""How much reports on an item count together, and what follows from it by itself."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.moderation import AutomaticAction
from core import clock
from core.audience import Viewer
from services.people import case_rules
from services.people.case_tables import Case, CaseDecision, CaseReport
from services.people.queries import report_scores as queries


def weight(session: Session, viewer: Viewer) -> tuple[int, bool]:
    """How much a report of the viewer's counts, and whether it can hide an item: those of strangers and of new people
    can't."""
    if viewer.person_id is None:
        return case_rules.weight_of("stranger", 0, 0), False
    theirs = (
        select(func.count(), func.count(CaseDecision.id))
        .select_from(CaseReport)
        .join(Case, Case.id == CaseReport.case_id)
        .outerjoin(CaseDecision, (CaseDecision.id == Case.decision_id) & CaseDecision.overturned_at.is_(None))
        .where(CaseReport.reporter_id == viewer.person_id, Case.closed_at.is_not(None))
    )
    closed, upheld = session.execute(theirs).one()
    if viewer.in_office:
        return case_rules.weight_of("in-office", closed, upheld), True
    if viewer.is_new:
        return case_rules.weight_of("new", closed, upheld), False
    return case_rules.weight_of("member", closed, upheld), True


def add(session: Session, case: Case, weight: int, may_hide: bool) -> None:
    """Count a report of this weight in its locked case, which comes first from a score on."""
    threshold = queries.scores(session).first
    case.score += weight
    case.member_score += weight if may_hide else 0
    if case.ordinary and case.score >= threshold:
        case.ordinary = False
        note(case, "first", case.score, threshold)


def note(case: Case, action: Literal["first", "hidden"], score: int, threshold: int) -> None:
    """Keep what was done by itself in a case."""
    done = AutomaticAction(action=action, score=score, threshold=threshold, at=clock.now())
    case.automatic = [*(case.automatic or []), done.model_dump(mode="json")]
