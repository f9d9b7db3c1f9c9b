"""Events, attendance and places as JSON."""

from __future__ import annotations

from contracts.common import Page
from contracts.deletion import Delete, Deletion
from contracts.events import (
    Attendee,
    ChangeEvent,
    CreateEvent,
    EventLine,
    EventQuery,
    EventView,
    FoundPlace,
    SetEventVersion,
    WaitingPerson,
)
from contracts.held import HeldView
from contracts.revisions import TextRevision, Withhold
from core.audience import Viewer
from gateway.api.common import contract_query, language_in_path, language_of, whole
from gateway.api.router import Area
from gateway.api.schemas import (
    AttendanceBody,
    AttendeeQuery,
    DateQuery,
    EventListQuery,
    OccurrenceQuery,
    PlaceQuery,
    RevisionNumber,
    TextHistoryQuery,
    VersionBody,
)
from gateway.request_context import services
from gateway.review import saving

area = Area("events")


@area.get("/events")
def list_events(viewer: Viewer, query: EventListQuery) -> Page[EventLine]:
    """Dates of events, the soonest first. A recurring event has a line for each of its dates."""
    return services().events.events(viewer, contract_query(EventQuery, viewer, query))


@area.post("/events", status=201, location="/events/{id}", waits=HeldView)
def create_event(viewer: Viewer, body: CreateEvent) -> EventView | HeldView:
    """Put an event in the calendar. `start` is local time in `timezone`. If it must wait, the response is 202."""
    return saving.new_event(viewer, body)


@area.get("/events/{event_id}")
def get_event(viewer: Viewer, event_id: str, query: DateQuery) -> EventView:
    """One event, at one of its dates."""
    return services().events.event(viewer, event_id, query.occurrence, language_of(query.lang))


@area.patch("/events/{event_id}", waits=HeldView)
def change_event(viewer: Viewer, event_id: str, body: ChangeEvent) -> EventView | HeldView:
    """Change, confirm or cancel an event. If it must wait for a moderator, the response is 202 with what waits."""
    return saving.changed_event(viewer, event_id, body)


@area.delete("/events/{event_id}")
def delete_event(viewer: Viewer, event_id: str, query: Delete) -> Deletion:
    """Delete an event. Moderators give a `reason`. Attendees are told that it is cancelled."""
    return services().events.delete_event(viewer, event_id, query)


@area.post("/events/{event_id}/restore")
def restore_event(viewer: Viewer, event_id: str) -> EventView:
    """Undo the deletion of an event."""
    return services().events.restore_event(viewer, event_id)


@area.put("/events/{event_id}/versions/{lang}", waits=HeldView)
def set_event_version(viewer: Viewer, event_id: str, lang: str, body: VersionBody) -> EventView | HeldView:
    """Add or change a translation of an event's title and text. If it must wait, the response is 202."""
    command = SetEventVersion(language=language_in_path(lang), title=body.title, body=body.body)
    return saving.event_version(viewer, event_id, command)


@area.get("/events/{event_id}/history")
def list_event_revisions(viewer: Viewer, event_id: str, query: TextHistoryQuery) -> Page[TextRevision]:
    """What an event says, and said before, in one language: the newest first."""
    return services().events.event_revisions(
        viewer, event_id, language_of(query.lang), query.cursor, query.limit
    )


@area.post("/events/{event_id}/history/{lang}/{revision}/withhold")
def withhold_event_revision(
    viewer: Viewer, event_id: str, lang: str, revision: RevisionNumber, body: Withhold
) -> None:
    """Withhold an earlier text from an event's history: who wrote it, and moderators.

    Its text is then shown to moderators alone. 409 `revision-current` for the text that is shown now.
    """
    services().events.withhold_revision(viewer, event_id, language_in_path(lang), revision, body)


@area.post("/events/{event_id}/history/{lang}/{revision}/show", scope="moderate")
def show_event_revision(viewer: Viewer, event_id: str, lang: str, revision: RevisionNumber) -> None:
    """Show a text of an event again that was withheld (moderators)."""
    services().events.show_revision(viewer, event_id, language_in_path(lang), revision)


@area.get("/events/{event_id}/attendees")
def list_attendees(viewer: Viewer, event_id: str, query: AttendeeQuery) -> Page[Attendee]:
    """The attendees of a date; for signed-in members."""
    return services().events.attendees(viewer, event_id, query.occurrence, query.cursor, query.limit)


@area.get("/events/{event_id}/waiting")
def list_waiting(viewer: Viewer, event_id: str, query: AttendeeQuery) -> Page[WaitingPerson]:
    """Who waits for a seat at a date, the next to get one first; for signed-in members."""
    return services().events.waiting_list(viewer, event_id, query.occurrence, query.cursor, query.limit)


@area.put("/events/{event_id}/attendance")
def attend_event(viewer: Viewer, event_id: str, body: AttendanceBody) -> EventView:
    """Attend a date, or say that one may. Of a date that is full the response has one's place on the waiting list,
    `my_place`; a seat that is freed goes to the first on it."""
    return services().events.attend(viewer, event_id, body.occurrence, body.attending)


@area.delete("/events/{event_id}/attendance")
def leave_event(viewer: Viewer, event_id: str, query: OccurrenceQuery) -> EventView:
    """Attend a date no longer, or leave its waiting list."""
    return services().events.attend(viewer, event_id, query.occurrence, None)


@area.get("/places")
def list_places(viewer: Viewer, query: PlaceQuery) -> Page[FoundPlace]:
    """Cities by name, the biggest first, with coordinates and time zone."""
    return whole(services().events.find_places(viewer, query.q, query.limit))
