"""Cases of items that wait for review, and of those that a check told moderators of."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.errors import Conflict
from contracts.held import ArticleFlagged, EventFlagged, EventHeld, ForumFlagged, ForumHeld, HeldState
from contracts.moderation import ApproveHeld, CaseView, Report
from core import clock
from core.audience import Viewer
from services.people import case_rules
from services.people.actions import cases
from services.people.actions.held_texts import check_read, let_through
from services.people.case_tables import Case, Snapshot
from services.people.queries import cases as queries
from services.people.queries import handlers


def held_changed(session: Session, event: ForumHeld | EventHeld, recorded: Recorded) -> None:
    """Open the case of an item that waits, add its changed text, or close it once its author took it back."""
    state = event.held
    if state.status == "waiting":
        _open(session, state, held=True)
    elif state.status == "withdrawn":
        key = cases.open_key(state.kind, state.id)
        case = session.scalars(select(Case).where(Case.open_key == key).with_for_update()).first()
        if case is not None:
            cases.close(session, case)
            cases.note(session, case, "released", state.author_id)
            session.flush()


def flagged(
    session: Session, event: ArticleFlagged | ForumFlagged | EventFlagged, recorded: Recorded
) -> None:
    """Open the case of an item that appeared, unless one is open."""
    open_flagged(session, event.held)


def open_flagged(session: Session, state: HeldState) -> None:
    """Open the case of what a check told moderators of, unless one is open."""
    _open(session, state, held=False)


def approve_held(session: Session, viewer: Viewer, case_id: str, command: ApproveHeld) -> CaseView:
    """Let a held item through. Who presses it first needs not claim the case before. Raises as `let_through` does.

    Raises `Conflict("case-claimed")`, `Conflict("case-closed")`, `Conflict("held-changed")`, and
    `Conflict("case-not-held")` for any other case.
    """
    case = queries.handled_case(session, viewer, case_id, lock=True)
    if not case.held:
        raise Conflict("case-not-held")
    case_rules.check_claim(viewer, case.closed_at, case.claimed_by, case.claimed_at)
    check_read(session, case, command.revision)
    case.claimed_by, case.claimed_at = viewer.person_id, clock.now()
    cases.close(session, case)
    cases.note(session, case, "dismissed", viewer.person_id)
    let_through(session, case, viewer, command.revision)
    return queries.case_view(session, viewer, case)


def _open(session: Session, state: HeldState, *, held: bool) -> None:
    command = Report(
        kind=state.kind,
        item_id=state.id,
        path=state.path,
        audience=state.item_audience,
        subject_id=state.author_id,
        title=state.title,
        text=state.text,
        language=state.language,
        revision=state.revision,
        original_language=state.original_language,
        category=state.category,
        reason="other",
    )
    case = cases.open_case(session, command)
    first = case.findings is None
    case.held, case.findings = held, [each.model_dump() for each in state.findings]
    case.audience = handlers.audience_of_case(session, command.kind, command.audience, command.subject_id)
    case.item_audience, case.title = command.audience, command.title
    case.original_language, case.category = command.original_language, command.category
    shown = session.get_one(Snapshot, cases.snapshot(session, case, command, state.details))
    if held:  # the newest, also if its author went back to an earlier text
        shown.revision, shown.taken_at = command.revision, clock.now()
    if first:
        cases.note(session, case, "reported", None)
    session.flush()
    if first and case.reports == 0:
        cases.append_opened(session, case, None)
