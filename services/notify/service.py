"""The entrypoints of the notify service: what each person follows, and their notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bus.entrypoints import call, on
from bus.service import Service
from contracts.blog import (
    ArticleChanged,
    ArticleDeclined,
    ArticleDeleted,
    ArticlePublished,
    ArticleRestored,
    ArticleReturned,
    ArticleScheduled,
    ArticleSubmitted,
)
from contracts.common import Cursor, Page, PageSize, Recorded
from contracts.events import (
    AttendanceChanged,
    EventChanged,
    EventCreated,
    EventDeleted,
    EventRecalculated,
    EventRestored,
)
from contracts.forum import (
    PostChanged,
    PostCreated,
    PostDeleted,
    PostRestored,
    TopicChanged,
    TopicCreated,
    TopicDeleted,
    TopicRestored,
)
from contracts.notify import FollowKind, FollowView, Level, NotificationView, NotifyApi
from contracts.people import GroupChanged, MembershipChanged, PersonChanged
from core.audience import Viewer
from services.notify import actions, handlers, queries
from services.notify.tables import REPLICAS


class NotifyService(Service):
    """Calls and event handlers; `contracts.notify.NotifyApi` documents the calls."""

    name = "notify"
    api = NotifyApi
    replicas = REPLICAS

    @call
    def notifications(
        self, viewer: Viewer, unread_only: bool, after: Cursor | None, limit: PageSize
    ) -> Page[NotificationView]:
        return self.read(queries.notifications, viewer, unread_only, after, limit)

    @call
    def unread(self, viewer: Viewer) -> int:
        return self.read(queries.unread, viewer)

    @call
    def mark_read(self, viewer: Viewer, ids: list[str] | None) -> int:
        return self.write(actions.mark_read, viewer, ids)

    @call
    def follows(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[FollowView]:
        return self.read(queries.follows, viewer, after, limit)

    @call
    def follow_state(self, viewer: Viewer, kind: FollowKind, id: str) -> FollowView | None:
        return self.read(queries.follow_state, viewer, kind, id)

    @call
    def follow(self, viewer: Viewer, kind: FollowKind, id: str, level: Level) -> FollowView:
        return self.write(actions.follow, viewer, kind, id, level)

    @call
    def unfollow(self, viewer: Viewer, kind: FollowKind, id: str) -> None:
        self.write(actions.unfollow, viewer, kind, id)

    @on(PersonChanged)
    def person_changed(self, session: Session, event: PersonChanged, recorded: Recorded) -> None:
        handlers.person_changed(session, event, recorded)

    @on(GroupChanged)
    def group_changed(self, session: Session, event: GroupChanged, recorded: Recorded) -> None:
        handlers.group_changed(session, event, recorded)

    @on(MembershipChanged)
    def membership_changed(self, session: Session, event: MembershipChanged, recorded: Recorded) -> None:
        handlers.membership_changed(session, event, recorded)

    @on(ArticleSubmitted)
    def article_submitted(self, session: Session, event: ArticleSubmitted, recorded: Recorded) -> None:
        handlers.article_reviewed(session, event, recorded)

    @on(ArticleReturned)
    def article_returned(self, session: Session, event: ArticleReturned, recorded: Recorded) -> None:
        handlers.article_reviewed(session, event, recorded)

    @on(ArticleDeclined)
    def article_declined(self, session: Session, event: ArticleDeclined, recorded: Recorded) -> None:
        handlers.article_reviewed(session, event, recorded)

    @on(ArticleScheduled)
    def article_scheduled(self, session: Session, event: ArticleScheduled, recorded: Recorded) -> None:
        handlers.article_reviewed(session, event, recorded)

    @on(ArticlePublished)
    def article_published(self, session: Session, event: ArticlePublished, recorded: Recorded) -> None:
        handlers.article_published(session, event, recorded)

    @on(ArticleChanged)
    def article_changed(self, session: Session, event: ArticleChanged, recorded: Recorded) -> None:
        handlers.article_changed(session, event, recorded)

    @on(ArticleDeleted)
    def article_deleted(self, session: Session, event: ArticleDeleted, recorded: Recorded) -> None:
        handlers.article_deleted(session, event, recorded)

    @on(ArticleRestored)
    def article_restored(self, session: Session, event: ArticleRestored, recorded: Recorded) -> None:
        handlers.article_restored(session, event)

    @on(TopicCreated)
    def topic_created(self, session: Session, event: TopicCreated, recorded: Recorded) -> None:
        handlers.topic_created(session, event, recorded)

    @on(TopicChanged)
    def topic_changed(self, session: Session, event: TopicChanged, recorded: Recorded) -> None:
        handlers.topic_changed(session, event, recorded)

    @on(TopicDeleted)
    def topic_deleted(self, session: Session, event: TopicDeleted, recorded: Recorded) -> None:
        handlers.topic_deleted(session, event, recorded)

    @on(TopicRestored)
    def topic_restored(self, session: Session, event: TopicRestored, recorded: Recorded) -> None:
        handlers.topic_restored(session, event)

    @on(PostCreated)
    def post_created(self, session: Session, event: PostCreated, recorded: Recorded) -> None:
        handlers.post_created(session, event, recorded)

    @on(PostChanged)
    def post_changed(self, session: Session, event: PostChanged, recorded: Recorded) -> None:
        handlers.post_changed(session, event, recorded)

    @on(PostDeleted)
    def post_deleted(self, session: Session, event: PostDeleted, recorded: Recorded) -> None:
        handlers.post_deleted(session, event, recorded)

    @on(PostRestored)
    def post_restored(self, session: Session, event: PostRestored, recorded: Recorded) -> None:
        handlers.post_restored(session, event)

    @on(EventCreated)
    def event_created(self, session: Session, event: EventCreated, recorded: Recorded) -> None:
        handlers.event_created(session, event, recorded)

    @on(EventChanged)
    def event_changed(self, session: Session, event: EventChanged, recorded: Recorded) -> None:
        handlers.event_changed(session, event, recorded)

    @on(EventRecalculated)
    def event_recalculated(self, session: Session, event: EventRecalculated, recorded: Recorded) -> None:
        handlers.event_recalculated(session, event, recorded)

    @on(EventDeleted)
    def event_deleted(self, session: Session, event: EventDeleted, recorded: Recorded) -> None:
        handlers.event_deleted(session, event, recorded)

    @on(EventRestored)
    def event_restored(self, session: Session, event: EventRestored, recorded: Recorded) -> None:
        handlers.event_restored(session, event, recorded)

    @on(AttendanceChanged)
    def attendance_changed(self, session: Session, event: AttendanceChanged, recorded: Recorded) -> None:
        handlers.attendance_changed(session, event, recorded)


if TYPE_CHECKING:
    _: type[NotifyApi] = NotifyService
