"""The tables of people for invitations to the site, and for requests of who has none."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.columns import Moment
from services.people.tables import Base


class SiteInvitation(Base):
    """A code by which `uses` people may sign up until `expires_at`; its hash is stored as a session's is."""

    __tablename__ = "site_invitation"
    __table_args__ = (Index("site_invitation_by_time", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    by_id: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    uses: Mapped[int] = mapped_column(Integer)
    used: Mapped[int] = mapped_column(Integer)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class SignedUpBy(Base):
    """By which invitation somebody has their account."""

    __tablename__ = "signed_up_by"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("site_invitation.id"))


class SignUpRequest(Base):
    """A wiki account whose person asked for an account here, until `expires_at`.

    Once it is accepted, `invitation_id` is the invitation that the account is made by; once it is declined, only the
    central id is left of who asked, so that they read the `answer` and ask again no sooner.
    """

    __tablename__ = "sign_up_request"
    __table_args__ = (
        UniqueConstraint("wiki", "central_id"),
        Index("sign_up_request_by_time", "asked_at", "id"),
        Index("sign_up_request_by_end", "expires_at"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    wiki: Mapped[str] = mapped_column(String(200))
    central_id: Mapped[str] = mapped_column(String(20))
    username: Mapped[str | None] = mapped_column(String(255))
    words: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(35))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    answer: Mapped[str] = mapped_column(String(500))
    invitation_id: Mapped[str | None] = mapped_column(ForeignKey("site_invitation.id"))


__all__ = ["Base", "SignUpRequest", "SignedUpBy", "SiteInvitation"]
