"""Reads a mail: from its bytes to what its sender newly wrote, as Markdown. Plain functions, no I/O.

All that is returned comes from strangers: strings are plain text or Markdown, never HTML, and whoever shows them
escapes them or renders them by `core.markup`. Work is bounded by the lengths in `services.mail.reading.limits`.
"""

from services.mail.reading.authentication import Authentication, Verdict, authentication
from services.mail.reading.delivery import DeliveryReport, ReportedRecipient, delivery_report
from services.mail.reading.errors import Unreadable
from services.mail.reading.mail import Picture, ReadMail, read

__all__ = [
    "Authentication",
    "DeliveryReport",
    "Picture",
    "ReadMail",
    "ReportedRecipient",
    "Unreadable",
    "Verdict",
    "authentication",
    "delivery_report",
    "read",
]
