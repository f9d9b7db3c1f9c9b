"""The tables of events. `occurrence` holds every date of every event, so that a range of the calendar is
one indexed read."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Float, ForeignKey, Index, Integer, String, Text, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.columns import Json, Moment
from core.cooked_columns import CookedColumns
from core.shared_columns import (
    DecidedChangeColumns,
    DeletionColumns,
    EditedColumns,
    TextRevisionColumns,
)
from core.tag_rows import FormerTagColumns


class Base(DeclarativeBase):
    """The metadata of the events database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment}


class EventRow(Base):
    """One event. `local_start` is the first date's local time in `timezone`.

    `revision` counts changes by an editor (to detect stale edits), `text_revision` those of the original's
    text (for outdated translations), `sequence` all that calendar programs must take over (RFC 5545,
    3.8.7.4). `expanded_until`: the end of the time for which a series' dates are stored; None: all are.
    `zone_rules`: the fingerprint of the zone's rules that the stored dates were computed with. `deletion_id` is set
    while the event is deleted. `withholds`: earlier texts are withheld. `seats`: how many can go to each date, None for
    any number. `next_ends_at`: the end of the date that the log said last to be the next one, None after the last.
    """

    __tablename__ = "event"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    slug: Mapped[str] = mapped_column(String(80))
    audience: Mapped[str] = mapped_column(String(30))
    author_id: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(12))
    format: Mapped[str] = mapped_column(String(8))
    original_language: Mapped[str] = mapped_column(String(20))
    spoken: Mapped[list[Any]] = mapped_column(Json)
    tags: Mapped[list[Any]] = mapped_column(Json)
    local_start: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    minutes: Mapped[int] = mapped_column(Integer)
    timezone: Mapped[str] = mapped_column(String(60))
    recurrence: Mapped[str | None] = mapped_column(String(300))
    zone_rules: Mapped[str] = mapped_column(String(16), default="")
    expanded_until: Mapped[datetime | None]
    place_name: Mapped[str | None] = mapped_column(String(100))
    country: Mapped[str] = mapped_column(String(2))
    latitude: Mapped[float | None] = mapped_column(Float(53))
    longitude: Mapped[float | None] = mapped_column(Float(53))
    venue: Mapped[str] = mapped_column(String(300))
    online_url: Mapped[str | None] = mapped_column(String(500))
    revision: Mapped[int] = mapped_column(Integer)
    text_revision: Mapped[int] = mapped_column(Integer)
    sequence: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    deletion_id: Mapped[str | None] = mapped_column(String(16))
    withholds: Mapped[bool] = mapped_column(default=False, server_default=false())
    seats: Mapped[int | None] = mapped_column(Integer)
    next_ends_at: Mapped[datetime | None]

    __table_args__ = (
        Index("event_by_next_end", "next_ends_at"),
        Index("event_by_zone", "timezone", "zone_rules"),
        Index("event_by_author", "author_id", "created_at"),
        Index("event_by_expansion", "expanded_until"),
    )


class VersionRow(CookedColumns, EditedColumns, Base):
    """Title and text in one language. `based_on`: the `text_revision` of the original that a translation
    was made from. `html` and `plain` are made of `body`; `plain` is for calendar programs. `changed_by` wrote the text;
    None for one of before that was noted: then it is its translator, or the event's author."""

    __tablename__ = "event_version"

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    plain: Mapped[str] = mapped_column(Text, default="", server_default="")
    translator_id: Mapped[str | None] = mapped_column(String(16))
    reviewed: Mapped[bool]
    based_on: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str | None] = mapped_column(String(16))


class EventRevision(TextRevisionColumns, Base):
    """An earlier text of an event in one language."""

    __tablename__ = "event_revision"

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)


class FormerTag(FormerTagColumns, Base):
    """A tag that was replaced by another one."""

    __tablename__ = "former_tag"


class EventTag(Base):
    """One tag of one event, to filter by."""

    __tablename__ = "event_tag"

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)


class EventSpoken(Base):
    """One language spoken at one event, to filter by."""

    __tablename__ = "event_spoken"

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(20), primary_key=True, index=True)


class Occurrence(Base):
    """One date of one event. `occurrence` names it: the local start, `YYYYMMDDTHHMM`."""

    __tablename__ = "occurrence"

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    occurrence: Mapped[str] = mapped_column(String(13), primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    __table_args__ = (
        Index("occurrence_by_start", "starts_at", "event_id"),
        Index("occurrence_of_event", "event_id", "starts_at"),
    )


class Attendance(Base):
    """One person who attends, or may attend, one date of one event. `waits`: they are going and wait for a seat; who
    has the smallest number gets the next one. None for who has one, or needs none."""

    __tablename__ = "attendance"

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), primary_key=True)
    occurrence: Mapped[str] = mapped_column(String(13), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    attending: Mapped[str] = mapped_column(String(5))
    since: Mapped[datetime]
    waits: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (
        Index("attendance_by_wait", "event_id", "occurrence", "waits"),
        Index("attendance_of_person", "person_id", "event_id", "occurrence"),
        Index("attendance_by_time", "event_id", "occurrence", "since", "person_id"),
    )


class DecidedChange(DecidedChangeColumns, Base):
    """What a decision of moderators replaced in an event."""

    __tablename__ = "decided_change"


class Deletion(DeletionColumns, Base):
    """One deletion of an event, and its end: rows are only added and ended. `title` is that of the time."""

    __tablename__ = "deletion"

    __table_args__ = (Index("deletion_by_time", "at", "id"),)
