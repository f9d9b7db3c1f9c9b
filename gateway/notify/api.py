"""Notifications and follows as JSON."""

from __future__ import annotations

from contracts.common import Page
from contracts.errors import NotFound
from contracts.notify import FollowKind, FollowView, NotificationView
from core.audience import Viewer
from gateway.api.router import Area
from gateway.api.schemas import FollowBody, ListQuery, NotificationQuery, ReadBody, Unread
from gateway.request_context import services

area = Area("notify")


@area.get("/notifications")
def list_notifications(viewer: Viewer, query: NotificationQuery) -> Page[NotificationView]:
    """One's notifications, the newest first."""
    return services().notify.notifications(viewer, query.unread, query.cursor, query.limit)


@area.get("/notifications/unread")
def count_unread(viewer: Viewer) -> Unread:
    """How many notifications one has not read."""
    return Unread(unread=services().notify.unread(viewer))


@area.post("/notifications/read")
def read_notifications(viewer: Viewer, body: ReadBody) -> Unread:
    """Mark notifications as read; returns how many still are not."""
    return Unread(unread=services().notify.mark_read(viewer, body.ids))


@area.get("/follows")
def list_follows(viewer: Viewer, query: ListQuery) -> Page[FollowView]:
    """What one follows."""
    return services().notify.follows(viewer, query.cursor, query.limit)


@area.get("/follows/{kind}/{path:id}")
def get_follow(viewer: Viewer, kind: FollowKind, id: str) -> FollowView:
    """Whether and how one follows something; 404 where one doesn't."""
    found = services().notify.follow_state(viewer, kind, id)
    if found is None:
        raise NotFound
    return found


@area.put("/follows/{kind}/{path:id}")
def follow(viewer: Viewer, kind: FollowKind, id: str, body: FollowBody) -> FollowView:
    """Follow something."""
    return services().notify.follow(viewer, kind, id, body.level)


@area.delete("/follows/{kind}/{path:id}")
def unfollow(viewer: Viewer, kind: FollowKind, id: str) -> None:
    """Follow something no longer."""
    services().notify.unfollow(viewer, kind, id)
