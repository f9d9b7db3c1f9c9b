"""The tables of people for names that were given up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.columns import Moment
from services.people.tables import Base


class FormerName(Base):
    """A name that a person had, which leads to them and which nobody else can take `until` then.

    Its keys (`tables.NameLookAlike`) stay the person's as long.
    """

    __tablename__ = "former_name"
    __table_args__ = (
        Index("former_name_by_person", "person_id"),
        Index("former_name_by_end", "until"),
    )

    name_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    until: Mapped[datetime] = mapped_column(Moment)


class ReservedName(Base):
    """What is left of the names of somebody who has vanished: that nobody can take them `until` then. `key_hash` is the
    SHA-256 of a name's key, or of one that it has in common with names that look like it; whose it was is not known."""

    __tablename__ = "reserved_name"
    __table_args__ = (Index("reserved_name_by_end", "until"),)

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[datetime] = mapped_column(Moment)


__all__ = ["FormerName", "ReservedName"]
