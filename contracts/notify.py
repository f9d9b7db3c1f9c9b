"""notify: what each person follows, and their notifications."""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol

from pydantic import AwareDatetime

from contracts.common import Cursor, Event, Page, PageSize, Producer, View, safe
from core.audience import MEMBERS, Viewer

FollowKind = Literal["topic", "tag", "category", "group", "person", "event", "article"]
Level = Literal["muted", "normal", "tracking", "watching"]
Reason = Literal["follow", "mention", "reply", "quote", "review", "membership", "attendance"]


class FollowView(View):
    """One thing that somebody follows. `id`: an item's id, a tag, `news/<category>` or `talk/<category>`,
    a group's or person's id."""

    kind: FollowKind
    id: str
    level: Level
    since: AwareDatetime


class NotificationView(View):
    """One notification. The gateway words it from `what`, by whom (`actor_id`) and the item's `title`.

    `what` is the event type that caused it (`blog.article.published`), `path` the page on Space that it is about.
    Where one event type means several things `what` is finer: `events.event.cancelled`, and
    `people.membership.requested`, `granted` (let in, added) and `moderator`. `forum.topic.created` is a new topic with
    its first post; `forum.post.changed` an edit that mentions the reader. `language` is that of `title`.
    `reasons` say why it came; `source_id` is that event's id, so nothing is told twice.
    """

    id: str
    what: str
    reasons: list[Reason]
    actor_id: str | None
    title: str
    language: str
    excerpt: str = ""
    path: str
    subject: str
    read: bool
    at: AwareDatetime


class Notified(Event):
    """A person has a new notification, or read some: their counts changed. Told to that person alone."""

    type: ClassVar[str] = "notify.person.notified"
    person_id: str
    unread: int
    notification: NotificationView | None = None

    def subject(self) -> str:
        return f"person/{self.person_id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway hands it to `person_id` only.
        return MEMBERS


class NotifyApi(Producer, Protocol):
    """What notify answers. All of it is about the viewer alone; a stranger gets `SignInNeeded`."""

    @safe
    def notifications(
        self, viewer: Viewer, unread_only: bool, after: Cursor | None, limit: PageSize
    ) -> Page[NotificationView]:
        """Newest first. What the viewer may no longer see (a group they left) is not there."""

    @safe
    def unread(self, viewer: Viewer) -> int: ...
    def mark_read(self, viewer: Viewer, ids: list[str] | None) -> int:
        """Mark these (None: all) as read; returns the number still unread."""

    @safe
    def follows(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[FollowView]: ...
    @safe
    def follow_state(self, viewer: Viewer, kind: FollowKind, id: str) -> FollowView | None: ...
    def follow(self, viewer: Viewer, kind: FollowKind, id: str, level: Level) -> FollowView: ...
    def unfollow(self, viewer: Viewer, kind: FollowKind, id: str) -> None: ...
