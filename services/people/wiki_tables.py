"""The tables of linked wiki accounts, and of forms that wait while somebody is at the wiki."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from core.columns import Moment
from services.people.tables import Base


class WikiAccount(Base):
    """A wiki account that signs a person in: one for each person, and one person for each.

    It is known by its `central_id`, which never changes, at the wiki whose scripts have the address `wiki`. `username`
    is its name at the last sign-in, None for a hidden user. `trusted_from_wiki`: whether the person was known there
    well enough, when it was linked, to start as trusted here.
    """

    __tablename__ = "wiki_account"

    wiki: Mapped[str] = mapped_column(String(200), primary_key=True)
    central_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    username: Mapped[str | None] = mapped_column(String(255))
    trusted_from_wiki: Mapped[bool] = mapped_column(default=False, server_default=false())
    linked_at: Mapped[datetime] = mapped_column(Moment)


class KeptForm(Base):
    """A form that its writer sends once they have signed in. `sealed` is encrypted; the key is in their browser."""

    __tablename__ = "kept_form"
    __table_args__ = (Index("kept_form_by_end", "expires_at"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Moment)
