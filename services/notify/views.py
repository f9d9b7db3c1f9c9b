"""Builds the views of `contracts.notify` from table rows."""

from __future__ import annotations

import json
from typing import Any

from contracts.notify import FollowView, NotificationView
from core.columns import AnyRow
from services.notify.tables import Notification
from services.shared.views import view_of


def notification(row: Notification | AnyRow) -> NotificationView:
    """The view of one stored notification."""
    return view_of(NotificationView, row, read=row.is_read)


def new_notification(columns: dict[str, Any]) -> NotificationView:
    """The view of a notification that is about to be inserted, from the values of its columns: JSON is text."""
    lists = {name: json.loads(columns[name]) for name in ("reasons", "followed")}
    return NotificationView(read=False, **{**columns, **lists})


def follow(row: Any, text: str | None = None) -> FollowView:
    """The view of one stored follow, or of its columns; `text` is that of a search."""
    return FollowView(kind=row.kind, id=text or row.target, level=row.level, mail=row.mail, since=row.since)
