"""The readers of events: rows for actions, and who attends. Lists are in `lists`, events in full in `full`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, String, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from contracts.common import Cursor, Page, TextVersion
from contracts.deletion import DeletionLine
from contracts.errors import NotFound, SignInNeeded, invalid
from contracts.events import Attendee, Attending, EventState, WaitingPerson
from core import clock, paging
from core.audience import Viewer, audiences
from core.columns import AnyRow, AnySelect
from core.power_rows import in_power
from services.events import rules, views
from services.events.tables import Attendance, Deletion, EventRow, Occurrence, VersionRow
from services.events.views import AttendanceCounts, OwnAttendance
from services.shared import deletion as log
from services.shared import powers
from services.shared.authorisation import signed_in
from services.shared.cursors import parse_cursor, position
from services.shared.texts import text_versions

# The tables, not the mapped classes: statements of these go past the session's own work.
_EVENT: Any = EventRow.__table__
_VERSION: Any = VersionRow.__table__
_DATE: Any = Occurrence.__table__
_ATTENDANCE: Any = Attendance.__table__
# How somebody attends a date: `going`, `maybe` or `waiting`.
_HOW = case((_ATTENDANCE.c.waits.is_(None), _ATTENDANCE.c.attending), else_="waiting").label("how")
IDS = bindparam("ids", type_=String, expanding=True)
_COUNTS: AnySelect = (
    select(_ATTENDANCE.c.event_id, _ATTENDANCE.c.occurrence, _HOW, func.count())
    .where(_ATTENDANCE.c.event_id.in_(bindparam("ids", expanding=True)))
    .where(_ATTENDANCE.c.occurrence.in_(bindparam("names", expanding=True)))
    .group_by(_ATTENDANCE.c.event_id, _ATTENDANCE.c.occurrence, _HOW)
)
_AHEAD = _ATTENDANCE.alias()
_PLACE = (
    select(func.count())
    .select_from(_AHEAD)
    .where(
        _AHEAD.c.event_id == _ATTENDANCE.c.event_id,
        _AHEAD.c.occurrence == _ATTENDANCE.c.occurrence,
        _AHEAD.c.waits <= _ATTENDANCE.c.waits,
    )
    .scalar_subquery()
)
_ATTENDED: AnySelect = select(
    _ATTENDANCE.c.event_id,
    _ATTENDANCE.c.occurrence,
    _ATTENDANCE.c.attending,
    case((_ATTENDANCE.c.waits.is_(None), None), else_=_PLACE).label("place"),
).where(
    _ATTENDANCE.c.person_id == bindparam("person"),
    _ATTENDANCE.c.event_id.in_(bindparam("ids", expanding=True)),
)


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a row of `EventRow` is there for the viewer: of what they may see, and not deleted."""
    return and_(EventRow.audience.in_(audiences(viewer)), EventRow.deletion_id.is_(None))


def readable(viewer: Viewer) -> ColumnElement[bool]:
    """The same, and deleted ones by `rules.may_see_deleted`."""
    return readable_by(**readers_values(viewer))


def readable_by(audiences: Any, person: Any, moderated: Any, moderated_languages: Any) -> ColumnElement[bool]:
    """`readable` for who may see `audiences` and moderates the rest; each is a value or a parameter."""
    own, of_moderator = EventRow.author_id == person, in_power(EventRow, moderated, moderated_languages)
    return and_(EventRow.audience.in_(audiences), or_(EventRow.deletion_id.is_(None), own, of_moderator))


EVENTS: AnySelect = select(*_EVENT.c).where(
    EventRow.id.in_(IDS),
    readable_by(
        bindparam("audiences", type_=String, expanding=True),
        bindparam("person", type_=String),
        bindparam("moderated", type_=String, expanding=True),
        bindparam("moderated_languages", type_=String, expanding=True),
    ),
)
"""Events by their `ids`, of those that the viewer of `readers_values` may read."""

VERSIONS: AnySelect = select(*_VERSION.c).where(VersionRow.event_id.in_(IDS))
"""The texts of the events with these `ids`."""


def readers_values(viewer: Viewer) -> dict[str, Any]:
    """The values of `readable_by`."""
    return {
        "audiences": audiences(viewer),
        "person": viewer.person_id or "",
        **powers.moderated(viewer),
    }


def visible_event(session: Session, viewer: Viewer, event_id: str) -> AnyRow:
    """The columns of an event, also of a deleted one for its author and moderators. Raises `NotFound` if there is none
    or the viewer may not see it."""
    row = session.execute(EVENTS, readers_values(viewer) | {"ids": [event_id]}).first()
    if row is None:
        raise NotFound()
    return row


def event_for_change(session: Session, viewer: Viewer, event_id: str, deleted: bool = False) -> EventRow:
    """The event's current row, locked until the transaction ends. Raises `NotFound` as `visible_event` does.

    `deleted`: also a deleted one, for whom may still read it.
    """
    there = readable(viewer) if deleted else visible(viewer)
    wanted = select(EventRow).where(EventRow.id == event_id, there).with_for_update()
    row = session.scalars(wanted.execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound()
    powers.check_not_archived(viewer, row.audience)
    return row


def deletions(session: Session, viewer: Viewer, after: Cursor | None, limit: int) -> Page[DeletionLine]:
    """The log of deletions of what the viewer moderates, newest first."""
    mine = powers.moderated(viewer)
    log.check_reads_log(viewer, mine, "not-deleter")
    of_moderator = in_power(EventRow, mine["moderated"], mine["moderated_languages"])
    there = select(EventRow.id).where(
        EventRow.id == Deletion.item_id, EventRow.audience.in_(audiences(viewer)), of_moderator
    )
    wanted: AnySelect = select(*Deletion.__table__.c).where(there.exists())
    page = paging.newest_first(wanted, Deletion.at, Deletion.id, position(after), limit)
    rows = session.execute(page).all()
    return log.page_of(rows, limit, lambda row: views.deletion_line(row, viewer))


def attendance(session: Session, viewer: Viewer, event_id: str, occurrence: str) -> Attending | None:
    """Whether the viewer attends one date; None if they did not say so, or may not see the event."""
    person_id = signed_in(viewer)
    found = session.execute(
        select(Attendance.attending)
        .join(EventRow, EventRow.id == Attendance.event_id)
        .where(
            Attendance.event_id == event_id,
            Attendance.occurrence == occurrence,
            Attendance.person_id == person_id,
            Attendance.waits.is_(None),
            readable(viewer),
        )
    ).scalar()
    return cast(Attending | None, found)


def waiting_place(session: Session, viewer: Viewer, event_id: str, occurrence: str) -> int | None:
    """The viewer's place on the waiting list of a date; None if they are not on it, or may not see the event."""
    signed_in(viewer)
    if session.scalar(select(EventRow.id).where(EventRow.id == event_id, readable(viewer))) is None:
        return None
    return attended(session, viewer, [event_id]).get((event_id, occurrence), OwnAttendance()).place


def waiting_list(
    session: Session, viewer: Viewer, event_id: str, occurrence: str | None, after: Cursor | None, limit: int
) -> Page[WaitingPerson]:
    """Who waits for a seat at one date, the next to get one first. For members only, as `attendees`."""
    row = visible_event(session, viewer, event_id)
    signed_in(viewer)
    date = date_of(session, row.id, occurrence, clock.now())
    query: AnySelect = select(_ATTENDANCE.c.person_id, _ATTENDANCE.c.since, _ATTENDANCE.c.waits).where(
        Attendance.event_id == row.id,
        Attendance.occurrence == date.occurrence,
        Attendance.waits > (waits_after(after) if after is not None else 0),
    )
    rows = session.execute(query.order_by(Attendance.waits).limit(limit + 1)).all()
    items = [WaitingPerson(person_id=each.person_id, since=each.since) for each in rows[:limit]]
    return Page[WaitingPerson](items=items, next=str(rows[limit - 1].waits) if len(rows) > limit else None)


def waits_after(cursor: Cursor) -> int:
    """The place on a waiting list after which a page begins. Raises `Invalid` with the fault `cursor-shape`."""
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise invalid("after", "cursor-shape")
    return int(cursor)


def attendees(
    session: Session, viewer: Viewer, event_id: str, occurrence: str | None, after: Cursor | None, limit: int
) -> Page[Attendee]:
    """The people who attend one date, in the order in which they said so, without those who wait for a seat. For
    members only, since it tells where somebody will be."""
    row = visible_event(session, viewer, event_id)
    if not viewer.signed_in:
        raise SignInNeeded()
    date = date_of(session, row.id, occurrence, clock.now())
    of_date = (
        Attendance.event_id == row.id,
        Attendance.occurrence == date.occurrence,
        Attendance.waits.is_(None),
    )
    query: AnySelect = select(_ATTENDANCE.c.person_id, _ATTENDANCE.c.attending, _ATTENDANCE.c.since).where(
        *of_date
    )
    if after is not None:
        since, person_id, *_ = parse_cursor(after)
        query = query.where(
            (Attendance.since > since) | ((Attendance.since == since) & (Attendance.person_id > person_id))
        )
    rows = session.execute(query.order_by(Attendance.since, Attendance.person_id).limit(limit + 1)).all()
    items = [
        Attendee.model_validate(
            {"person_id": each.person_id, "attending": each.attending, "since": each.since}
        )
        for each in rows[:limit]
    ]
    next_cursor = paging.cursor(items[-1].since, items[-1].person_id) if len(rows) > limit else None
    total = session.scalar(select(func.count()).select_from(Attendance).where(*of_date))
    return Page[Attendee](items=items, next=next_cursor, total=total)


def date_of(session: Session, event_id: str, occurrence: str | None, now: datetime) -> AnyRow:
    """The columns of the date named `occurrence`, by default the next (or the current one), else the last."""
    session.flush()  # what a command has changed: the statements go past the session's own objects
    dates: AnySelect = select(*_DATE.c).where(Occurrence.event_id == event_id)
    if occurrence is not None:
        found = session.execute(dates.where(Occurrence.occurrence == occurrence)).first()
    else:
        coming = dates.where(Occurrence.ends_at > now).order_by(Occurrence.starts_at).limit(1)
        found = session.execute(coming).first()
        if found is None:
            found = session.execute(dates.order_by(Occurrence.starts_at.desc()).limit(1)).first()
    if found is None:
        raise NotFound()
    return found


def versions(session: Session, row: EventRow | AnyRow) -> list[TextVersion]:
    """The language versions, original first."""
    session.flush()  # what a command has changed: the statements go past the session's own objects
    rows = session.execute(VERSIONS, {"ids": [row.id]}).all()
    return text_versions(rows, row.original_language, row.text_revision, lambda version: version.body)


def counts(session: Session, dates: list[tuple[str, str]]) -> dict[tuple[str, str], AttendanceCounts]:
    """The numbers of people for each of the dates (event id, occurrence) that anybody attends."""
    ids, names = ({each[at] for each in dates} for at in (0, 1))
    rows = session.execute(_COUNTS, {"ids": list(ids), "names": list(names)}) if dates else ()
    found: dict[tuple[str, str], AttendanceCounts] = {}
    for event_id, occurrence, how, count in rows:
        key = event_id, occurrence
        found[key] = found.get(key, AttendanceCounts())._replace(**{how: count})
    return found


def attended(session: Session, viewer: Viewer, event_ids: list[str]) -> dict[tuple[str, str], OwnAttendance]:
    """What the viewer said of the dates (event id, occurrence) of these events; nothing for a stranger."""
    if viewer.person_id is None:
        return {}
    found = session.execute(_ATTENDED, {"ids": event_ids, "person": viewer.person_id})
    return {
        (event_id, occurrence): OwnAttendance(attending if place is None else None, place)
        for event_id, occurrence, attending, place in found
    }


def going(session: Session, event_id: str, occurrence: str) -> int:
    """How many people go to a date: who have its seats."""
    found = session.scalar(
        select(func.count())
        .select_from(Attendance)
        .where(
            Attendance.event_id == event_id,
            Attendance.occurrence == occurrence,
            Attendance.attending == "going",
            Attendance.waits.is_(None),
        )
    )
    return found or 0


def has_seats(session: Session, row: EventRow | AnyRow, date: AnyRow, now: datetime) -> bool:
    """Whether one can still go to a date of an event."""
    taken = going(session, row.id, date.occurrence) if row.seats is not None else 0
    return rules.has_seats(row.status, date.ends_at, now, rules.free_seats(row.seats, taken))


def state(session: Session, row: EventRow | AnyRow) -> EventState:
    """The whole event, for its events. `starts_at` and `ends_at` are those of its next date, else of its
    last."""
    now = clock.now()
    date = date_of(session, row.id, None, now)
    return EventState.model_validate(
        {
            **views.common_fields(row),
            "has_seats": has_seats(session, row, date, now),
            "versions": versions(session, row),
            "starts_at": date.starts_at,
            "ends_at": date.ends_at,
        }
    )


def deleted_state(session: Session, row: EventRow) -> EventState:
    """A deleted event, for its event: which one and when, without what it said."""
    whole = state(session, row)
    gone: dict[str, object] = {
        "slug": row.id,
        "versions": [],
        "tags": [],
        "spoken": [],
        "place": None,
        "online_url": None,
        "has_seats": False,
    }
    return whole.model_copy(update=gone)
