"""Histories of texts, and withholding an earlier text from one: what is the same for all items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from contracts.common import Page
from contracts.errors import Conflict, Forbidden, NotFound, invalid
from contracts.revisions import TextRevision, Withheld
from core import clock, paging
from core.audience import Viewer
from core.columns import AnyRow
from core.shared_columns import TextRevisionColumns, WithheldColumns
from services.shared.cursors import parse_cursor
from services.shared.views import view_of

R = TypeVar("R", bound=TextRevisionColumns)

TEXTS = ("title", "body")
"""What a withheld text has empty."""


def may_withhold(viewer: Viewer, by_id: str, moderates: bool) -> bool:
    """Whether the viewer may withhold a text: who wrote it, and moderators."""
    return viewer.signed_in and (moderates or viewer.person_id == by_id)


def withhold(
    row: WithheldColumns, viewer: Viewer, by_id: str, moderates: bool, current: bool, reason: str
) -> bool:
    """Withhold the text; returns whether it was not before. `current`: it is what is shown now, so it can't be.

    Raises `Forbidden("not-withholder")` and `Conflict("revision-current")`.
    """
    if not may_withhold(viewer, row.by_id, moderates):
        raise Forbidden("not-withholder")
    if current:
        raise Conflict("revision-current")
    if row.withheld_at is not None:
        return False
    row.withheld_at, row.withheld_by, row.withheld_reason = clock.now(), by_id, reason
    return True


def show_again(row: WithheldColumns, moderates: bool) -> bool:
    """Undo `withhold`; returns whether it was withheld. Raises `Forbidden("not-restorer")`: only moderators may."""
    if not moderates:
        raise Forbidden("not-restorer")
    if row.withheld_at is None:
        return False
    row.withheld_at = row.withheld_by = row.withheld_reason = None
    return True


def fields_for(
    row: WithheldColumns | AnyRow, viewer: Viewer, moderates: bool, current: bool, texts: tuple[str, ...]
) -> dict[str, Any]:
    """The fields of its view that depend on the viewer; `texts` names those that a withheld one has empty."""
    if row.withheld_at is None:
        return {"may_withhold": not current and may_withhold(viewer, row.by_id, moderates)}
    withheld = Withheld(reason=row.withheld_reason or "", by_id=row.withheld_by or "", at=row.withheld_at)
    hidden = {} if moderates else dict.fromkeys(texts, "")
    return {"withheld": withheld, "may_show_again": moderates, **hidden}


def kept(table: type[R], shown: TextRevision, **of_item: str) -> R:
    """The row that keeps the text of now before it is changed; `of_item` names the item."""
    text = shown.model_dump(include={"language", "revision", "title", "body", "by_id", "at"})
    return table(**of_item, **text)


def earlier_text(row: R | None, shown: TextRevision, revision: int, viewer: Viewer, moderates: bool) -> R:
    """The row of an earlier text, if there is one; `shown` is the text of now.

    Raises `NotFound`, and for the text of now what `withhold` does.
    """
    if row is not None:
        return row
    if revision != shown.revision:
        raise NotFound()
    if not may_withhold(viewer, shown.by_id, moderates):
        raise Forbidden("not-withholder")
    raise Conflict("revision-current")


def history_page(
    read: Callable[[int | None, int], Sequence[AnyRow]],
    shown: TextRevision,
    after: str | None,
    limit: int,
    viewer: Viewer,
    moderates: bool,
) -> Page[TextRevision]:
    """One page of a history, the newest text first: `shown`, which is that of now, and the earlier ones. `read` finds
    up to so many of these, before a revision."""
    before = None if after is None else revision_of(after)
    rows = read(before, limit + 1)
    earlier = [view_of(TextRevision, row, **fields_for(row, viewer, moderates, False, TEXTS)) for row in rows]
    found = earlier if after is not None else [shown, *earlier]
    more, found = len(found) > limit, found[:limit]
    following = paging.cursor(found[-1].at, str(found[-1].revision)) if more else None
    return Page[TextRevision](items=found, next=following)


def revision_of(after: str) -> int:
    """The number of the revision at which a page of a history ended. Raises `Invalid` with `cursor-shape`."""
    number = parse_cursor(after)[1]
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise invalid("after", "cursor-shape")
    return int(number)
