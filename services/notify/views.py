"""From rows to what pages see."""

from __future__ import annotations

from typing import Any, cast

from contracts.notify import FollowKind, FollowView, Level, NotificationView
from services.notify.tables import Follow, Notification


def notification(row: Notification) -> NotificationView:
    """One notification."""
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
    """A notification that is about to be inserted, from its columns."""
    return NotificationView(read=False, **columns)


def follow(row: Follow) -> FollowView:
    """One thing that somebody follows."""
    return FollowView(
        kind=cast(FollowKind, row.kind), id=row.target, level=cast(Level, row.level), since=row.since
    )
