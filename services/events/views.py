"""Makes the contract's views of rows."""

from __future__ import annotations

from typing import NamedTuple

from contracts.deletion import DeletionLine
from contracts.events import Place
from core.audience import Viewer
from core.columns import AnyRow
from core.markup_cooked import RENDERER
from services.events import rules
from services.events.tables import EventRow
from services.shared import deletion as log


class AttendanceCounts(NamedTuple):
    """How many people go to a date, how many may go, and how many wait for a seat."""

    going: int = 0
    maybe: int = 0
    waiting: int = 0


class OwnAttendance(NamedTuple):
    """What the viewer said of a date; of who waits for a seat their place on the list instead."""

    attending: str | None = None
    place: int | None = None


def common_fields(row: EventRow | AnyRow) -> dict[str, object]:
    """The fields that every view of an event takes from its row."""
    return {
        "id": row.id,
        "slug": row.slug,
        "audience": row.audience,
        "author_id": row.author_id,
        "status": row.status,
        "format": row.format,
        "original_language": row.original_language,
        "spoken": row.spoken,
        "tags": row.tags,
        "timezone": row.timezone,
        "local_start": row.local_start,
        "minutes": row.minutes,
        "recurrence": row.recurrence,
        "place": place(row),
        "online_url": row.online_url,
        "seats": row.seats,
        "sequence": row.sequence,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
    }


def date_fields(
    row: AnyRow, date: AnyRow, attending: AttendanceCounts, mine: OwnAttendance
) -> dict[str, object]:
    """The fields of a view of an event that depend on the date shown.

    `attending`: how many people attend it; `mine`: whether the viewer does.
    """
    return {
        "starts_at": date.starts_at,
        "ends_at": date.ends_at,
        "occurrence": date.occurrence,
        "recurring": row.recurrence is not None,
        "going": attending.going,
        "maybe": attending.maybe,
        "waiting": attending.waiting,
        "seats_free": rules.free_seats(row.seats, attending.going),
        "my_attendance": mine.attending,
        "my_place": mine.place,
    }


def stored_forms(version: AnyRow) -> dict[str, object]:
    """What is stored of a version's text beside it; None if another renderer made it."""
    current = version.renderer == RENDERER
    return {"html": version.html if current else None, "plain": version.plain if current else None}


def place(row: EventRow | AnyRow) -> Place | None:
    """The event's place; None if it is online only."""
    if row.place_name is None or row.latitude is None or row.longitude is None:
        return None
    return Place(
        name=row.place_name,
        country=row.country,
        latitude=row.latitude,
        longitude=row.longitude,
        venue=row.venue,
    )


def deletion_line(row: AnyRow, viewer: Viewer) -> DeletionLine:
    """An entry of the log of deletions, for a moderator of what is deleted."""
    return log.deletion_line(row, viewer, True)
