"""Events, changes and translations that wait for review: `services.shared.holding`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.events import ChangeEvent, CreateEvent, SetEventVersion
from contracts.held import EventHeld, HeldView
from core.audience import Viewer
from core.writing_rows import WritingRows
from services.events import rules
from services.events.actions import events
from services.events.actions.writing import judged
from services.events.writing_tables import TABLES
from services.shared.authorisation import writer
from services.shared.holding import Holding, Verb, Waits, calls_of
from services.shared.powers import Part, part_of


def hold_event(session: Session, viewer: Viewer, command: CreateEvent) -> HeldView:
    """Have a new event wait."""
    writer(viewer)
    language = events.check_new_event(session, viewer, command).language
    draft, part = events.draft_of_new(command), Part(command.audience, language)
    verdict = judged(session, viewer, part, draft)
    what = Waits("create_event", None, command, part, language, draft.title, draft.body, "/events")
    return holding(session).hold(viewer, what, verdict)


def hold_event_change(session: Session, viewer: Viewer, event_id: str, command: ChangeEvent) -> HeldView:
    """Have a change of an event wait; what stands stays."""
    row, original = events.check_change(session, viewer, event_id, command)
    draft = events.draft_of_change(row, original, command)
    verdict = judged(session, viewer, part_of(row), draft)
    what = Waits(
        "change_event",
        row.id,
        command,
        part_of(row),
        row.original_language,
        draft.title,
        draft.body,
        f"/events/{row.id}",
    )
    return holding(session).hold(viewer, what, verdict)


def hold_event_version(session: Session, viewer: Viewer, event_id: str, command: SetEventVersion) -> HeldView:
    """Have a translation wait."""
    row, language, draft = events.check_version(session, viewer, event_id, command)
    verdict = judged(session, viewer, part_of(row), draft)
    path = f"/events/{row.id}"
    what = Waits("set_event_version", row.id, command, part_of(row), language, draft.title, draft.body, path)
    return holding(session).hold(viewer, what, verdict)


def holding(session: Session) -> Holding:
    """The held items of events, in this transaction."""
    return Holding(
        rows=WritingRows(session, TABLES),
        verbs=_verbs(session),
        announce=lambda state: append_event(session, EventHeld(held=state)),
        moderates=rules.moderates,
        judge=lambda viewer, part, draft: judged(session, viewer, part, draft),
        address="/held/events",
    )


def _verbs(session: Session) -> Mapping[str, Verb]:
    def create_event(author: Viewer, _: str | None, command: CreateEvent) -> str:
        return f"/events/{events.create_event(session, author, command).id}"

    def change_event(author: Viewer, event_id: str | None, command: ChangeEvent) -> str:
        return f"/events/{events.change_event(session, author, event_id or '', command).id}"

    def set_version(author: Viewer, event_id: str | None, command: SetEventVersion) -> str:
        return f"/events/{events.set_event_version(session, author, event_id or '', command).id}"

    return {
        "create_event": Verb(CreateEvent, "event", "title", "body", create_event),
        "change_event": Verb(ChangeEvent, "event", "title", "body", change_event),
        "set_event_version": Verb(SetEventVersion, "event", "title", "body", set_version),
    }


CALLS = calls_of(holding)
