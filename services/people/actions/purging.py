"""Deletes what is over: sessions, links and counts, and what reports, appeals and invitations no longer need."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from bus.eventlog.redaction import Data, redact
from bus.eventlog.schema import event_log
from contracts.moderation import AppealAnswered, CaseOpened, DecisionMade
from core import clock
from services.people import case_rules, rules
from services.people.actions.sign_up_requests import purge_requests
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

_SUBJECTS_AT_ONCE = 500


def purge(session: Session) -> None:
    """Delete all that is stored for a while only."""
    purge_cases(session)
    purge_access(session)
    over = GroupInvitation.declined_at <= clock.now() - rules.DECLINED_FOR
    session.execute(delete(GroupInvitation).where(over))
    purge_requests(session)


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
    """Delete the snapshots of cases whose appeal's time has ended, with the titles in cases and decisions, and in the
    events of both; later who reported and what they wrote. While an appeal is open everything stays."""
    now = clock.now()
    # A case was decided more than once where a decision could not be carried out. A process of the release before,
    # which may still run during an upgrade, stores no `case_id`.
    of_case = or_(CaseDecision.case_id == Case.id, CaseDecision.id == Case.decision_id)
    open_appeal = (CaseDecision.appealed_at.is_not(None), CaseDecision.answered_at.is_(None))
    without_open_appeal = select(Case.id).where(~exists().where(of_case, *open_appeal).correlate(Case))
    over = without_open_appeal.where(Case.closed_at <= now - case_rules.KEPT)
    session.execute(delete(Snapshot).where(Snapshot.case_id.in_(over)))
    session.execute(update(CaseReport).where(CaseReport.case_id.in_(over)).values(snapshot_id=None))
    cited = _untitle(session, Case, "case", Case.id.in_(over))
    closed_by = over.with_only_columns(Case.decision_id)
    decided = select(CaseDecision.id).where(
        or_(CaseDecision.case_id.in_(over), CaseDecision.id.in_(closed_by))
    )
    session.execute(delete(HiddenWords).where(HiddenWords.decision_id.in_(decided)))
    cited += _untitle(session, CaseDecision, "decision", CaseDecision.id.in_(decided))
    _redact_log(session, cited)
    long_over = without_open_appeal.where(Case.closed_at <= now - case_rules.NAMES_KEPT)
    named = or_(CaseReport.reporter_id.is_not(None), CaseReport.words != "")
    session.execute(
        update(CaseReport).where(CaseReport.case_id.in_(long_over), named).values(reporter_id=None, words="")
    )


def _untitle(
    session: Session, table: type[Case | CaseDecision], kind: str, which: ColumnElement[bool]
) -> list[str]:
    """Delete the titles of these rows. Returns the subjects of their events."""
    untitled = update(table).where(which, table.title != "").values(title="").returning(table.id)
    found = session.scalars(untitled.execution_options(synchronize_session=False)).all()
    return [f"{kind}/{each}" for each in found]


def _redact_log(session: Session, subjects: list[str]) -> None:
    """Take the titles, and what moderators wrote in place of a text, out of the events of these subjects, which were
    handled long ago: a log must not say what the tables no longer do."""
    types = event_log.c.type.in_([CaseOpened.type, DecisionMade.type, AppealAnswered.type])
    for first in range(0, len(subjects), _SUBJECTS_AT_ONCE):
        these = event_log.c.subject.in_(subjects[first : first + _SUBJECTS_AT_ONCE])
        redact(session, types & these, _without_title)


def _without_title(data: Data) -> Data:
    """The data of an event of a case or decision, without what it says of the item."""
    if "decision" not in data:
        return data | {"title": ""}
    text = {"text": None} if "text" in data else {}
    return data | text | {"decision": data["decision"] | {"title": ""}}
