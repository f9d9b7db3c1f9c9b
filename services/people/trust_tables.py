"""The tables of people for who is new."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.columns import Moment
from services.people.tables import Base


class Trust(Base):
    """How far a person is from new to member; without a row they are new.

    `given` is what administrators said (`contracts.trust.TrustGiven`). `member_since` is None for who is new; `items`
    counts what stood, as long as they are. `lost_by` is the decision that made a member new again, and since when they
    had been one stands in `member_before`.
    """

    __tablename__ = "trust"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    given: Mapped[str] = mapped_column(String(10))
    member_since: Mapped[datetime | None] = mapped_column(Moment)
    items: Mapped[int] = mapped_column(Integer)
    lost_by: Mapped[str | None] = mapped_column(String(16))
    member_before: Mapped[datetime | None] = mapped_column(Moment)


class ActiveDay(Base):
    """A day (UTC) on which a new person wrote something. The rows of members are deleted."""

    __tablename__ = "active_day"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)


__all__ = ["ActiveDay", "Base", "Trust"]
