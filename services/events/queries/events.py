"""The readers of events: one event, and its attendees. Lists are in `lists`."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from contracts.common import Cursor, Page, TextVersion
from contracts.deletion import DeletionLine
from contracts.errors import NotFound, SignInNeeded, invalid
from contracts.events import Attendee, Attending, EventState, EventView
from core import clock, paging
from core.audience import Viewer, audiences
from services.events import rules, views
from services.events.tables import Attendance, Deletion, EventRow, Occurrence, VersionRow
from services.shared import deletion as log
from services.shared.authorisation import signed_in
from services.shared.cursors import parse_cursor, position
from services.shared.deletion import may_restore
from services.shared.ids import AT_ONCE, checked_ids
from services.shared.texts import text_versions, version_for

NEXT_DATES = 12


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a row of `EventRow` is there for the viewer: of what they may see, and not deleted."""
    return and_(EventRow.audience.in_(audiences(viewer)), EventRow.deletion_id.is_(None))


def readable(viewer: Viewer) -> ColumnElement[bool]:
    """The same, and deleted ones by `rules.may_see_deleted`."""
    moderated = [each for each in audiences(viewer) if rules.moderates(viewer, each)]
    return and_(
        EventRow.audience.in_(audiences(viewer)),
        or_(
            EventRow.deletion_id.is_(None),
            EventRow.author_id == (viewer.person_id or ""),
            EventRow.audience.in_(moderated),
        ),
    )


def visible_event(session: Session, viewer: Viewer, event_id: str) -> EventRow:
    """The event's row, also of a deleted event for its author and moderators. Raises `NotFound` if there is none or the
    viewer may not see it."""
    row = session.scalar(select(EventRow).where(EventRow.id == event_id, readable(viewer)))
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
    return row


def event(
    session: Session, viewer: Viewer, event_id: str, occurrence: str | None, language: str | None
) -> EventView:
    """One event at the date `occurrence`, by default its next date (or the current one), else its last.

    The text is in `language` if there is such a version, else in the one that the viewer reads best.
    """
    row = visible_event(session, viewer, event_id)
    now = clock.now()
    date = date_of(session, event_id, occurrence, now)
    texts = versions(session, row)
    text = version_for(texts, viewer, row.original_language, language)
    stored = session.get_one(VersionRow, (event_id, text.language))
    next_dates = session.scalars(
        select(Occurrence.starts_at)
        .where(Occurrence.event_id == event_id, Occurrence.ends_at > now)
        .order_by(Occurrence.starts_at)
        .limit(NEXT_DATES)
    ).all()
    attending = counts(session, [(event_id, date.occurrence)]).get((event_id, date.occurrence), (0, 0))
    mine = None
    if viewer.person_id is not None:
        mine = session.get(Attendance, (event_id, date.occurrence, viewer.person_id))
    return EventView.model_validate(
        {
            **views.common_fields(row),
            **views.date_fields(row, date, attending, mine.attending if mine else None),
            "language": text.language,
            "title": text.title,
            "languages": [each.language for each in texts],
            "body": text.body,
            **views.stored_forms(stored),
            "revision": row.revision,
            "versions": texts,
            "dates": next_dates,
            **_rights(session, viewer, row, date, now),
        }
    )


def events_by_id(
    session: Session, viewer: Viewer, ids: list[str], occurrences: list[str | None], language: str | None
) -> list[EventView]:
    """Several events by their ids, each at its occurrence. Raises `too-many-ids`."""
    if len(ids) != len(occurrences):
        raise invalid("ids", "too-many-ids", most=len(occurrences))
    known = checked_ids(ids, AT_ONCE)
    found = []
    for event_id, occurrence in zip(ids, occurrences, strict=True):
        if event_id in known:
            # Not for this viewer, or gone meanwhile.
            with suppress(NotFound):
                found.append(event(session, viewer, event_id, occurrence, language))
    return found


def _rights(
    session: Session, viewer: Viewer, row: EventRow, date: Occurrence, now: datetime
) -> dict[str, object]:
    """What the viewer may do with an event; with a deleted one only restore it."""
    moderates = rules.moderates(viewer, row.audience)
    if row.deletion_id is not None:
        ended = session.get_one(Deletion, row.deletion_id)
        return {
            "may_restore": may_restore(viewer.person_id, moderates, ended.reason, ended.by_id),
            "deletion": log.deletion_view(ended, moderates),
        }
    organises = viewer.person_id == row.author_id
    return {
        "attendance_open": rules.attendance_open(row.status, date.ends_at, now),
        "may_edit": rules.may_edit(viewer, row.author_id, row.audience),
        "may_translate": rules.may_translate(viewer),
        "may_attend": rules.may_attend(viewer, row.status, date.ends_at, now),
        "may_delete": organises or moderates,
        "reason_needed": moderates and not organises,
    }


def deletions(session: Session, viewer: Viewer, after: Cursor | None, limit: int) -> Page[DeletionLine]:
    """The log of deletions of what the viewer moderates, newest first."""
    mine = log.moderated(viewer, audiences(viewer), rules.moderates, "not-deleter")
    wanted = select(Deletion).where(Deletion.audience.in_(mine))
    page = paging.newest_first(wanted, Deletion.at, Deletion.id, position(after), limit)
    rows = session.scalars(page).all()
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
            readable(viewer),
        )
    ).scalar()
    return cast(Attending | None, found)


def attendees(
    session: Session, viewer: Viewer, event_id: str, occurrence: str | None, after: Cursor | None, limit: int
) -> Page[Attendee]:
    """The people who attend one date, in the order in which they said so. For members only, since it tells
    where somebody will be."""
    row = visible_event(session, viewer, event_id)
    if not viewer.signed_in:
        raise SignInNeeded()
    date = date_of(session, row.id, occurrence, clock.now())
    query = select(Attendance).where(Attendance.event_id == row.id, Attendance.occurrence == date.occurrence)
    if after is not None:
        since, person_id, *_ = parse_cursor(after)
        query = query.where(
            (Attendance.since > since) | ((Attendance.since == since) & (Attendance.person_id > person_id))
        )
    rows = session.scalars(query.order_by(Attendance.since, Attendance.person_id).limit(limit + 1)).all()
    items = [
        Attendee.model_validate(
            {"person_id": each.person_id, "attending": each.attending, "since": each.since}
        )
        for each in rows[:limit]
    ]
    next_cursor = paging.cursor(items[-1].since, items[-1].person_id) if len(rows) > limit else None
    total = session.scalar(
        select(func.count())
        .select_from(Attendance)
        .where(Attendance.event_id == row.id, Attendance.occurrence == date.occurrence)
    )
    return Page[Attendee](items=items, next=next_cursor, total=total)


def date_of(session: Session, event_id: str, occurrence: str | None, now: datetime) -> Occurrence:
    """The date named `occurrence`, by default the next (or the current one), else the last."""
    dates = select(Occurrence).where(Occurrence.event_id == event_id)
    if occurrence is not None:
        found = session.scalars(dates.where(Occurrence.occurrence == occurrence)).first()
    else:
        coming = dates.where(Occurrence.ends_at > now).order_by(Occurrence.starts_at).limit(1)
        found = session.scalars(coming).first()
        if found is None:
            found = session.scalars(dates.order_by(Occurrence.starts_at.desc()).limit(1)).first()
    if found is None:
        raise NotFound()
    return found


def versions(session: Session, row: EventRow) -> list[TextVersion]:
    """The language versions, original first."""
    rows = session.scalars(select(VersionRow).where(VersionRow.event_id == row.id)).all()
    return text_versions(rows, row.original_language, row.text_revision, lambda version: version.body)


def counts(session: Session, dates: list[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int]]:
    """The numbers of people who go and who may go, for each of the dates (event id, occurrence) that anybody
    attends."""
    rows = session.execute(
        select(Attendance.event_id, Attendance.occurrence, Attendance.attending, func.count())
        .where(Attendance.event_id.in_({event_id for event_id, _ in dates}))
        .where(Attendance.occurrence.in_({occurrence for _, occurrence in dates}))
        .group_by(Attendance.event_id, Attendance.occurrence, Attendance.attending)
    )
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for event_id, occurrence, attending, count in rows:
        going, maybe = found.get((event_id, occurrence), (0, 0))
        found[event_id, occurrence] = (count, maybe) if attending == "going" else (going, count)
    return found


def state(session: Session, row: EventRow) -> EventState:
    """The whole event, for its events. `starts_at` and `ends_at` are those of its next date, else of its
    last."""
    date = date_of(session, row.id, None, clock.now())
    return EventState.model_validate(
        {
            **views.common_fields(row),
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
    }
    return whole.model_copy(update=gone)
