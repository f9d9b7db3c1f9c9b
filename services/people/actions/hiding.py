"""Hides what members reported until a moderator has read it, and ends that with the moderator's decision."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.deletion import GivenReason
from contracts.moderation import AppealAnswered, DecisionMade
from core import clock
from core.ids import new_id
from services.people import case_rules, case_views, views
from services.people.actions import scores
from services.people.case_tables import Case, CaseDecision
from services.people.queries import report_scores as queries
from services.people.tables import Person


def hide_if_reported(session: Session, case: Case, reason: GivenReason) -> None:
    """Hide the item of a locked case once members' reports have reached the score for it. What people in office wrote
    is not hidden by reports."""
    threshold = queries.scores(session).hide
    reached = case.member_score >= threshold
    if not reached or case.automatic_id or case.held or case.kind not in case_rules.OF_ITEMS:
        return
    person = session.get(Person, case.subject_id) if case.subject_id else None
    if person is not None and set(case_rules.IN_OFFICE) & set(views.roles(person)):
        return
    decision = decision_on(
        case,
        measures=["hide"],
        reason=reason,
        words="",
        at=clock.now(),
        by_id=case_rules.AUTOMATIC,
        office=case_rules.office(case.item_audience),
        part="",
    )
    session.add(decision)
    case.automatic_id = decision.id
    scores.note(case, "hidden", case.member_score, threshold)
    session.flush()
    append_event(session, DecisionMade(decision=case_views.state(decision), person_id=case.subject_id))


def decision_on(case: Case, **made: Any) -> CaseDecision:
    """A new decision on the item of a case."""
    item = ("kind", "item_id", "path", "title", "language", "subject_id", "original_language", "category")
    return CaseDecision(
        id=new_id(),
        audience=case.item_audience,
        case_id=case.id,
        key=secrets.token_urlsafe(24),
        **{name: getattr(case, name) for name in item},
        **made,
    )


def automatic_of(session: Session, case: Case) -> CaseDecision | None:
    """The decision that hid the item of a case, if reports did and no moderator has decided since."""
    row = session.get(CaseDecision, case.automatic_id, with_for_update=True) if case.automatic_id else None
    lasts = row is not None and row.by_id == case_rules.AUTOMATIC and row.overturned_at is None
    return row if lasts else None


def adopt(decision: CaseDecision, automatic: CaseDecision) -> CaseDecision:
    """Let a moderator's decision that hides the item take the place of the automatic one: it has its id, by which the
    item's service knows what hid it."""
    for name in ("measures", "reason", "words", "days", "until", "at", "by_id", "office", "part"):
        setattr(automatic, name, getattr(decision, name))
    return automatic


def show_again(session: Session, automatic: CaseDecision) -> None:
    """Undo it: a moderator has read the item, and does not hide it. Nobody is told of an appeal, for there was none."""
    automatic.overturned_at = clock.now()
    session.flush()
    append_event(session, AppealAnswered(decision=case_views.state(automatic), person_id=None))
