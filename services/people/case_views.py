"""Makes the contract's views of cases and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from contracts.common import Kind
from contracts.deletion import GivenReason
from contracts.moderation import (
    CaseLine,
    CaseState,
    CaseStep,
    DecisionState,
    DecisionView,
    Measure,
    PublicDecision,
    ReportView,
    SnapshotView,
)
from services.people import case_rules
from services.people.case_tables import Case, CaseDecision, CaseEntry, CaseReport, Snapshot
from services.shared.views import view_of


def state_of(case: Case) -> CaseState:
    """Whether a case is closed, claimed or open."""
    if case.closed_at is not None:
        return "closed"
    return "claimed" if case_rules.is_claimed(case.claimed_at) else "open"


def case_line(case: Case, reasons: Sequence[str]) -> CaseLine:
    """A case in the queue, with the reasons of its reports."""
    state = state_of(case)
    return view_of(
        CaseLine,
        case,
        state=state,
        reasons=list(reasons),
        claimed_by=None if state == "open" else case.claimed_by,
        is_appeal=case.appeal_of is not None,
        is_held=case.held,
        first=not case.ordinary,
    )


def snapshot(row: Snapshot) -> SnapshotView:
    """An item as it was."""
    return view_of(SnapshotView, row)


def report(row: CaseReport, *, named: bool) -> ReportView:
    """A report; who made it only where `named`."""
    return view_of(ReportView, row, reporter_id=row.reporter_id if named else None)


def step(row: CaseEntry) -> CaseStep:
    """An entry of a case's history."""
    return view_of(CaseStep, row)


def decision(row: CaseDecision, *, named: bool, concerned: bool) -> DecisionView:
    """A decision: with who made it only where `named`; the person concerned may appeal."""
    return view_of(
        DecisionView,
        row,
        measures=_done(row),
        by_id=row.by_id if named and row.by_id != case_rules.AUTOMATIC else None,
        automatic=row.by_id == case_rules.AUTOMATIC,
        may_appeal=concerned
        and row.by_id != case_rules.AUTOMATIC
        and case_rules.may_appeal(row.at, row.appealed_at),
        appeal_until=row.at + case_rules.APPEAL_WITHIN,
        overturned=row.overturned_at is not None,
    )


def public(row: CaseDecision) -> PublicDecision:
    """A line of the public log."""
    return view_of(
        PublicDecision,
        row,
        measures=_done(row),
        appealed=row.answered_at is not None,
        overturned=row.overturned_at is not None,
    )


def _done(row: CaseDecision) -> list[str]:
    """The measures of a decision, without those that could not be carried out."""
    return [each for each in row.measures if each not in row.failed]


def state(row: CaseDecision) -> DecisionState:
    """A decision, for its events."""
    return DecisionState(
        id=row.id,
        kind=cast(Kind, row.kind),
        item_id=row.item_id,
        title=row.title,
        language=row.language,
        audience=row.audience,
        measures=cast(list[Measure], row.measures),
        reason=cast(GivenReason, row.reason),
        at=row.at,
        until=row.until,
        by_id=row.by_id,
        part=row.part,
        overturned=row.overturned_at is not None,
    )
