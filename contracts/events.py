"""events: calendar, map and attendance."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import AwareDatetime, Field, NaiveDatetime, StringConstraints

from contracts.common import (
    CLEAN_LINE,
    Audience,
    Body,
    Command,
    CookedHtml,
    Cursor,
    Event,
    ItemEvent,
    LanguageCode,
    MonthCount,
    Page,
    PageSize,
    Producer,
    Tag,
    TextVersion,
    Title,
    View,
    WantedTag,
    also_from,
    needs_scope,
    safe,
)
from contracts.deletion import Deletable, Delete, Deletion, DeletionLine
from contracts.held import HeldApi, HeldView
from contracts.own_data import Exporter
from contracts.revisions import RevisionEvent, TextRevision, Withhold
from contracts.writing_rules import TermPreview
from core.audience import PUBLIC, Viewer

EventStatus = Literal["confirmed", "tentative", "cancelled"]
Attending = Literal["going", "maybe"]
Format = Literal["online", "onsite", "hybrid"]
Seats = Annotated[int, Field(ge=1, le=100_000)]


# Views


class Place(View):
    """A place: coordinates in degrees (WGS 84). `venue` is the address as shown to people."""

    name: str
    country: str
    latitude: float
    longitude: float
    venue: str = ""


class FoundPlace(View):
    """A city of the built-in gazetteer, as a result of a search by name. `timezone` is an IANA zone."""

    id: str
    name: str
    country: str
    region: str = ""
    latitude: float
    longitude: float
    timezone: str
    population: int = 0


class EventLine(View):
    """One date of an event, in the language chosen for the viewer.

    `starts_at` and `ends_at` are in UTC; `timezone` is the event's own IANA zone. `occurrence` identifies the date by
    its local start, `YYYYMMDDTHHMM`.

    `seats`: how many people can go to each date; None: any number. `seats_free` are those that nobody has yet, None
    without a limit. `waiting` people are on the waiting list. `my_attendance` is None while the viewer is, and
    `my_place` is their place there, from 1 on.
    """

    id: str
    slug: str
    audience: str
    author_id: str
    status: EventStatus
    format: Format
    language: str
    title: str
    languages: list[str]
    spoken: list[str]
    tags: list[str]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    timezone: str
    occurrence: str
    recurring: bool = False
    place: Place | None = None
    online_url: str | None = None
    going: int = 0
    maybe: int = 0
    my_attendance: Attending | None = None
    seats: int | None = None
    seats_free: int | None = None
    waiting: int = 0
    my_place: int | None = None
    changed_at: AwareDatetime


class EventView(Deletable, EventLine):
    """One event at one of its dates. `dates` are the next dates, up to 12. `sequence` counts the changes, as SEQUENCE
    of iCalendar does (RFC 5545, section 3.8.7.4).

    A deleted one is there for its author and moderators alone.

    `attendance_open`: whether anybody can still attend this date. `may_edit`, `may_translate`, `may_attend`: whether
    the viewer may change the event, add a translation, and attend.

    `html` is `body` as in `contracts.forum.PostView`, and `plain` without markup; None if it isn't stored.
    """

    body: str
    html: CookedHtml | None = None
    plain: str | None = None
    original_language: str
    revision: int
    versions: list[TextVersion]
    recurrence: str | None = None
    dates: list[AwareDatetime] = []
    local_start: NaiveDatetime
    minutes: int
    sequence: int
    created_at: AwareDatetime
    attendance_open: bool = False
    may_edit: bool = False
    may_translate: bool = False
    may_attend: bool = False
    edits: int = 0
    """How many earlier texts of this version its history has."""
    withholds: bool = False
    """Earlier texts of it are withheld."""


class Attendee(View):
    """One person who attends."""

    person_id: str
    attending: Attending
    since: AwareDatetime


class WaitingPerson(View):
    """One person on a waiting list, since when."""

    person_id: str
    since: AwareDatetime


# Commands


class PlaceInput(Command):
    """A place: one that `find_places` found, or a point set by hand."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100), CLEAN_LINE]
    country: Annotated[str, StringConstraints(max_length=2)] = ""
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    venue: Annotated[str, StringConstraints(max_length=300), CLEAN_LINE] = ""


class CreateEvent(Command):
    """Create an event. `start` is a local time in `timezone`, `recurrence` an RRULE (RFC 5545).

    Faults: `timezone-unknown`, `language-unknown`, `where-missing` (neither place nor link), `url-shape`,
    `recurrence-shape`, `recurrence-endless-small` (more than one date a day), `start-not-in-rule`, `tag-shape`,
    `time-odd` (a local time that daylight saving skips).
    """

    language: LanguageCode
    title: Title
    body: Body
    start: NaiveDatetime
    minutes: Annotated[int, Field(ge=5, le=60 * 24 * 31)]
    timezone: Annotated[str, StringConstraints(max_length=60)]
    place: PlaceInput | None = None
    online_url: Annotated[str, StringConstraints(max_length=500), CLEAN_LINE] | None = None
    recurrence: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] | None = None
    spoken: list[LanguageCode] = []
    tags: list[Tag] = []
    status: EventStatus = "confirmed"
    audience: Audience = PUBLIC
    seats: Seats | None = None
    """How many people can go to each date; None: any number."""


class ChangeEvent(Command):
    """Change an event: its author and moderators. None leaves a field as it is; `""` removes link or recurrence,
    `no_place` the place, and `no_seats` the limit of seats.

    More seats go to who waits for one. With fewer nobody loses theirs: no one gets one until enough have left.

    `revision` is the one that the editor started from, as in `contracts.blog.ChangeArticle`.
    """

    revision: int
    title: Title | None = None
    body: Body | None = None
    start: NaiveDatetime | None = None
    minutes: Annotated[int, Field(ge=5, le=60 * 24 * 31)] | None = None
    timezone: Annotated[str, StringConstraints(max_length=60)] | None = None
    place: PlaceInput | None = None
    no_place: bool = False
    online_url: Annotated[str, StringConstraints(max_length=500), CLEAN_LINE] | None = None
    recurrence: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] | None = None
    spoken: list[LanguageCode] | None = None
    tags: list[Tag] | None = None
    status: EventStatus | None = None
    seats: Seats | None = None
    no_seats: bool = False


class SetEventVersion(Command):
    """Add or change a translation of title and text."""

    language: LanguageCode
    title: Title
    body: Body


class EventQuery(Command):
    """A filter for dates of events, sorted by start. `from_time` and `to_time` limit the dates (default: the next 12
    months).

    `box` is a map section: west, south, east, north in degrees. A recurring event gives each of its dates.
    """

    from_time: AwareDatetime | None = None
    to_time: AwareDatetime | None = None
    tag: WantedTag | None = None
    spoken: str | None = None
    country: str | None = None
    format: Format | None = None
    author_id: str | None = None
    audience: Audience | None = None
    attending_id: str | None = None
    box: tuple[float, float, float, float] | None = None
    once: bool = False
    """Only the next date of each event."""
    created_from: AwareDatetime | None = None
    created_to: AwareDatetime | None = None
    """Only events that were created from `created_from` to before `created_to`."""
    after: Cursor | None = None
    limit: PageSize = 30


class Month(Command):
    """A month of the calendar in the reader's time zone."""

    first: date
    timezone: str


# Events


class EventState(View):
    """The complete state of an event. `has_seats`: whether one can still go to the date `starts_at`, for it is neither
    over nor full, and the event is not cancelled. Events without a limit of `seats` are never full."""

    id: str
    slug: str
    audience: str
    author_id: str
    status: EventStatus
    format: Format
    original_language: str
    versions: list[TextVersion]
    spoken: list[str]
    tags: list[str]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    timezone: str
    local_start: NaiveDatetime
    minutes: int
    recurrence: str | None = None
    place: Place | None = None
    online_url: str | None = None
    sequence: int
    created_at: AwareDatetime
    changed_at: AwareDatetime
    seats: int | None = None
    has_seats: bool = False


class _EventEvent(ItemEvent):
    item: ClassVar[str] = "event"
    event: EventState


class EventCreated(_EventEvent):
    """An event was created."""

    type: ClassVar[str] = "events.event.created"


class EventChanged(_EventEvent):
    """An event was changed, translated, confirmed or cancelled."""

    type: ClassVar[str] = "events.event.changed"


class EventRecalculated(_EventEvent):
    """The rules of the event's time zone have changed: its local times stay, and are other instants now. Nobody did it,
    so `by_id` is empty."""

    type: ClassVar[str] = "events.event.recalculated"


class NextDateChanged(_EventEvent):
    """The next date of the event is another one, since the last is over; or it is full now, or not any more
    (`has_seats`). Nobody did it, so `by_id` is empty."""

    type: ClassVar[str] = "events.date.changed"


class EventDeleted(_EventEvent):
    """An event was deleted. Its state has no texts, tags, place, link and slug. `titles`, by language, are for the
    word to its attendees that it is cancelled."""

    type: ClassVar[str] = "events.event.deleted"
    reason: str
    titles: dict[str, str]


class EventRestored(_EventEvent):
    """A deleted event is back as it was."""

    type: ClassVar[str] = "events.event.restored"


class RevisionWithheld(RevisionEvent):
    """An earlier text of an event was withheld."""

    type: ClassVar[str] = "events.revision.withheld"


class RevisionShown(RevisionEvent):
    """A text that was withheld is shown again."""

    type: ClassVar[str] = "events.revision.shown"


class AttendanceChanged(Event):
    """Somebody attends, may attend, or (None) does not attend one date of an event. Never public, since it says where
    a person will be.

    `waiting`: they are on its waiting list, and so don't attend it yet. `moved_up`: they were, and have a seat now.
    """

    type: ClassVar[str] = "events.attendance.changed"
    event: EventState
    person_id: str
    occurrence: str
    attending: Attending | None
    waiting: bool = False
    moved_up: bool = False

    def subject(self) -> str:
        return f"event/{self.event.id}"

    def audience(self) -> str:
        return "members" if self.event.audience == PUBLIC else self.event.audience


class EventsApi(HeldApi, TermPreview, Exporter, Producer, Protocol):
    """The calls of the events service.

    All that writes a text raises as `contracts.forum.ForumApi` says, and waits by the calls that begin with `hold`.
    """

    @safe
    def event_months(self, viewer: Viewer) -> list[MonthCount]:
        """How many events that the viewer may see were created in each month, the latest first."""

    @safe
    def events(self, viewer: Viewer, query: EventQuery) -> Page[EventLine]: ...
    @safe
    def month(self, viewer: Viewer, month: Month, query: EventQuery) -> list[EventLine]:
        """Every date in the weeks of a month in the reader's time zone, sorted by start; at most 1000."""

    @safe
    @also_from("notify")
    def event(self, viewer: Viewer, event_id: str, occurrence: str | None, language: str | None) -> EventView:
        """One event at the date `occurrence`; None: at its next date, or its last if all have passed."""

    @safe
    def events_by_id(
        self, viewer: Viewer, ids: list[str], occurrences: list[str | None], language: str | None
    ) -> list[EventView]:
        """Up to 100 events in the order of their ids, each as `event` with its occurrence; those that the viewer may
        not see are left out."""

    @safe
    def attendees(
        self, viewer: Viewer, event_id: str, occurrence: str | None, after: Cursor | None, limit: PageSize
    ) -> Page[Attendee]:
        """Who attends a date; not who waits for a seat. Raises `SignInNeeded` for viewers who are not signed in."""

    @safe
    def waiting_list(
        self, viewer: Viewer, event_id: str, occurrence: str | None, after: Cursor | None, limit: PageSize
    ) -> Page[WaitingPerson]:
        """Who waits for a seat at a date, the next to get one first. Raises as `attendees`."""

    @safe
    def waiting_place(self, viewer: Viewer, event_id: str, occurrence: str) -> int | None:
        """The viewer's place on the waiting list of a date, from 1 on; None if they are not on it. Raises as
        `attendees`."""

    @safe
    def attendance(self, viewer: Viewer, event_id: str, occurrence: str) -> Attending | None:
        """Whether the viewer attends a date of an event. Raises `SignInNeeded` for viewers who are not signed in."""

    def create_event(self, viewer: Viewer, command: CreateEvent) -> EventView: ...
    def change_event(self, viewer: Viewer, event_id: str, command: ChangeEvent) -> EventView: ...
    def hold_event(self, viewer: Viewer, command: CreateEvent) -> HeldView: ...
    def hold_event_change(self, viewer: Viewer, event_id: str, command: ChangeEvent) -> HeldView: ...
    def hold_event_version(self, viewer: Viewer, event_id: str, command: SetEventVersion) -> HeldView: ...
    def set_event_version(self, viewer: Viewer, event_id: str, command: SetEventVersion) -> EventView: ...
    def attend(
        self, viewer: Viewer, event_id: str, occurrence: str | None, attending: Attending | None
    ) -> EventView:
        """Say whether the viewer attends a date; None: no longer.

        Who is going to a date that is full gets on its waiting list (`my_place`), and the seat that somebody frees goes
        to who has waited longest. Who may go needs no seat. Raises `Forbidden("event-cancelled")` and
        `Forbidden("event-past")`.
        """

    def delete_event(self, viewer: Viewer, event_id: str, command: Delete) -> Deletion:
        """Delete an event: its author, and moderators, who give a reason. Its attendees are told that it is cancelled.

        Deleting it again changes nothing: the result is the first deletion.
        """

    def restore_event(self, viewer: Viewer, event_id: str) -> EventView:
        """Undo an event's deletion; one that is not deleted stays as it is. Raises `Forbidden("not-restorer")`."""

    @safe
    def event_deletions(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[DeletionLine]:
        """The log of deletions for moderators, newest first: of what they moderate. Raises `Forbidden`."""

    @safe
    def event_revisions(
        self, viewer: Viewer, event_id: str, language: str | None, after: Cursor | None, limit: PageSize
    ) -> Page[TextRevision]:
        """What an event says, and said before, in the language that `event` chooses; the newest first. That of a
        deleted event is for whom the event is."""

    def withhold_revision(
        self, viewer: Viewer, event_id: str, language: LanguageCode, revision: int, command: Withhold
    ) -> None:
        """Withhold an earlier text from the history: who wrote it, and moderators.

        Raises `Forbidden("not-withholder")`, and `Conflict("revision-current")` for the text that is shown now.
        """

    @needs_scope("moderate")
    def show_revision(self, viewer: Viewer, event_id: str, language: LanguageCode, revision: int) -> None:
        """Undo `withhold_revision`; only moderators may. Raises `Forbidden("not-restorer")`."""

    @safe
    def find_places(self, viewer: Viewer, text: str, limit: int) -> list[FoundPlace]:
        """Cities whose name, in any script of the gazetteer, begins with `text`; the largest first, at most 20."""
