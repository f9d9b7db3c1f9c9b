"""The tables of notify: its own, and replicas of other services' data that are updated by their events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.columns import Json, Moment


class Base(DeclarativeBase):
    """Base of the tables of notify."""


# Its own


class Follow(Base):
    """One target that a person follows. They are not notified of events before `since`. `mail` is a
    `contracts.mail.FollowMail`."""

    __tablename__ = "follow"
    __table_args__ = (Index("follow_by_target", "kind", "target"),)

    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    target: Mapped[str] = mapped_column(String(120), primary_key=True)
    level: Mapped[str] = mapped_column(String(10))
    mail: Mapped[str] = mapped_column(String(10), default="default", server_default="default")
    since: Mapped[datetime] = mapped_column(Moment)


class SavedSearch(Base):
    """The text of a search that at least one person follows: a follow of the kind `search` has its id for a target
    (`core.saved_searches`)."""

    __tablename__ = "saved_search"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    query: Mapped[str] = mapped_column(String(300))


class Notification(Base):
    """One notification of one person. Ids sort by the time of the event.

    `subject` is what it is about (`topic/…`), `item` the changed item itself (`post/…`), `source_id` the event's id.
    `followed` is what the person follows that led to it, as `{"kind", "id"}`. It is `hidden` while its
    subject is deleted. `mail` is when it goes out by mail (`contracts.mail.MailWhen`), `mailed_at` when it did, or it
    was found that it need not.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("source_id", "person_id", name="notification_once"),
        Index("notification_by_person", "person_id", "id"),
        Index("notification_unread", "person_id", "is_read"),
        Index("notification_by_subject", "subject"),
        Index("notification_by_item", "item"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16))
    source_id: Mapped[str] = mapped_column(String(16))
    what: Mapped[str] = mapped_column(String(80))
    reasons: Mapped[list[Any]] = mapped_column(Json)
    followed: Mapped[list[dict[str, str]]] = mapped_column(Json)
    actor_id: Mapped[str | None] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(400))
    language: Mapped[str] = mapped_column(String(20))
    excerpt: Mapped[str] = mapped_column(String(400))
    path: Mapped[str] = mapped_column(String(400))
    subject: Mapped[str] = mapped_column(String(80))
    item: Mapped[str] = mapped_column(String(80))
    audience: Mapped[str] = mapped_column(String(30))
    is_read: Mapped[bool]
    hidden: Mapped[bool] = mapped_column(default=False, server_default=false())
    mail: Mapped[str] = mapped_column(String(10), default="page", server_default="page")
    mailed_at: Mapped[datetime | None] = mapped_column(Moment)
    at: Mapped[datetime] = mapped_column(Moment)


class MailChoice(Base):
    """When a person wants notifications by mail, who has chosen it (`contracts.mail.MailSettings`)."""

    __tablename__ = "mail_choice"

    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    on: Mapped[bool] = mapped_column("is_on")
    by_reason: Mapped[dict[str, str]] = mapped_column(Json)
    hour: Mapped[int]
    weekday: Mapped[int] = mapped_column(default=1, server_default="1")
    timezone: Mapped[str] = mapped_column(String(64))
    quiet_from: Mapped[int] = mapped_column(default=0, server_default="0")
    quiet_to: Mapped[int] = mapped_column(default=0, server_default="0")
    refused: Mapped[str] = mapped_column(String(20), default="", server_default="")


class MailWaiting(Base):
    """A mail that is to be made at `due_at`: about a subject (`thread`: `topic/…`), or a digest (`hourly`, `daily`,
    `weekly`)."""

    __tablename__ = "mail_waiting"
    __table_args__ = (
        Index("mail_waiting_by_due", "due_at"),
        Index("mail_waiting_by_thread", "thread", "due_at"),
    )

    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    thread: Mapped[str] = mapped_column(String(80), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Moment)


class LastActive(Base):
    """When a person who gets mail last marked notifications as read; rows of other days are deleted."""

    __tablename__ = "last_active"
    __table_args__ = (Index("last_active_by_time", "at"),)

    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)


# Replicas. `joined_at` and `since` keep a replay from notifying people of events before they joined.


class Person(Base):
    """A person who can be notified. `name_key` is the normalised name by which texts mention them."""

    __tablename__ = "person"
    __table_args__ = (Index("person_by_name", "name_key"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(200))
    languages: Mapped[list[str]] = mapped_column(Json)
    joined_at: Mapped[datetime] = mapped_column(Moment)


class FormerName(Base):
    """A name that a person had, by which texts before `until` still mention them."""

    __tablename__ = "former_name"
    __table_args__ = (Index("former_name_by_person", "person_id"),)

    name_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16))
    until: Mapped[datetime] = mapped_column(Moment)


class Refusal(Base):
    """Of whose acts a person is not notified: those of `actor_id`, and of nobody's (`ANYBODY`) once they have
    vanished."""

    __tablename__ = "refusal"

    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    actor_id: Mapped[str] = mapped_column(String(16), primary_key=True)


ANYBODY = ""
"""The `actor_id` of a refusal that concerns everybody's acts."""


class FormerTarget(Base):
    """A category or tag that was merged into another one, `now`."""

    __tablename__ = "former_target"
    __table_args__ = (Index("former_target_by_now", "kind", "now"),)

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    target: Mapped[str] = mapped_column(String(120), primary_key=True)
    now: Mapped[str] = mapped_column(String(120))


class GroupMember(Base):
    """A person in a group; `state` is `member` or `moderator`. Only they are notified of the group's content."""

    __tablename__ = "group_member"
    __table_args__ = (Index("group_member_by_person", "person_id"),)

    audience: Mapped[str] = mapped_column(String(30), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    since: Mapped[datetime] = mapped_column(Moment)


class GroupByMail(Base):
    """A group whose words may be in mails to its members."""

    __tablename__ = "group_by_mail"

    audience: Mapped[str] = mapped_column(String(30), primary_key=True)


class Topic(Base):
    """A topic's titles by language; the event of a post carries only one of them."""

    __tablename__ = "topic"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    original_language: Mapped[str] = mapped_column(String(20))
    titles: Mapped[dict[str, str]] = mapped_column(Json)


class Post(Base):
    """A post's author, who is notified when the post is quoted, and the names that it mentions (`name_key`), to find
    those that an edit adds."""

    __tablename__ = "post"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    author_id: Mapped[str] = mapped_column(String(16))
    mentions: Mapped[list[str]] = mapped_column(Json)


class EventSeen(Base):
    """The result of `rules.plan_of` for an event when it was last handled, to see whether a change matters."""

    __tablename__ = "event_seen"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    plan: Mapped[dict[str, Any]] = mapped_column(Json)


class DeletedItem(Base):
    """An item that is deleted (`post/…`). That a search found it may be handled later than that, since it is in another
    service's log."""

    __tablename__ = "deleted_item"

    item: Mapped[str] = mapped_column(String(80), primary_key=True)


class Attendance(Base):
    """A person who attends, or may attend, one date of an event."""

    __tablename__ = "attendance"

    event_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    occurrence: Mapped[str] = mapped_column(String(20), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment)


REPLICAS = tuple(
    Base.metadata.tables[model.__tablename__]
    for model in (
        Person,
        FormerName,
        FormerTarget,
        Refusal,
        GroupMember,
        GroupByMail,
        Topic,
        Post,
        EventSeen,
        DeletedItem,
        Attendance,
    )
)
"""The tables that `space rebuild notify` fills again from the other services' logs; follows and notifications stay."""
