"""Reads of whom people have blocked or muted."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.blocks import BlockLevel, BlockView
from contracts.common import Cursor, Page, PageSize
from core import paging
from core.audience import Viewer
from core.columns import AnySelect
from services.people.block_tables import Block
from services.shared.authorisation import signed_in
from services.shared.cursors import position
from services.shared.views import view_of


def blocks(session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[BlockView]:
    """Whom the viewer has blocked or muted, the newest first."""
    return _page(session, viewer, ("block", "mute"), after, limit)


def blocks_of(
    session: Session, viewer: Viewer, level: BlockLevel, after: Cursor | None, limit: PageSize
) -> Page[BlockView]:
    """To whom the viewer does what `level` says, the newest first."""
    return _page(session, viewer, (level,), after, limit)


def _page(
    session: Session, viewer: Viewer, levels: Collection[BlockLevel], after: Cursor | None, limit: PageSize
) -> Page[BlockView]:
    mine: AnySelect = select(*Block.__table__.c).where(
        Block.person_id == signed_in(viewer), Block.level.in_(levels)
    )
    rows = session.execute(
        paging.newest_first(mine, Block.since, Block.other_id, position(after), limit)
    ).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        items=[view_of(BlockView, row, person_id=row.other_id) for row in rows[:limit]],
        next=paging.cursor(last.since, last.other_id) if last else None,
    )


def blocked_ids(session: Session, viewer: Viewer) -> list[str]:
    """The ids of all whom the viewer has blocked or muted."""
    mine = select(Block.other_id).where(Block.person_id == signed_in(viewer))
    return list(session.scalars(mine.order_by(Block.other_id)))


def has_blocked(session: Session, person_id: str, other_id: str) -> bool:
    """Whether a person has blocked another one; not only muted."""
    row = session.get(Block, (person_id, other_id))
    return row is not None and row.level == "block"
