"""Reads of cases and decisions."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterable
from typing import cast

from sqlalchemy import Boolean, ColumnElement, and_, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from contracts.common import Cursor, Kind, Page, PageSize
from contracts.errors import Forbidden, NotFound, SignInNeeded
from contracts.held import Finding
from contracts.moderation import AutomaticAction, CaseLine, CaseView, DecisionView, PublicDecision
from core import clock, paging
from core.audience import MEMBERS, PUBLIC, Viewer, audiences
from core.columns import Moment
from services.people import case_rules, case_views, views
from services.people.case_tables import Case, CaseDecision, CaseEntry, CaseReport, Snapshot
from services.people.queries import contact, handlers
from services.people.tables import Person
from services.shared import cursors, powers
from services.shared.ids import is_id
from services.shared.powers import part_of


def cases(
    session: Session, viewer: Viewer, closed: bool, after: Cursor | None, limit: PageSize
) -> Page[CaseLine]:
    """The cases that the viewer may handle: the open ones oldest first, after those that many reported, or the closed
    ones newest first."""
    handled = _handled(viewer)
    if handled is None:
        raise Forbidden("not-case-handler") if viewer.signed_in else SignInNeeded()
    wanted = (
        select(Case)
        .outerjoin(CaseDecision, CaseDecision.id == Case.appeal_of)
        .where(
            handled,
            or_(Case.subject_id.is_(None), Case.subject_id != viewer.person_id),
            or_(Case.kind != "group", Case.item_id.not_in(viewer.moderates)),
            or_(CaseDecision.id.is_(None), CaseDecision.by_id != viewer.person_id),
            Case.closed_at.is_not(None) if closed else Case.closed_at.is_(None),
        )
    )
    if closed:
        wanted = paging.newest_first(wanted, Case.closed_at, Case.id, cursors.position(after), limit)
    else:
        order = (Case.ordinary, Case.opened_at, Case.id)
        if after is not None:
            moment, case_id, *ordinary = cursors.parse_cursor(after, 1)
            last_one = (literal(ordinary[0], Boolean), literal(moment, Moment), literal(case_id))
            wanted = wanted.where(tuple_(*order) > tuple_(*last_one))
        wanted = wanted.order_by(*order).limit(limit + 1)
    rows = session.scalars(wanted).all()
    shown = rows[:limit]
    reasons = reasons_of(session, [row.id for row in shown])
    last = shown[-1] if len(rows) > limit else None
    return Page(
        items=[case_views.case_line(row, reasons[row.id]) for row in shown],
        next=_cursor(last) if last else None,
    )


def _cursor(last: Case) -> str:
    if last.closed_at is not None:
        return paging.cursor(last.closed_at, last.id)
    return paging.cursor(last.opened_at, last.id, last.ordinary)


def _handled(viewer: Viewer) -> ColumnElement[bool] | None:
    """Whether a row of `Case` is of what the viewer moderates (`case_rules.handles`); None if they moderate nothing."""
    found: list[ColumnElement[bool]] = []
    if whole := powers.moderated_audiences(viewer):
        found.append(Case.audience.in_(whole))
    parts: list[ColumnElement[bool]] = []
    for domain, kinds in case_rules.KINDS.items():
        languages, categories = powers.delegated_parts(viewer, domain, "moderator")
        if languages or categories:
            of_part = or_(Case.original_language.in_(languages), Case.category.in_(categories))
            parts.append(and_(Case.kind.in_(kinds), of_part))
    if parts:
        found.append(and_(Case.item_audience.in_((PUBLIC, MEMBERS)), Case.appeal_of.is_(None), or_(*parts)))
    return or_(*found) if found else None


def reasons_of(session: Session, case_ids: Iterable[str]) -> dict[str, list[str]]:
    """The reasons of each case's reports, each once, the first first."""
    found: dict[str, list[str]] = defaultdict(list)
    wanted = select(CaseReport.case_id, CaseReport.reason).where(CaseReport.case_id.in_(list(case_ids)))
    for case_id, reason in session.execute(wanted.order_by(CaseReport.at, CaseReport.id)):
        if reason not in found[case_id]:
            found[case_id].append(reason)
    return found


def handled_case(session: Session, viewer: Viewer, case_id: str, *, lock: bool = False) -> Case:
    """A case that the viewer handles. Raises `NotFound` for any other."""
    row = session.get(Case, case_id, with_for_update=lock, populate_existing=lock) if is_id(case_id) else None
    if row is None or case_rules.is_own_group(viewer, row.kind, row.item_id):
        raise NotFound()
    decided_by = session.get_one(CaseDecision, row.appeal_of).by_id if row.appeal_of else None
    kind, of_site = cast(Kind, row.kind), handlers.is_for_site(row)
    if not case_rules.handles(viewer, kind, part_of(row), row.subject_id, of_site, decided_by):
        raise NotFound()
    return row


def case(session: Session, viewer: Viewer, case_id: str) -> CaseView:
    """A case with its reports, snapshots and history."""
    return case_view(session, viewer, handled_case(session, viewer, case_id))


def case_view(session: Session, viewer: Viewer, row: Case) -> CaseView:
    """A case that the viewer handles. Of an appeal: what the first case had, without the reporters' names."""
    origin = handlers.origin_of(session, row)
    told = session.scalars(
        select(CaseReport).where(CaseReport.case_id == origin.id).order_by(CaseReport.at, CaseReport.id)
    ).all()
    snapshots = session.scalars(
        select(Snapshot).where(Snapshot.case_id == origin.id).order_by(Snapshot.taken_at, Snapshot.id)
    )
    entries = session.scalars(
        select(CaseEntry).where(CaseEntry.case_id == row.id).order_by(CaseEntry.at, CaseEntry.id)
    )
    decided = session.get(CaseDecision, row.appeal_of or row.decision_id or "")
    mine = row.closed_at is None and row.claimed_by == viewer.person_id
    own = handlers.reported(session, viewer, row)
    decides = not own or handlers.may_decide_own(session, viewer, row)
    person = session.get(Person, row.subject_id or "")
    held = views.roles(person) if person else []
    shown = case_views.decision(decided, named=True, concerned=False) if decided else None
    if shown is not None and not _may_read_appeal(viewer, row, decided, own=own):
        shown = shown.model_copy(update={"appeal": ""})
    return CaseView(
        **case_views.case_line(row, list(dict.fromkeys(each.reason for each in told))).model_dump(),
        snapshots=[case_views.snapshot(each) for each in snapshots],
        told=[case_views.report(each, named=row.appeal_of is None) for each in told],
        history=[case_views.step(each) for each in entries],
        messages=contact.of_case(session, row),
        decision=shown,
        automatic=[AutomaticAction.model_validate(each) for each in origin.automatic or []],
        findings=[Finding.model_validate(each) for each in origin.findings or []],
        own_report=own,
        may_claim=decides
        and row.closed_at is None
        and not mine
        and not case_rules.is_claimed(row.claimed_at),
        may_release=mine,
        may_decide=mine and decides,
        measures=case_rules.measures_for(
            viewer, cast(Kind, row.kind), row.audience, row.subject_id, held, is_held=row.held
        ),
    )


def _may_read_appeal(viewer: Viewer, row: Case, decided: CaseDecision | None, *, own: bool) -> bool:
    """Whether a viewer who handles a case reads the appeal against its decision: who may decide on that. Who acted, who
    reported, and the moderators of a part or a group see on the case that there was one, and its answer."""
    if row.appeal_of is not None:
        return True
    by_id = decided.by_id if decided else None
    return not own and case_rules.handles(
        viewer, cast(Kind, row.kind), part_of(row), row.subject_id, True, by_id
    )


def concerned_decision(session: Session, viewer: Viewer, decision_id: str, key: str) -> CaseDecision:
    """A decision that concerns the viewer, or that `key` opens. Raises `NotFound` for any other."""
    row = session.get(CaseDecision, decision_id) if is_id(decision_id) else None
    if row is None:
        raise NotFound()
    mine = row.subject_id is not None and row.subject_id == viewer.person_id
    mine = mine or case_rules.is_own_group(viewer, row.kind, row.item_id)
    if not mine and not hmac.compare_digest(row.key.encode(), key.encode("utf-8", "replace")):
        raise NotFound()
    return row


def decision(session: Session, viewer: Viewer, decision_id: str, key: str) -> DecisionView:
    """A decision, for the person concerned."""
    row = concerned_decision(session, viewer, decision_id, key)
    return case_views.decision(row, named=False, concerned=True)


def lasting(session: Session, person_id: str, measure: str) -> list[CaseDecision]:
    """The decisions with this measure that stand and last, the one that ends last first."""
    rows = session.scalars(
        select(CaseDecision)
        .where(
            CaseDecision.subject_id == person_id,
            CaseDecision.overturned_at.is_(None),
            CaseDecision.until > clock.now(),
        )
        .order_by(CaseDecision.until.desc(), CaseDecision.id)
    )
    return [row for row in rows if measure in row.measures]


def silence(session: Session, viewer: Viewer) -> DecisionView | None:
    """The decision that silences the viewer longest."""
    found = lasting(session, viewer.person_id, "silence") if viewer.person_id is not None else []
    return case_views.decision(found[0], named=False, concerned=True) if found else None


def public_decisions(
    session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize
) -> Page[PublicDecision]:
    """What was decided on items that the viewer may see the audience of, newest first, without any name."""
    # What reports hid by themselves is no moderator's decision yet.
    decided = CaseDecision.by_id != case_rules.AUTOMATIC
    wanted = select(CaseDecision).where(CaseDecision.audience.in_(audiences(viewer)), decided)
    rows = session.scalars(
        paging.newest_first(wanted, CaseDecision.at, CaseDecision.id, cursors.position(after), limit)
    ).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        items=[case_views.public(row) for row in rows[:limit]],
        next=paging.cursor(last.at, last.id) if last else None,
    )
