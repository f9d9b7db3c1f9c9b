"""Notes what of a decision could not be carried out, and opens its case again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.decision_failures import BlogDecisionFailed, EventsDecisionFailed, ForumDecisionFailed
from services.people.actions import cases
from services.people.case_tables import Case, CaseDecision


def decision_failed(
    session: Session,
    event: BlogDecisionFailed | ForumDecisionFailed | EventsDecisionFailed,
    recorded: Recorded,
) -> None:
    """Say of a decision what it did not do. Its case waits for a moderator again, unless the item has another open case
    by now, or the decision was overturned."""
    case_id = session.scalar(select(CaseDecision.case_id).where(CaseDecision.id == event.decision_id))
    # The case is locked before its decision, as by all who decide.
    case = session.get(Case, case_id or "", with_for_update=True, populate_existing=True)
    if case is None:
        return
    decision = session.get_one(CaseDecision, event.decision_id, with_for_update=True, populate_existing=True)
    failed = [each for each in decision.measures if each in event.measures and each not in decision.failed]
    if not failed:
        return
    decision.failed = [*decision.failed, *failed]
    cases.note(session, case, "failed", None)
    session.flush()
    key = cases.open_key(case.kind, case.item_id)
    other = session.scalar(select(Case.id).where(Case.open_key == key))
    if case.closed_at is None or other is not None or decision.overturned_at is not None:
        return
    case.closed_at, case.open_key = None, key
    case.claimed_by = case.claimed_at = None
    session.flush()
    cases.append_opened(session, case, None)
