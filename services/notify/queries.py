"""Queries of notify: each is about the viewer alone."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.orm import Session

from contracts.common import Cursor, Page, PageSize
from contracts.errors import invalid
from contracts.notify import FollowKind, FollowView, NotificationView
from core import paging
from core.audience import Viewer, audiences
from services.notify import rules, views
from services.notify.tables import Follow, Notification
from services.shared.authorisation import signed_in
from services.shared.ids import checked_ids


def seen_by(viewer: Viewer) -> ColumnElement[bool]:
    """The viewer's notifications that they may still see: not those of a group that they left."""
    return and_(Notification.person_id == signed_in(viewer), Notification.audience.in_(audiences(viewer)))


def notifications(
    session: Session, viewer: Viewer, unread_only: bool, after: Cursor | None, limit: PageSize
) -> Page[NotificationView]:
    """Newest first. The cursor is the id of the page's last."""
    query = select(Notification).where(seen_by(viewer)).order_by(Notification.id.desc()).limit(limit + 1)
    if unread_only:
        query = query.where(Notification.is_read.is_(False))
    if after is not None:
        if not checked_ids([after], rules.IDS_AT_ONCE):
            raise invalid("after", "cursor-shape")
        query = query.where(Notification.id < after)
    rows = session.scalars(query).all()
    more = len(rows) > limit
    return Page(
        items=[views.notification(row) for row in rows[:limit]], next=rows[limit - 1].id if more else None
    )


def unread(session: Session, viewer: Viewer) -> int:
    """How many the viewer has not read."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Notification)
            .where(seen_by(viewer), Notification.is_read.is_(False))
        )
        or 0
    )


def follows(session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[FollowView]:
    """What the viewer follows, the newest first."""
    query = (
        select(Follow)
        .where(Follow.person_id == signed_in(viewer))
        .order_by(Follow.since.desc(), Follow.kind.desc(), Follow.target.desc())
        .limit(limit + 1)
    )
    if after is not None:
        try:
            moment, row_id, *_ = paging.parse(after)
        except ValueError:
            raise invalid("after", "cursor-shape") from None
        kind, _, target = row_id.replace(" ", "_").partition(":")
        if "\0" in row_id:  # PostgreSQL takes no such text
            raise invalid("after", "cursor-shape")
        query = query.where(tuple_(Follow.since, Follow.kind, Follow.target) < (moment, kind, target))
    rows = session.scalars(query).all()
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        # `_` parts a cursor; no target holds a blank, so that stands for it.
        following = paging.cursor(last.since, f"{last.kind}:{last.target}".replace("_", " "))
    return Page(items=[views.follow(row) for row in rows[:limit]], next=following)


def follow_state(session: Session, viewer: Viewer, kind: FollowKind, id: str) -> FollowView | None:
    """How the viewer follows something; None: not at all."""
    row = session.get(Follow, (signed_in(viewer), kind, rules.checked_target(kind, id)))
    return views.follow(row) if row else None
