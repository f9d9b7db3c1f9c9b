"""Deletes what is over: sessions, links and counts, and what reports, appeals and invitations no longer need."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from core import clock
from services.people import case_rules, rules
from services.people.case_tables import Case, CaseDecision, CaseReport, HiddenWords, Snapshot
from services.people.tables import (
    AccountLink,
    ApiToken,
    BrowserSession,
    GroupInvitation,
    SignInChallenge,
    SignInWindow,
    SpentAllowance,
)


def purge(session: Session) -> None:
    """Delete all that is stored for a while only."""
    purge_cases(session)
    purge_access(session)
    over = GroupInvitation.declined_at <= clock.now() - rules.DECLINED_FOR
    session.execute(delete(GroupInvitation).where(over))


def purge_access(session: Session) -> None:
    """Delete what no longer signs anybody in, nor counts: also where nobody has signed in since."""
    now = clock.now()
    over: tuple[tuple[Any, ColumnElement[bool]], ...] = (
        (BrowserSession, BrowserSession.expires_at <= now),
        (ApiToken, ApiToken.expires_at <= now - rules.TOKENS_KEPT),
        (AccountLink, AccountLink.expires_at <= now),
        (SignInChallenge, SignInChallenge.expires_at <= now),
        (SignInWindow, SignInWindow.since <= now - rules.SIGN_IN_WINDOW),
        (SpentAllowance, SpentAllowance.whole_at <= now),
    )
    for table, condition in over:
        (key,) = table.__table__.primary_key.columns
        # Without those that others are about to use or delete, so that nobody waits for each other.
        free = select(key).where(condition).with_for_update(skip_locked=True)
        session.execute(delete(table).where(key.in_(free)))


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
