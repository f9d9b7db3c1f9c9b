"""The writers of events. Each changes rows and appends what happened, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import Conflict, invalid
from contracts.events import (
    ChangeEvent,
    CreateEvent,
    EventChanged,
    EventCreated,
    EventView,
    PlaceInput,
    SetEventVersion,
)
from core import clock
from core.audience import Viewer
from core.ids import new_id
from core.tag_rows import TagRows
from services.events import queries, rules
from services.events.actions import writing
from services.events.actions.attendance import move_attendance, move_up, publish
from services.events.actions.dates import write_dates
from services.events.actions.texts import check_edits, write_text
from services.events.recurrence import normal_rule, skipped
from services.events.tables import EventRow, EventSpoken, EventTag, FormerTag, VersionRow
from services.shared.authorisation import writer
from services.shared.limits import check_rate
from services.shared.powers import Part, part_of
from services.shared.writing_checks import Draft, details_of


@dataclass(frozen=True)
class NewEvent:
    """What was checked of a new event, in the form in which it is stored."""

    author_id: str
    at: datetime
    language: str
    start: datetime
    online_url: str | None
    tags: list[str]
    spoken: list[str]


def check_new_event(session: Session, viewer: Viewer, command: CreateEvent) -> NewEvent:
    """What is stored of a new event. Raises if the viewer may not create it, and `Invalid`."""
    author_id = rules.check_create(viewer, command.audience)
    now = clock.now()
    if rules.limited(viewer):
        _check_flood(session, author_id)
    checks = rules.Checks()
    language = checks.language("language", command.language)
    start = checks.start(command.start, now)
    _check_time(checks, start, command.timezone)
    url = checks.url(command.online_url)
    if command.place is not None:
        checks.place(command.place)
    if command.place is None and url is None:
        checks.add("place", "where-missing")
    tags, spoken = _tags_now(session, checks.tags(command.tags)), checks.spoken(command.spoken)
    checks.done()
    return NewEvent(author_id, now, language, start, url, tags, spoken)


def create_event(session: Session, viewer: Viewer, command: CreateEvent) -> EventView:
    """Create an event. Raises `Conflict("review-needed")`, as all that writes a text."""
    new = check_new_event(session, viewer, command)
    now, start, zone = new.at, new.start, command.timezone
    draft = draft_of_new(command)
    verdict = writing.judged(session, viewer, Part(command.audience, new.language), draft).appearing()
    row = EventRow(
        id=new_id(),
        slug=rules.slug(command.title),
        audience=command.audience,
        author_id=new.author_id,
        status=command.status,
        original_language=new.language,
        spoken=new.spoken,
        tags=new.tags,
        local_start=start,
        minutes=command.minutes,
        timezone=zone,
        recurrence=normal_rule(command.recurrence, start, zone) if command.recurrence else None,
        online_url=new.online_url,
        seats=command.seats,
        revision=1,
        text_revision=1,
        sequence=0,
        created_at=now,
        changed_at=now,
    )
    _set_place(row, command.place)
    session.add(row)
    session.flush()
    _set_text(session, row, command.title, command.body, new.author_id, now)
    set_filters(session, row)
    write_dates(session, row, now)
    append_event(session, EventCreated(event=queries.state(session, row), by_id=new.author_id))
    writing.flag(session, verdict, row, draft, new.language)
    return queries.event(session, viewer, row.id, None, new.language)


def change_event(session: Session, viewer: Viewer, event_id: str, command: ChangeEvent) -> EventView:
    """Change the fields that the command gives. A stale `revision` raises `Conflict("edit-conflict")` with
    both texts.

    When a single event moves, its attendances move with it. In a series they keep the date of the same day;
    an attendance of a day that the series no longer has ends. More seats go to who waits for one; with fewer nobody
    loses theirs.
    """
    row, original = check_change(session, viewer, event_id, command)
    now = clock.now()
    checks = rules.Checks()
    start = checks.start(command.start, now) if command.start is not None else row.local_start
    timezone = command.timezone or row.timezone
    if command.start is not None or command.timezone is not None:
        _check_time(checks, start, timezone)
    url = row.online_url if command.online_url is None else checks.url(command.online_url)
    if command.place is not None:
        checks.place(command.place)
    has_place = command.place is not None or (row.place_name is not None and not command.no_place)
    if not has_place and url is None:
        checks.add("place", "where-missing")
    tags = row.tags if command.tags is None else _tags_now(session, checks.tags(command.tags))
    spoken = row.spoken if command.spoken is None else checks.spoken(command.spoken)
    checks.done()
    draft = draft_of_change(row, original, command)
    verdict = writing.judged(session, viewer, part_of(row), draft).appearing()
    before = (row.local_start, row.minutes, row.timezone, row.recurrence)
    recurrence = row.recurrence if command.recurrence is None else command.recurrence or None
    # A series of an earlier release, whose start may not be in its rule, can still be changed in other ways.
    if recurrence is not None and (start, timezone, recurrence) != (before[0], before[2], before[3]):
        recurrence = normal_rule(recurrence, start, timezone)
    row.local_start, row.timezone, row.recurrence = start, timezone, recurrence
    row.minutes = command.minutes or row.minutes
    row.online_url, row.tags, row.spoken = url, tags, spoken
    row.status = command.status or row.status
    row.seats = None if command.no_seats else command.seats or row.seats
    if command.place is not None or command.no_place:
        _set_place(row, command.place)
    row.format = rules.format_of(has_place, url is not None)
    if command.title is not None or command.body is not None:
        title, body = command.title or original.title, command.body or original.body
        if (title, body) != (original.title, original.body):
            check_edits(session, viewer, row.id)
            row.text_revision += 1
            row.slug = rules.slug(title)
            _set_text(session, row, title, body, writer(viewer), now)
    row.revision += 1
    row.sequence += 1
    row.changed_at = now
    session.flush()
    set_filters(session, row)
    attendance = []
    if before != (row.local_start, row.minutes, row.timezone, row.recurrence):
        attendance += move_attendance(
            session, row, write_dates(session, row, now), series=before[3] is not None
        )
    attendance += move_up(session, row, now)
    append_event(session, EventChanged(event=queries.state(session, row), by_id=writer(viewer)))
    publish(session, row, attendance)
    writing.flag(session, verdict, row, draft, row.original_language)
    return queries.event(session, viewer, event_id, None, None)


def check_change(
    session: Session, viewer: Viewer, event_id: str, command: ChangeEvent
) -> tuple[EventRow, VersionRow]:
    """The event, locked, and its original. Raises if the viewer may not change it, and `Conflict("edit-conflict")`."""
    row = queries.event_for_change(session, viewer, event_id)
    rules.check_edit(viewer, row.author_id, part_of(row))
    original = _original(session, row)
    if command.revision != row.revision:
        raise Conflict(
            "edit-conflict",
            data={
                "yours": command.model_dump(mode="json", exclude_unset=True, exclude={"revision"}),
                "theirs": {"title": original.title, "body": original.body},
                "revision": row.revision,
            },
        )
    return row, original


def draft_of_new(command: CreateEvent) -> Draft:
    """A new event, for the rules."""
    return Draft(command.title, command.body, "event", beside=details_of(command))


def draft_of_change(row: EventRow, original: VersionRow, command: ChangeEvent) -> Draft:
    """An event's new texts, place, link and tags, for the rules."""
    title, body = command.title or original.title, command.body or original.body
    known = (original.title, original.body, row.place_name, row.venue, row.online_url, *row.tags)
    return Draft(title, body, before="\n\n".join(filter(None, known)), beside=details_of(command))


def set_event_version(session: Session, viewer: Viewer, event_id: str, command: SetEventVersion) -> EventView:
    """Add or change a translation, which any member may do. It then counts as up to date with the original."""
    person_id = writer(viewer)
    row, language, draft = check_version(session, viewer, event_id, command)
    now = clock.now()
    verdict = writing.judged(session, viewer, part_of(row), draft).appearing()
    version = session.get(VersionRow, (event_id, language))
    if version is None:
        version = VersionRow(event_id=event_id, language=language, revision=0)
        session.add(version)
    elif (version.title, version.body) != (command.title, command.body):
        check_edits(session, viewer, event_id)
    write_text(session, row, version, command.title, command.body, person_id, now)
    version.translator_id = person_id
    version.reviewed = rules.reviews_by_writing(viewer, row.author_id)
    version.based_on = row.text_revision
    row.changed_at = now
    row.sequence += 1
    session.flush()
    append_event(session, EventChanged(event=queries.state(session, row), by_id=person_id))
    writing.flag(session, verdict, row, draft, language)
    return queries.event(session, viewer, event_id, None, language)


def check_version(
    session: Session, viewer: Viewer, event_id: str, command: SetEventVersion
) -> tuple[EventRow, str, Draft]:
    """The event, locked, the translation's language, and what it says, for the rules. Raises if the viewer may not."""
    writer(viewer)
    row = queries.event_for_change(session, viewer, event_id)
    checks = rules.Checks()
    language = checks.language("language", command.language)
    if language == row.original_language:
        checks.add("language", "version-original", language=language)
    checks.done()
    known = (session.get(VersionRow, (event_id, code)) for code in (row.original_language, language))
    before = "\n\n".join(f"{each.title}\n\n{each.body}" for each in known if each is not None)
    return row, language, Draft(command.title, command.body, before=before)


def _check_flood(session: Session, author_id: str) -> None:
    created = select(EventRow.created_at).where(EventRow.author_id == author_id)
    newest = created.order_by(EventRow.created_at.desc())
    nth_newest = session.scalar(newest.offset(rules.MOST_EVENTS - 1).limit(1))
    check_rate(nth_newest, rules.EVENTS_PERIOD, "too-many-events")


def _check_time(checks: rules.Checks, start: datetime, timezone: str) -> None:
    zone = checks.timezone(timezone)
    if zone is not None and not checks.faults and skipped(start, zone):
        checks.add("start", "time-odd", timezone=timezone)


def _set_place(row: EventRow, place: PlaceInput | None) -> None:
    row.place_name = place.name if place else None
    row.country = place.country.upper() if place else ""
    row.latitude = place.latitude if place else None
    row.longitude = place.longitude if place else None
    row.venue = place.venue if place else ""
    row.format = rules.format_of(place is not None, row.online_url is not None)


def _original(session: Session, row: EventRow) -> VersionRow:
    version = session.get(VersionRow, (row.id, row.original_language))
    if version is None:
        raise invalid("language", "language-unknown", language=row.original_language)
    return version


def _set_text(session: Session, row: EventRow, title: str, body: str, by_id: str, now: datetime) -> None:
    """Write the original's text."""
    version = session.get(VersionRow, (row.id, row.original_language))
    if version is None:
        version = VersionRow(event_id=row.id, language=row.original_language, revision=0, reviewed=True)
        session.add(version)
    write_text(session, row, version, title, body, by_id, now)
    version.based_on = row.text_revision
    session.flush()


def _tags_now(session: Session, tags: list[str]) -> list[str]:
    """These tags; for one that was replaced its successor."""
    return TagRows(session, FormerTag, EventTag.event_id).now(tags)


def set_filters(session: Session, row: EventRow) -> None:
    """Store the event's tags and spoken languages once more in the tables that lists are filtered by."""
    session.execute(delete(EventTag).where(EventTag.event_id == row.id))
    session.execute(delete(EventSpoken).where(EventSpoken.event_id == row.id))
    if row.tags:
        session.execute(insert(EventTag), [{"event_id": row.id, "tag": tag} for tag in row.tags])
    if row.spoken:
        session.execute(insert(EventSpoken), [{"event_id": row.id, "language": code} for code in row.spoken])
