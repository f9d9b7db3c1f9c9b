"""The tables of messages to phones: devices, for which reasons they get messages, and what waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from core.columns import Json, Moment
from services.notify.tables import Base


class PushDevice(Base):
    """A browser that a person gets messages on. `endpoint` is where they go and a secret; `endpoint_hash` its SHA-256,
    since a browser is one person's at a time. Of a device that is lost the hash alone is left, by which a browser that
    has renewed its subscription is recognised.

    `session_id` is the session that it ends with, None for that of an API token. `seen_at`: when the browser last said
    that it has this subscription; `reached_at`: when the push service last took a message; `failing_since`: since when
    it takes none; `told_at`: when the person was told.
    """

    __tablename__ = "push_device"
    __table_args__ = (Index("push_device_by_person", "person_id"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16))
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    endpoint: Mapped[str] = mapped_column(String(1000))
    p256dh: Mapped[str] = mapped_column(String(200))
    auth: Mapped[str] = mapped_column(String(200))
    session_id: Mapped[str | None] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(60))
    on: Mapped[bool] = mapped_column("is_on", default=True, server_default=true())
    group_words: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    reached_at: Mapped[datetime | None] = mapped_column(Moment)
    failing_since: Mapped[datetime | None] = mapped_column(Moment)
    told_at: Mapped[datetime | None] = mapped_column(Moment)
    lost_at: Mapped[datetime | None] = mapped_column(Moment)


class PushChoice(Base):
    """For which reasons a person gets messages on their devices, who has chosen it."""

    __tablename__ = "push_choice"

    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    reasons: Mapped[list[str]] = mapped_column(Json)


class PushWaiting(Base):
    """A notification that goes to a device at `due_at`, with the others of its subject (`thread`: `topic/…`)."""

    __tablename__ = "push_waiting"
    __table_args__ = (Index("push_waiting_by_due", "due_at"),)

    device_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    notification_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16))
    thread: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[datetime] = mapped_column(Moment)


class PushSent(Base):
    """When a message about a subject last went to a person's devices; rows of other days are deleted."""

    __tablename__ = "push_sent"
    __table_args__ = (Index("push_sent_by_time", "at"),)

    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    thread: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
