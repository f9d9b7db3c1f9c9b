"""notify: what each person follows, and their notifications."""

from __future__ import annotations

from typing import ClassVar, Protocol

from pydantic import AwareDatetime

from contracts.common import Cursor, Event, Page, PageSize, Producer, View, also_silenced, safe
from contracts.following import FollowKind as FollowKind
from contracts.following import Level as Level
from contracts.following import Reason as Reason
from contracts.mail import FollowMail, MailApi
from contracts.own_data import Exporter
from contracts.push import PushApi
from contracts.removed_categories import Followers
from core.audience import MEMBERS, Viewer


class FollowTarget(View):
    """What can be followed. `id` as in `FollowView`."""

    kind: FollowKind
    id: str


class FollowView(View):
    """One target that somebody follows. `id` is the id of an item, group or person, a tag, a category as
    `news/<category>` (blog) or `talk/<category>` (forum), or the text of a search (`core.search_syntax`). `mail`: when
    it goes out by mail what comes for following it and concerns the person in nothing else."""

    kind: FollowKind
    id: str
    level: Level
    mail: FollowMail = "default"
    since: AwareDatetime


class NotificationView(View):
    """One notification. The gateway makes its text from `what`, the person who acted (`actor_id`) and the `title`.

    `what` is the type of the event (`blog.article.published`). Where an event type has several meanings, `what` is more
    specific: `events.event.cancelled`, `people.membership.requested`, `people.membership.granted` (let in or added),
    `people.membership.invited`, `people.membership.moderator`, and `blog.article.resubmitted` (changed while it was
    scheduled, and so back at the board). `notify.device.lost`: messages to a device of the reader's, whose name is the
    `title`, don't arrive any more. `forum.topic.created` is a new topic with its first post, `forum.post.changed`
    an edit that mentions the reader. `path` is the page that it is about, `language` the language of `title`, `reasons`
    why the person gets it. With the reasons `follow` and `search`, `followed` is what they follow that led to it.
    """

    id: str
    what: str
    reasons: list[Reason]
    followed: list[FollowTarget] = []
    actor_id: str | None
    title: str
    language: str
    excerpt: str = ""
    path: str
    subject: str
    read: bool
    at: AwareDatetime


class Notified(Event):
    """A person's unread count changed: a new notification, or some were read. Sent to that person's pages only."""

    type: ClassVar[str] = "notify.person.notified"
    version: ClassVar[int] = 2
    person_id: str
    unread: int
    notification: NotificationView | None = None

    def subject(self) -> str:
        return f"person/{self.person_id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway hands it to `person_id` only.
        return MEMBERS


class PeopleNotified(Event):
    """Some hundreds of people of very many have a new notification of the same item. Their open pages then ask for
    their unread counts."""

    type: ClassVar[str] = "notify.people.notified"
    person_ids: list[str]

    def subject(self) -> str:
        return f"people/{self.person_ids[0]}"

    def audience(self) -> str:
        # As of `Notified`.
        return MEMBERS


class FollowsChanged(Event):
    """These people follow something that they did not follow before, or otherwise, or no longer: what was known of
    their follows may be wrong."""

    type: ClassVar[str] = "notify.follows.changed"
    person_ids: list[str]

    def subject(self) -> str:
        return f"people/{self.person_ids[0]}"

    def audience(self) -> str:
        # As of `Notified`.
        return MEMBERS


class SavedSearchChanged(Event):
    """A search is followed by somebody, or (`followed` is False) by nobody any more. It does not say by whom, and
    `query` is empty once nobody may know any more what was searched for. `search_id` is the same for the same text."""

    type: ClassVar[str] = "notify.search.changed"
    search_id: str
    query: str
    followed: bool

    def subject(self) -> str:
        return f"search/{self.search_id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange: what people look for is nobody else's business.
        return MEMBERS


class NotifyApi(MailApi, PushApi, Followers, Exporter, Producer, Protocol):
    """The calls of the notify service. All concern the viewer alone, and raise `SignInNeeded` unless they signed in."""

    @safe
    def notifications(
        self, viewer: Viewer, unread_only: bool, after: Cursor | None, limit: PageSize
    ) -> Page[NotificationView]:
        """The viewer's notifications, newest first, without what they may no longer see (of a group that they left)."""

    @safe
    def unread(self, viewer: Viewer) -> int: ...
    @also_silenced
    def mark_read(self, viewer: Viewer, ids: list[str] | None) -> int:
        """Mark these notifications (None: all) as read; returns the number still unread."""

    @safe
    def follows(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[FollowView]: ...
    @safe
    def follow_state(self, viewer: Viewer, kind: FollowKind, id: str) -> FollowView | None: ...
    @also_silenced
    def follow(
        self, viewer: Viewer, kind: FollowKind, id: str, level: Level, mail: FollowMail | None = None
    ) -> FollowView:
        """Follow something. With None as `mail` that stays as it is (`default` at first). Who follows a search is
        notified of what is published from then on and matches all of it.

        Raises `Invalid` (faults `follow-id-shape`, `tag-shape`, and `search-broad` for a search without a word or
        filter that an item must have), and `Conflict` (`follows-many`, `searches-many`)."""

    @also_silenced
    def unfollow(self, viewer: Viewer, kind: FollowKind, id: str) -> None: ...
