"""What moderators' decisions change in events."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import Forbidden, NotFound
from contracts.events import ChangeEvent, EventChanged
from contracts.moderation import DecisionState
from contracts.revisions import Withhold
from core import clock
from core.audience import Viewer
from services.events import queries, rules
from services.events.actions.events import change_event
from services.events.actions.revisions import show_revision, withhold_revision
from services.events.actions.texts import write_text
from services.events.tables import EventRevision, EventRow, VersionRow
from services.shared.authorisation import writer
from services.shared.decided_changes import Changeable, ItemText, each_before
from services.shared.powers import part_of


def changeable(session: Session, decision: DecisionState) -> Changeable | None:
    """An event for a decision to change; None if it is about another kind."""
    return _ChangeableEvent(session, decision.item_id) if decision.kind == "event" else None


class _ChangeableEvent:
    """Events have no categories."""

    def __init__(self, session: Session, event_id: str) -> None:
        self._session = session
        self._id = event_id

    def read(self, viewer: Viewer, language: str) -> ItemText:
        _, version = self._version(viewer, language)
        return ItemText(version.language, version.title, "", version.body, "", version.revision)

    def write(self, viewer: Viewer, text: ItemText) -> None:
        row, version = self._version(viewer, text.language)
        if version.language == row.original_language:
            command = ChangeEvent(revision=row.revision, title=text.title, body=text.body)
            change_event(self._session, viewer, self._id, command)
            return
        # Unlike who translates, moderators get no credit for it.
        by_id, now = writer(viewer), clock.now()
        write_text(self._session, row, version, text.title, text.body, by_id, now)
        row.sequence += 1
        row.changed_at = now
        self._session.flush()
        append_event(self._session, EventChanged(event=queries.state(self._session, row), by_id=by_id))

    def move(self, viewer: Viewer, category: str) -> None:
        raise NotFound

    def withhold(self, viewer: Viewer, language: str, revision: int, command: Withhold) -> None:
        for number in each_before(revision):
            with suppress(NotFound):
                withhold_revision(self._session, viewer, self._id, language, number, command)

    def show(self, viewer: Viewer, language: str, revision: int, reason: str) -> None:
        of_item = (EventRevision.event_id == self._id, EventRevision.language == language)
        withheld = select(EventRevision.revision).where(*of_item, EventRevision.withheld_reason == reason)
        for number in self._session.scalars(withheld).all():
            show_revision(self._session, viewer, self._id, language, number)

    def _version(self, viewer: Viewer, language: str) -> tuple[EventRow, VersionRow]:
        row = queries.event_for_change(self._session, viewer, self._id)
        if not rules.moderates(viewer, part_of(row)):
            raise Forbidden("event-not-yours")
        version = self._session.get(VersionRow, (row.id, language))
        if version is None:
            raise NotFound
        return row, version
