"""What events has of a person, for them to take along: what they organised and wrote, and where they meant to
go."""

from sqlalchemy import or_, select

from bus.own_data import exporter_of
from core.exporting import Section, owned_by
from services.events.tables import Attendance, EventRevision, EventRow, VersionRow
from services.events.writing_tables import TABLES

SECTIONS = (
    owned_by("events/events", EventRow.author_id, "deletion_id", "zone_rules", "expanded_until"),
    Section(
        "events/event_texts",
        VersionRow,
        lambda viewer: or_(
            VersionRow.translator_id == viewer.person_id,
            VersionRow.translator_id.is_(None)
            & VersionRow.event_id.in_(select(EventRow.id).where(EventRow.author_id == viewer.person_id)),
        ),
        frozenset({"changed_by"}),
    ),
    owned_by("events/earlier_texts", EventRevision.by_id, "withheld_by", "withheld_reason"),
    owned_by("events/attendance", Attendance.person_id),
    owned_by("events/held", TABLES.held.author_id, "command", "findings"),
    owned_by("events/newcomer", TABLES.newcomer.person_id),
)

export_of = exporter_of(SECTIONS)
