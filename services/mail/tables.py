"""The tables of mail: what has come in and is not handled yet, and what is held for who sent it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, MetaData, String, Text, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.columns import CONSTRAINT_NAMES, Json, Moment


class Base(DeclarativeBase):
    """Base of the tables of mail."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


class IncomingMail(Base):
    """A mail as it came, for one recipient, until it is handled. `key` is by what it is known (`rules.mail_key`);
    `sender` and `recipient` are those of the envelope."""

    __tablename__ = "incoming_mail"
    __table_args__ = (Index("incoming_mail_by_received", "received_at"),)

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    sender: Mapped[str] = mapped_column(String(400))
    recipient: Mapped[str] = mapped_column(String(400))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Moment)


class MailCount(Base):
    """How many mails came to the addresses of a person in one hour, which begins at `hour`."""

    __tablename__ = "mail_count"
    __table_args__ = (Index("mail_count_by_hour", "hour"),)

    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    hour: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    mails: Mapped[int]


class HeldReply(Base):
    """A reply that was not posted as it came. `id` is the key of its mail, `code` and `params` are those of the error
    that says why. `body` is `""` once it was posted (`post_id`), or waits in the forum for a moderator (`waits`), and
    where nothing of it could be posted. `answers` is its `Message-ID`."""

    __tablename__ = "held_reply"
    __table_args__ = (
        Index("held_reply_by_person", "person_id", "received_at"),
        Index("held_reply_by_received", "received_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16))
    topic_id: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    body: Mapped[str] = mapped_column(Text)
    answers: Mapped[str] = mapped_column(String(400), default="", server_default="")
    post_id: Mapped[str] = mapped_column(String(16), default="", server_default="")
    waits: Mapped[bool] = mapped_column(default=False, server_default=false())
    received_at: Mapped[datetime] = mapped_column(Moment)


class SoftBounce(Base):
    """A mail to a person came back for now: `id` is the key of the bounce."""

    __tablename__ = "soft_bounce"
    __table_args__ = (
        Index("soft_bounce_by_person", "person_id", "at"),
        Index("soft_bounce_by_time", "at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Moment)
