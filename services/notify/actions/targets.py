"""What people follow and what was merged into something else: categories and tags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.notify import FollowKind
from contracts.removed_categories import CategoryRemoved
from contracts.tags import TagReplaced
from core.database import insert_or_ignore
from services.notify import rules
from services.notify.actions import delivery
from services.notify.tables import Follow, FormerTarget


def category_removed(session: Session, event: CategoryRemoved, recorded: Recorded) -> None:
    """Let who follows a category that is no more follow the one that it was merged into."""
    into = None if event.into is None else f"{event.domain}/{event.into}"
    move(session, "category", f"{event.domain}/{event.slug}", into, recorded.occurred_at)


def tag_replaced(session: Session, event: TagReplaced, recorded: Recorded) -> None:
    """Let who follows a tag that was replaced follow the other one."""
    move(session, "tag", event.tag, event.into, recorded.occurred_at)


def move(session: Session, kind: FollowKind, before: str, now: str | None, at: datetime) -> None:
    """Let who followed `before` until then follow `now` in its place, at the stronger of the levels that they had of
    both; with None, follow neither. Events of before find them as well.

    A follow of later is of something new that has the same name.
    """
    if now is not None:
        _note(session, kind, before, now)
    mine = (Follow.kind == kind, Follow.target == before, Follow.since <= at)
    # In one order, as several may change what they follow meanwhile.
    wanted = select(Follow).where(*mine).order_by(Follow.person_id).with_for_update()
    rows = session.scalars(wanted.execution_options(populate_existing=True)).all()
    if now is not None:
        _follow_both(session, kind, now, rows)
    people = [row.person_id for row in rows]
    session.execute(delete(Follow).where(*mine, Follow.person_id.in_(people)))
    session.expire_all()
    delivery.publish_follows(session, people)


def _note(session: Session, kind: FollowKind, before: str, now: str) -> None:
    of_kind = FormerTarget.kind == kind
    # A name that was merged before and is used again leads nowhere else.
    session.execute(delete(FormerTarget).where(of_kind, FormerTarget.target.in_([before, now])))
    session.execute(update(FormerTarget).where(of_kind, FormerTarget.now == before).values(now=now))
    row = {"kind": kind, "target": before, "now": now}
    insert_or_ignore(session, FormerTarget.__table__, [row])  # type: ignore[arg-type]


def _follow_both(session: Session, kind: FollowKind, now: str, rows: Sequence[Follow]) -> None:
    """Let the people of these rows follow `now` too."""
    new = [
        {
            "person_id": row.person_id, "kind": kind, "target": now, "level": row.level, "mail": row.mail,
            "since": row.since,
        }
        for row in rows
    ]  # fmt: skip
    insert_or_ignore(session, Follow.__table__, new)  # type: ignore[arg-type]
    before = {row.person_id: row for row in rows}
    keys = [(person_id, kind, now) for person_id in before]
    wanted = select(Follow).where(tuple_(Follow.person_id, Follow.kind, Follow.target).in_(keys))
    locked = wanted.order_by(Follow.person_id).with_for_update().execution_options(populate_existing=True)
    for row in session.scalars(locked):
        row.level = rules.stronger(row.level, before[row.person_id].level)
        row.since = min(row.since, before[row.person_id].since)
    session.flush()
