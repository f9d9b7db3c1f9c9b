"""The tables of people for messages to the moderators. Nothing in them says who wrote, and of times they have the day.

See docs/decisions/0020-messages-without-an-account.md.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.people.tables import Base


class Contact(Base):
    """A conversation. The first digits of its code find it, the others are stored as their Argon2 hash alone.

    `case_id` is its case once moderators can see it, and `last_on` the day of its last word.
    """

    __tablename__ = "contact"
    __table_args__ = (Index("contact_by_day", "last_on"),)

    lookup: Mapped[str] = mapped_column(String(4), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(200))
    case_id: Mapped[str | None] = mapped_column(String(16), unique=True)
    last_on: Mapped[date] = mapped_column(Date)


class ContactWords(Base):
    """One message. `id` rises, and tells no time. `by_id` is None for the writer's, and an answering moderator's id
    else. `held`: moderators don't see it yet."""

    __tablename__ = "contact_words"
    __table_args__ = (
        Index("contact_words_by_contact", "lookup", "id"),
        Index("contact_words_held", "held", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    lookup: Mapped[str] = mapped_column(ForeignKey("contact.lookup", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)
    words: Mapped[str] = mapped_column(Text)
    by_id: Mapped[str | None] = mapped_column(String(16))
    held: Mapped[bool]


__all__ = ["Base", "Contact", "ContactWords"]
