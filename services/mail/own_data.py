"""What mail has of a person, for them to take along: their replies that are held."""

from bus.own_data import exporter_of
from core.exporting import owned_by
from services.mail.tables import HeldReply

SECTIONS = (owned_by("mail/held", HeldReply.person_id),)

export_of = exporter_of(SECTIONS)
