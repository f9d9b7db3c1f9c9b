"""The tables of people for tags that administrators replaced."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.columns import Json, Moment
from core.tag_rows import FormerTagColumns
from services.people.tables import Base


class TagChangeRow(Base):
    """One change of a tag; `tag_into` None: it was removed. `done`: how many items had it, by the services that have
    carried it out."""

    __tablename__ = "tag_change"
    __table_args__ = (Index("tag_change_by_time", "at", "id"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40))
    tag_into: Mapped[str | None] = mapped_column(String(40))
    by_id: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(Moment)
    done: Mapped[dict[str, int]] = mapped_column(Json)


class FormerTag(FormerTagColumns, Base):
    """A tag that was replaced by another one, to which its address leads."""

    __tablename__ = "former_tag"


__all__ = ["Base", "FormerTag", "TagChangeRow"]
