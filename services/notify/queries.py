"""The reads of notify. Each returns only what belongs to the viewer, and raises `SignInNeeded` for a viewer who is not
signed in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from contracts.common import Cursor, Page, PageSize
from contracts.errors import invalid
from contracts.notify import FollowKind, FollowTarget, FollowView, NotificationView
from core import paging
from core.audience import Viewer, audiences
from core.columns import AnySelect, one_of, texts_of
from core.saved_searches import canonical
from services.notify import rules, views
from services.notify.rules import Target
from services.notify.tables import Follow, FormerTarget, Notification, SavedSearch
from services.shared.authorisation import check_reads_administration, signed_in
from services.shared.cursors import parse_cursor
from services.shared.ids import checked_ids

# Each page of a member asks for it. A ready-made statement on the table takes a third of what the entity would.
_FOLLOWS = cast(Table, Follow.__table__)
_SHOWN = (_FOLLOWS.c.kind, _FOLLOWS.c.target, _FOLLOWS.c.level, _FOLLOWS.c.mail, _FOLLOWS.c.since)
_FOLLOW = select(*_SHOWN).where(
    *(_FOLLOWS.c[name] == bindparam(name) for name in ("person_id", "kind", "target"))
)


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """A condition: the viewer's own notifications, without those of groups that they have left, and of what is
    deleted."""
    return and_(
        Notification.person_id == signed_in(viewer),
        one_of(Notification.audience, texts_of(audiences(viewer))),
        Notification.hidden.is_(False),
    )


def notifications(
    session: Session, viewer: Viewer, unread_only: bool, after: Cursor | None, limit: PageSize
) -> Page[NotificationView]:
    """A page of the viewer's notifications, newest first. The cursor is the id of the page's last notification.

    Raises `Invalid` with the fault `cursor-shape`.
    """
    query: AnySelect = select(*Notification.__table__.c).where(visible_to(viewer))
    query = query.order_by(Notification.id.desc()).limit(limit + 1)
    if unread_only:
        query = query.where(Notification.is_read.is_(False))
    if after is not None:
        if not checked_ids([after], rules.IDS_AT_ONCE):
            raise invalid("after", "cursor-shape")
        query = query.where(Notification.id < after)
    rows = session.execute(query).all()
    more = len(rows) > limit
    items = [views.notification(row) for row in rows[:limit]]
    return Page(items=_with_targets_now(session, items), next=rows[limit - 1].id if more else None)


def targets_now(session: Session, targets: Iterable[Target]) -> dict[Target, Target]:
    """Those of the targets that were merged into others, with what they are now."""
    mergeable = sorted({target for target in targets if target[0] in ("category", "tag")})
    if not mergeable:
        return {}
    wanted = select(FormerTarget.kind, FormerTarget.target, FormerTarget.now).where(
        tuple_(FormerTarget.kind, FormerTarget.target).in_(mergeable)
    )
    return {
        (cast(FollowKind, row.kind), row.target): (cast(FollowKind, row.kind), row.now)
        for row in session.execute(wanted)
    }


def _with_targets_now(session: Session, items: list[NotificationView]) -> list[NotificationView]:
    """The notifications with what was followed as it is known by now: merged targets by what they were merged into,
    searches by their texts, and without those that nobody follows any more."""
    known = {(each.kind, each.id) for item in items for each in item.followed}
    now = targets_now(session, known)
    searches = [id for kind, id in known if kind == "search"]
    texts = _texts(session, searches)
    if not now and not searches:
        return items
    changed = []
    for item in items:
        targets = [
            (each.kind, texts[each.id] if each.kind == "search" else each.id)
            for each in item.followed
            if each.kind != "search" or each.id in texts
        ]
        there = dict.fromkeys(now.get(target, target) for target in targets)
        followed = [FollowTarget(kind=kind, id=id) for kind, id in there]
        changed.append(item.model_copy(update={"followed": followed}))
    return changed


def unread(session: Session, viewer: Viewer) -> int:
    """The number of the viewer's unread notifications."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Notification)
            .where(visible_to(viewer), Notification.is_read.is_(False))
        )
        or 0
    )


def follows(session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[FollowView]:
    """A page of what the viewer follows, newest first. Raises `Invalid` with the fault `cursor-shape`."""
    query: AnySelect = (
        select(*_SHOWN)
        .where(Follow.person_id == signed_in(viewer))
        .order_by(Follow.since.desc(), Follow.kind.desc(), Follow.target.desc())
        .limit(limit + 1)
    )
    if after is not None:
        moment, row_id, *_ = parse_cursor(after)
        kind, _, target = row_id.replace(" ", "_").partition(":")
        query = query.where(tuple_(Follow.since, Follow.kind, Follow.target) < (moment, kind, target))
    rows = session.execute(query).all()
    texts = _texts(session, (row.target for row in rows[:limit] if row.kind == "search"))
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        # `_` separates the parts of a cursor. No target contains a space, so a space stands for `_`.
        following = paging.cursor(last.since, f"{last.kind}:{last.target}".replace("_", " "))
    return Page(items=[views.follow(row, texts.get(row.target)) for row in rows[:limit]], next=following)


def view(session: Session, row: Follow) -> FollowView:
    """The view of one stored follow."""
    return views.follow(row, _texts(session, [row.target]).get(row.target) if row.kind == "search" else None)


def _texts(session: Session, search_ids: Iterable[str]) -> dict[str, str]:
    """The texts of those of these searches that somebody follows, by their ids."""
    wanted = sorted({*search_ids})
    if not wanted:
        return {}
    rows = session.execute(select(SavedSearch.id, SavedSearch.query).where(SavedSearch.id.in_(wanted)))
    return {row.id: row.query for row in rows}


def follow_state(session: Session, viewer: Viewer, kind: FollowKind, id: str) -> FollowView | None:
    """The viewer's follow of one target, or None. Raises `Invalid` as `rules.checked_target` does."""
    target = rules.checked_target(kind, id)
    row = session.execute(
        _FOLLOW, {"person_id": signed_in(viewer), "kind": kind, "target": target}
    ).one_or_none()
    if row is None:
        return None
    return views.follow(row, canonical(id) if kind == "search" else None)


def followers(session: Session, viewer: Viewer, kind: Literal["category", "tag"], id: str) -> int:
    """How many people follow a category or tag, or have muted it. Raises `Forbidden("administrators-only")`."""
    check_reads_administration(viewer)
    target = rules.checked_target(kind, id)
    count = select(func.count()).select_from(Follow).where(Follow.kind == kind, Follow.target == target)
    return session.scalar(count) or 0
