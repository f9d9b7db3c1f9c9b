"""Builds the views of `contracts.notify` from table rows."""

from __future__ import annotations

from typing import Any, cast

from contracts.notify import FollowKind, FollowView, Level, NotificationView
from services.notify.tables import Follow, Notification


def notification(row: Notification) -> NotificationView:
    """The view of one stored notification."""
    return NotificationView(
        id=row.id,
        what=row.what,
        reasons=row.reasons,
        actor_id=row.actor_id,
        title=row.title,
        language=row.language,
        excerpt=row.excerpt,
        path=row.path,
        subject=row.subject,
        read=row.is_read,
        at=row.at,
    )


def new_notification(columns: dict[str, Any]) -> NotificationView:
    """The view of a notification that is about to be inserted, from the values of its columns."""
    return NotificationView(read=False, **columns)


def follow(row: Follow) -> FollowView:
    """The view of one stored follow."""
    return FollowView(
        kind=cast(FollowKind, row.kind), id=row.target, level=cast(Level, row.level), since=row.since
    )
