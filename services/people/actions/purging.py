"""Deletes what reports, appeals and declined invitations no longer need."""

from __future__ import annotations

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from core import clock
from services.people import case_rules, rules
from services.people.case_tables import Case, CaseDecision, CaseReport, HiddenWords, Snapshot
from services.people.tables import GroupInvitation


def purge(session: Session) -> None:
    """Delete all that is stored for a while only."""
    purge_cases(session)
    over = GroupInvitation.declined_at <= clock.now() - rules.DECLINED_FOR
    session.execute(delete(GroupInvitation).where(over))


def purge_cases(session: Session) -> None:
    """Delete the snapshots of cases whose appeal's time has ended, with the titles in cases and decisions; later who
    reported and what they wrote. While an appeal is open everything stays."""
    now = clock.now()
    without_open_appeal = (
        select(Case.id)
        .outerjoin(CaseDecision, CaseDecision.id == Case.decision_id)
        .where(or_(CaseDecision.appealed_at.is_(None), CaseDecision.answered_at.is_not(None)))
    )
    over = without_open_appeal.where(Case.closed_at <= now - case_rules.KEPT)
    session.execute(delete(Snapshot).where(Snapshot.case_id.in_(over)))
    session.execute(update(CaseReport).where(CaseReport.case_id.in_(over)).values(snapshot_id=None))
    session.execute(update(Case).where(Case.id.in_(over), Case.title != "").values(title=""))
    decided = over.with_only_columns(Case.decision_id).where(Case.decision_id.is_not(None))
    session.execute(delete(HiddenWords).where(HiddenWords.decision_id.in_(decided)))
    titled = (CaseDecision.id.in_(decided), CaseDecision.title != "")
    session.execute(
        update(CaseDecision).where(*titled).values(title="").execution_options(synchronize_session=False)
    )
    long_over = without_open_appeal.where(Case.closed_at <= now - case_rules.NAMES_KEPT)
    named = or_(CaseReport.reporter_id.is_not(None), CaseReport.words != "")
    session.execute(
        update(CaseReport).where(CaseReport.case_id.in_(long_over), named).values(reporter_id=None, words="")
    )
