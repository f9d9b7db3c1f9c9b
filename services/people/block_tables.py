"""The table of who wants to be told nothing of whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.columns import Moment
from services.people.tables import Base


class Block(Base):
    """That a person has blocked or muted (`level`) another one."""

    __tablename__ = "block"
    __table_args__ = (
        Index("block_by_other", "other_id"),
        Index("block_by_time", "person_id", "since", "other_id"),
    )

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    level: Mapped[str] = mapped_column(String(10))
    since: Mapped[datetime] = mapped_column(Moment)


__all__ = ["Block"]
