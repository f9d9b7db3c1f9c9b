"""Decisions of events: who may do what, and which input is valid."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.common import Audience
from contracts.errors import Fault, Forbidden, Invalid, NotFound
from contracts.events import Format, PlaceInput
from core import languages, slugs
from core.audience import Viewer, may_see
from services.shared import powers
from services.shared.authorisation import writer
from services.shared.limits import limits_hold
from services.shared.powers import Part
from services.shared.web_addresses import is_web_address

MOST_EVENTS = 20
"""The number of events that one member may create within `EVENTS_PERIOD`."""

EVENTS_PERIOD = timedelta(hours=1)
MOST_TAGS = 10
MOST_SPOKEN = 20
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FARTHEST = timedelta(days=3660)
"""How far ahead of now an event may begin."""

_ZONE = re.compile(r"UTC|(?!posix/|right/)[A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2}")


def check_create(viewer: Viewer, audience: Audience) -> str:
    """The author of a new event for `audience`. A group that the viewer is not in is `NotFound`, in an
    archived one nobody creates any."""
    person = writer(viewer)
    if not may_see(viewer, audience):
        raise NotFound()
    powers.check_not_archived(viewer, audience)
    return person


def may_edit(viewer: Viewer, author_id: str, part: Part) -> bool:
    """Whether the viewer may change the event: its author and its moderators, and for a group's event those of Space;
    each only while they may see it."""
    if not viewer.writes or not may_see(viewer, part.audience):
        return False
    return viewer.person_id == author_id or viewer.has("moderator") or moderates(viewer, part)


def check_edit(viewer: Viewer, author_id: str, part: Part) -> None:
    """Raises `SignInNeeded` or `Forbidden` unless the viewer may change the event."""
    writer(viewer)
    if not may_edit(viewer, author_id, part):
        raise Forbidden("event-not-yours")


def moderates(viewer: Viewer, part: Part) -> bool:
    """Whether the viewer moderates events of this part: in a group its own moderators, elsewhere those of the site and
    of the event's original language."""
    return powers.moderates(viewer, part)


def check_delete(viewer: Viewer, author_id: str, part: Part) -> bool:
    """Whether the viewer deletes an event as its organiser. Raises `Forbidden` unless they may delete it."""
    if viewer.person_id == author_id:
        return True
    if not moderates(viewer, part):
        raise Forbidden("not-deleter")
    return False


def may_see_deleted(viewer: Viewer, author_id: str, part: Part) -> bool:
    """Whether the viewer, who is in its audience, sees that an event is deleted, and why."""
    return viewer.signed_in and (viewer.person_id == author_id or moderates(viewer, part))


def may_translate(viewer: Viewer) -> bool:
    """Whether the viewer may write a translation of an event that they see: any member."""
    return viewer.writes


def reviews_by_writing(viewer: Viewer, author_id: str) -> bool:
    """Whether a translation counts as reviewed as soon as this viewer saves it."""
    return viewer.person_id == author_id or viewer.has("editor", "moderator")


def limited(viewer: Viewer) -> bool:
    """Whether flood limits hold: not for moderators."""
    return limits_hold(viewer, "moderator")


class Checks:
    """Collects all faults of an input, so that a form shows every one at once."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, field: str, code: str, **params: str | int) -> None:
        """Add a fault."""
        self.faults.append(Fault(field=field, code=code, params=params))

    def done(self) -> None:
        """Raises `Invalid` when anything was noted."""
        if self.faults:
            raise Invalid(faults=self.faults)

    def language(self, field: str, code: str) -> str:
        """The normal form of a language code."""
        try:
            return languages.normalise(code)
        except ValueError:
            self.add(field, "language-unknown", language=code)
            return code

    def spoken(self, codes: list[str]) -> list[str]:
        """The languages spoken, each once."""
        if len(codes) > MOST_SPOKEN:
            self.add("spoken", "spoken-many", most=MOST_SPOKEN)
        return list(dict.fromkeys(self.language("spoken", code) for code in codes[:MOST_SPOKEN]))

    def tags(self, tags: list[str]) -> list[str]:
        """The tags in their normal form, each once."""
        if len(tags) > MOST_TAGS:
            self.add("tags", "tags-many", most=MOST_TAGS)
        found: dict[str, None] = {}
        for tag in tags[:MOST_TAGS]:
            try:
                found[slugs.tag(tag)] = None
            except ValueError:
                self.add("tags", "tag-shape", tag=tag)
        return list(found)

    def timezone(self, name: str) -> ZoneInfo | None:
        """The zone of that name; None after noting `timezone-unknown`."""
        zone = zone_of(name)
        if zone is None:
            self.add("timezone", "timezone-unknown", timezone=name)
        return zone

    def start(self, local: datetime, now: datetime) -> datetime:
        """The start to the minute. Adds `start-far` if it is before `EARLIEST` or more than `FARTHEST` ahead."""
        if not EARLIEST <= local.replace(tzinfo=UTC) <= now + FARTHEST:
            self.add("start", "start-far")
        return local.replace(second=0, microsecond=0)

    def url(self, url: str | None) -> str | None:
        """The link, None for an empty one."""
        if url and not is_web_address(url):
            self.add("online_url", "url-shape")
        return url or None

    def place(self, place: PlaceInput) -> None:
        """Adds `country-shape` unless the country is two letters or empty. The contract checks the rest."""
        if place.country and not (
            place.country.isascii() and place.country.isalpha() and len(place.country) == 2
        ):
            self.add("place", "country-shape", country=place.country)


def zone_of(name: str) -> ZoneInfo | None:
    """The IANA zone of that name, or None."""
    if not _ZONE.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
        return None


def slug(title: str) -> str:
    """The readable end of an event's address, `event` for a title without a letter."""
    return slugs.slug(title) or "event"


def format_of(has_place: bool, has_link: bool) -> Format:
    """How people take part."""
    return "hybrid" if has_place and has_link else "onsite" if has_place else "online"


def attendance_open(status: str, ends_at: datetime, now: datetime) -> bool:
    """Whether people may still set whether they attend a date."""
    return status != "cancelled" and ends_at > now


def has_seats(status: str, ends_at: datetime, now: datetime, free: int | None) -> bool:
    """Whether one can still go to a date: nobody who says so has to wait. `free`: its free seats, None without a
    limit."""
    return attendance_open(status, ends_at, now) and free != 0


def free_seats(seats: int | None, going: int) -> int | None:
    """The seats that nobody has; None without a limit. There are none too if more people go than there are seats."""
    return None if seats is None else max(0, seats - going)


def may_attend(viewer: Viewer, status: str, ends_at: datetime, now: datetime) -> bool:
    """Whether the viewer may set whether they attend a date of an event that they see."""
    return viewer.writes and attendance_open(status, ends_at, now)


def check_attendance_open(status: str, ends_at: datetime, now: datetime) -> None:
    """Raises `Forbidden("event-cancelled")` or `Forbidden("event-past")` unless `attendance_open`."""
    if not attendance_open(status, ends_at, now):
        raise Forbidden("event-cancelled" if status == "cancelled" else "event-past")
