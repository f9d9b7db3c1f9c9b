"""What events has of a person, for them to take along: what they organised, and where they meant to go."""

from sqlalchemy import or_, select

from bus.own_data import exporter_of
from core.exporting import Section
from services.events.tables import Attendance, EventRow, VersionRow
from services.events.writing_tables import TABLES

SECTIONS = (
    Section(
        "events/events",
        EventRow,
        lambda viewer: EventRow.author_id == viewer.person_id,
        frozenset({"deletion_id", "zone_rules", "expanded_until"}),
    ),
    Section(
        "events/event_texts",
        VersionRow,
        lambda viewer: or_(
            VersionRow.translator_id == viewer.person_id,
            VersionRow.translator_id.is_(None)
            & VersionRow.event_id.in_(select(EventRow.id).where(EventRow.author_id == viewer.person_id)),
        ),
    ),
    Section("events/attendance", Attendance, lambda viewer: Attendance.person_id == viewer.person_id),
    Section(
        "events/held",
        TABLES.held,
        lambda viewer: TABLES.held.author_id == viewer.person_id,
        frozenset({"command", "findings"}),
    ),
    Section("events/newcomer", TABLES.newcomer, lambda viewer: TABLES.newcomer.person_id == viewer.person_id),
)

export_of = exporter_of(SECTIONS)
