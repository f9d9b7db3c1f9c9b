"""The entrypoints of the events service: the calendar, the map and attendance."""

from __future__ import annotations

from nameko.timer import timer

from bus.entrypoints import call
from bus.service import Service
from contracts.common import Cursor, MonthCount, Page, PageSize
from contracts.deletion import Delete, Deletion, DeletionLine
from contracts.events import (
    Attendee,
    Attending,
    ChangeEvent,
    CreateEvent,
    EventLine,
    EventQuery,
    EventsApi,
    EventView,
    FoundPlace,
    Month,
    SetEventVersion,
)
from core.audience import Viewer
from services.events import actions, gazetteer, queries
from services.events.actions import dates, stale, zones
from services.events.actions.recook import recook
from services.events.queries import lists


class EventsService(Service):
    """Calls; `contracts.events.EventsApi` documents them."""

    name = "events"
    api = EventsApi
    publishers = stale.PUBLISHERS
    recooks = (recook,)

    @call
    def event_months(self, viewer: Viewer) -> list[MonthCount]:
        return self.read(lists.event_months, viewer)

    @call
    def events(self, viewer: Viewer, query: EventQuery) -> Page[EventLine]:
        return self.read(lists.events, viewer, query)

    @call
    def month(self, viewer: Viewer, month: Month, query: EventQuery) -> list[EventLine]:
        return self.read(lists.month, viewer, month, query)

    @call
    def event(self, viewer: Viewer, event_id: str, occurrence: str | None, language: str | None) -> EventView:
        return self.read(queries.event, viewer, event_id, occurrence, language)

    @call
    def attendees(
        self, viewer: Viewer, event_id: str, occurrence: str | None, after: Cursor | None, limit: int
    ) -> Page[Attendee]:
        return self.read(queries.attendees, viewer, event_id, occurrence, after, limit)

    @call
    def create_event(self, viewer: Viewer, command: CreateEvent) -> EventView:
        return self.write(actions.create_event, viewer, command)

    @call
    def change_event(self, viewer: Viewer, event_id: str, command: ChangeEvent) -> EventView:
        return self.write(actions.change_event, viewer, event_id, command)

    @call
    def set_event_version(self, viewer: Viewer, event_id: str, command: SetEventVersion) -> EventView:
        return self.write(actions.set_event_version, viewer, event_id, command)

    @call
    def attend(
        self, viewer: Viewer, event_id: str, occurrence: str | None, attending: Attending | None
    ) -> EventView:
        return self.write(dates.attend, viewer, event_id, occurrence, attending)

    @call
    def delete_event(self, viewer: Viewer, event_id: str, command: Delete) -> Deletion:
        return self.write(actions.delete_event, viewer, event_id, command)

    @call
    def restore_event(self, viewer: Viewer, event_id: str) -> EventView:
        return self.write(actions.restore_event, viewer, event_id)

    @call
    def event_deletions(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[DeletionLine]:
        return self.read(queries.deletions, viewer, after, limit)

    @call
    def find_places(self, viewer: Viewer, text: str, limit: int) -> list[FoundPlace]:
        return gazetteer.find(self.resources.settings.home, text, limit)

    @timer(interval=3600)  # type: ignore[untyped-decorator]
    def top_up(self) -> None:
        with self.resources.database.writing() as session:
            dates.top_up(session)

    # At the start too: new rules come with a new system or package, and so with a restart.
    @timer(interval=3600, eager=True)  # type: ignore[untyped-decorator]
    def recalculate(self) -> None:
        looked_through = 1
        while looked_through:
            with self.resources.database.writing() as session:
                looked_through = zones.recalculate(session)


_: type[EventsApi] = EventsService
