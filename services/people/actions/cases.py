"""What people report, and what moderators do about it. Each step is an entry of the case's history."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event, append_events
from contracts.common import Kind
from contracts.errors import Conflict
from contracts.held import HeldDetail
from contracts.moderation import (
    AnswerAppeal,
    Appeal,
    AppealAnswered,
    CaseOpened,
    CaseView,
    ChangedText,
    Decide,
    DecisionMade,
    DecisionView,
    Measure,
    Report,
    ReportReceipt,
    Step,
)
from core import clock
from core.audience import PUBLIC, Viewer, group_of
from core.database import insert_or_ignore
from core.ids import new_id
from services.people import case_rules, case_views, views
from services.people.actions import group_measures, hiding, sanctions, scores, tries, trust
from services.people.actions.held_texts import author_left, check_read, let_through
from services.people.case_tables import Case, CaseDecision, CaseEntry, CaseReport, Snapshot
from services.people.queries import cases as queries
from services.people.queries import handlers
from services.people.queries.contact import KIND as MESSAGE
from services.people.tables import Person
from services.shared.authorisation import signed_in
from services.shared.limits import limits_hold
from services.shared.powers import part_of


def report(session: Session, viewer: Viewer, command: Report) -> ReportReceipt:
    """Report an item: its open case is joined, or one is opened. A second report by the same person adds nothing."""
    case_rules.check_report(command)
    receipt = ReportReceipt(kind=command.kind, item_id=command.item_id)
    case = open_case(session, command)
    if viewer.person_id is not None and _has_reported(session, case, viewer.person_id):
        return receipt
    _check_rate(session, viewer)
    case.reports += 1
    weight, may_hide = scores.weight(session, viewer)
    scores.add(session, case, weight, may_hide)
    # As the item is now, and for those who moderate it now.
    case.audience = handlers.audience_of_case(session, command.kind, command.audience, command.subject_id)
    case.item_audience, case.path, case.title = command.audience, command.path, command.title
    case.original_language, case.category = command.original_language, command.category
    now = clock.now()
    session.add(
        CaseReport(
            id=new_id(),
            case_id=case.id,
            reporter_id=viewer.person_id,
            weight=weight,
            reason=command.reason,
            words=command.words,
            at=now,
            snapshot_id=snapshot(session, case, command),
        )
    )
    note(session, case, "reported", None)
    session.flush()
    if case.reports == 1:
        append_opened(session, case, viewer.person_id)
    hiding.hide_if_reported(session, case, command.reason)
    return receipt


def open_key(kind: str, item_id: str) -> str:
    """What the open case of an item is found by."""
    return f"{kind}/{item_id}"


def open_case(session: Session, command: Report) -> Case:
    """The item's open case, locked. Of two who report an item at one moment each finds the same."""
    key = open_key(command.kind, command.item_id)
    insert_or_ignore(
        session,
        cast(Table, Case.__table__),
        [
            {
                "id": new_id(), "kind": command.kind, "item_id": command.item_id, "path": command.path,
                "title": command.title, "language": command.language, "audience": command.audience,
                "item_audience": command.audience, "subject_id": command.subject_id, "open_key": key,
                "reports": 0, "opened_at": clock.now(),
            }
        ],
    )  # fmt: skip
    return session.scalars(select(Case).where(Case.open_key == key).with_for_update()).one()


def _has_reported(session: Session, case: Case, person_id: str) -> bool:
    wanted = select(CaseReport.id).where(CaseReport.case_id == case.id, CaseReport.reporter_id == person_id)
    return session.scalar(wanted) is not None


def _check_rate(session: Session, viewer: Viewer) -> None:
    """Raise `TooMany("reports-too-many")` beyond what a person, or for strangers a network, may report."""
    if not limits_hold(viewer, "moderator"):
        return
    if viewer.person_id is None:
        tries.count_report(session)
        return
    nth_newest = session.scalar(
        select(CaseReport.at)
        .where(CaseReport.reporter_id == viewer.person_id)
        .order_by(CaseReport.at.desc())
        .offset(case_rules.REPORTS_A_DAY - 1)
        .limit(1)
    )
    case_rules.check_reports(nth_newest)


def snapshot(session: Session, case: Case, command: Report, details: Sequence[HeldDetail] = ()) -> str:
    """The id of the snapshot with this text and these details, which reports on the same share."""
    said = (command.title, command.text, *(f"{each.name} {each.value}" for each in details))
    digest = hashlib.sha256("\0".join(said).encode()).hexdigest()
    wanted = select(Snapshot.id).where(Snapshot.case_id == case.id, Snapshot.digest == digest)
    found = session.scalar(wanted)
    if found is not None:
        return found
    row = Snapshot(
        id=new_id(),
        case_id=case.id,
        digest=digest,
        title=command.title,
        text=command.text,
        language=command.language,
        revision=command.revision,
        taken_at=clock.now(),
        details=[each.model_dump() for each in details],
    )
    session.add(row)
    session.flush()
    return row.id


# The queue


def claim_case(session: Session, viewer: Viewer, case_id: str) -> CaseView:
    """Take a case on; of two who try at one moment one gets it. Claimed again by the same moderator it stays."""
    case = queries.handled_case(session, viewer, case_id, lock=True)
    case_rules.check_claim(viewer, case.closed_at, case.claimed_by, case.claimed_at)
    own = _check_own_report(session, viewer, case)
    if case.claimed_by != viewer.person_id:
        note(session, case, "claimed", viewer.person_id, own_report=own)
    case.claimed_by, case.claimed_at = viewer.person_id, clock.now()
    session.flush()
    return queries.case_view(session, viewer, case)


def release_case(session: Session, viewer: Viewer, case_id: str) -> CaseView:
    """Give a claimed case back to the queue."""
    case = queries.handled_case(session, viewer, case_id, lock=True)
    case_rules.check_claimer(viewer, case.closed_at, case.claimed_by)
    case.claimed_by = case.claimed_at = None
    note(session, case, "released", viewer.person_id)
    session.flush()
    return queries.case_view(session, viewer, case)


def decide_case(session: Session, viewer: Viewer, case_id: str, command: Decide) -> CaseView:
    """Dismiss a claimed case, or act: write the decision, and publish it to the services that carry it out."""
    case = queries.handled_case(session, viewer, case_id, lock=True)
    case_rules.check_claimer(viewer, case.closed_at, case.claimed_by)
    if case.appeal_of is not None:
        raise Conflict("case-is-appeal")
    if case.kind == MESSAGE:
        raise Conflict("case-is-message")
    own = _check_own_report(session, viewer, case)
    kind = cast(Kind, case.kind)
    person = session.get(Person, case.subject_id) if case.subject_id else None
    held = views.roles(person) if person else []
    allowed = case_rules.measures_for(viewer, kind, case.audience, case.subject_id, held, is_held=case.held)
    measures = case_rules.checked_decision(command, allowed, kind)
    check_read(session, case, command.revision)
    automatic = hiding.automatic_of(session, case)
    close(session, case)
    if not measures:
        note(session, case, "dismissed", viewer.person_id, command.words, own_report=own)
        session.flush()
        if automatic is not None:
            hiding.show_again(session, automatic)
        let_through(session, case, viewer, command.revision)
        return queries.case_view(session, viewer, case)
    part = case_rules.office_part(viewer, kind, part_of(case))
    decision = _decide(case, signed_in(viewer), part, command, measures)
    if automatic is not None and "hide" in measures:
        decision = hiding.adopt(decision, automatic)
    session.add(decision)
    case.decision_id = decision.id
    note(session, case, "decided", viewer.person_id, command.words, own_report=own)
    session.flush()
    if case.subject_id is not None:
        trust.sanctioned(session, case.subject_id, decision.id, measures)
    if case.subject_id is not None and case_rules.WITH_END & set(measures):
        sanctions.record(session, case.subject_id)
    if case.kind == "group":
        group_measures.carry_out(session, decision)
    told = _concerned(session, decision)
    state = case_views.state(decision)
    changes = _changes(command, measures)
    append_events(session, [DecisionMade(decision=state, person_id=one, **changes) for one in told])
    if "hide" not in measures:
        if automatic is not None:
            hiding.show_again(session, automatic)
        let_through(session, case, viewer, command.revision)
    return queries.case_view(session, viewer, case)


def _changes(command: Decide, measures: list[Measure]) -> dict[str, Any]:
    """What the item's service changes, as fields of `DecisionMade`."""
    edited = command.text if "edit" in measures else None
    return {
        "text": ChangedText.model_validate(edited.model_dump()) if edited else None,
        "category": command.category if "move" in measures else None,
    }


def _decide(case: Case, by_id: str, part: str, command: Decide, measures: list[Measure]) -> CaseDecision:
    now = clock.now()
    days = command.days if case_rules.WITH_END & set(measures) else None
    return hiding.decision_on(
        case,
        measures=measures,
        reason=command.reason,
        words=command.words,
        days=days,
        until=now + timedelta(days=days) if days else None,
        at=now,
        by_id=by_id,
        office=case_rules.office(case.audience),
        part=part,
    )


# Appeals


def appeal(session: Session, viewer: Viewer, decision_id: str, command: Appeal) -> DecisionView:
    """Appeal against a decision: a case of its own in the queue, of the site's moderators also if a group's decided."""
    decision = queries.concerned_decision(session, viewer, decision_id, command.key)
    session.refresh(decision, with_for_update=True)
    case_rules.check_appeal(decision.at, decision.appealed_at, decision.by_id)
    now = clock.now()
    decision.appeal, decision.appealed_at = command.words, now
    case = Case(
        id=new_id(),
        kind=decision.kind,
        item_id=decision.item_id,
        path=decision.path,
        title=decision.title,
        language=decision.language,
        audience=decision.audience if group_of(decision.audience) is None else PUBLIC,
        item_audience=decision.audience,
        subject_id=decision.subject_id,
        open_key=f"appeal/{decision.id}",
        appeal_of=decision.id,
        reports=0,
        opened_at=now,
    )
    session.add(case)
    session.flush()
    note(session, case, "appealed", None, command.words)
    session.flush()
    append_opened(session, case, viewer.person_id)
    return case_views.decision(decision, named=False, concerned=True)


def answer_appeal(session: Session, viewer: Viewer, case_id: str, command: AnswerAppeal) -> CaseView:
    """Answer a claimed appeal. An overturned decision does nothing any more, and what it did is undone."""
    case = queries.handled_case(session, viewer, case_id, lock=True)
    case_rules.check_claimer(viewer, case.closed_at, case.claimed_by)
    if case.appeal_of is None:
        raise Conflict("case-is-no-appeal")
    own = _check_own_report(session, viewer, case)
    decision = session.get_one(CaseDecision, case.appeal_of, with_for_update=True)
    now = clock.now()
    decision.answer, decision.answered_at = command.words, now
    decision.overturned_at = now if command.overturn else None
    close(session, case)
    step: Step = "overturned" if command.overturn else "upheld"
    note(session, case, step, viewer.person_id, command.words, own_report=own)
    session.flush()
    if command.overturn and decision.kind == "group":
        group_measures.undo(session, decision)
    told = _concerned(session, decision)
    state, left = case_views.state(decision), author_left(session, handlers.origin_of(session, case))
    append_events(session, [AppealAnswered(decision=state, person_id=one, author_left=left) for one in told])
    if command.overturn and decision.subject_id:
        trust.overturned(session, decision.subject_id, decision.id)
    if command.overturn and decision.subject_id and case_rules.WITH_END & set(decision.measures):
        sanctions.record(session, decision.subject_id)
    return queries.case_view(session, viewer, case)


def _concerned(session: Session, decision: CaseDecision) -> list[str | None]:
    """Whom a decision concerns, one for each of its events: a person, or who moderates the group; None for nobody."""
    if decision.kind != "group":
        return [decision.subject_id]
    return [*group_measures.moderators(session, decision.item_id)] or [None]


def append_opened(session: Session, case: Case, by_id: str | None) -> None:
    """Append the event of a new case. `by_id`: who knows of it."""
    opened = CaseOpened(
        case_id=case.id,
        kind=cast(Kind, case.kind),
        title=case.title,
        language=case.language,
        item_audience=case.audience,
        is_appeal=case.appeal_of is not None,
        person_ids=handlers.handler_ids(session, case, by_id),
    )
    append_event(session, opened)


def close(session: Session, case: Case) -> None:
    """Close a case, so that its item can have another."""
    case.closed_at, case.open_key = clock.now(), None
    session.flush()


def _check_own_report(session: Session, viewer: Viewer, case: Case) -> bool:
    """Whether the viewer reported the item themselves, which they may decide on if nobody else can."""
    own = handlers.reported(session, viewer, case)
    case_rules.check_own_report(own, own and handlers.may_decide_own(session, viewer, case))
    return own


def note(
    session: Session, case: Case, step: Step, by_id: str | None, words: str = "", *, own_report: bool = False
) -> None:
    """Add a step to a case's history."""
    session.add(
        CaseEntry(
            id=new_id(),
            case_id=case.id,
            step=step,
            at=clock.now(),
            by_id=by_id,
            own_report=own_report,
            words=words,
        )
    )
