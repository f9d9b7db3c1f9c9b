"""Withholding an earlier text from a history: decisions and views that are the same for articles and posts."""

from __future__ import annotations

from typing import Any

from contracts.errors import Conflict, Forbidden
from contracts.revisions import Withheld
from core import clock
from core.audience import Viewer
from core.shared_columns import WithheldColumns


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
    row: WithheldColumns, viewer: Viewer, moderates: bool, current: bool, texts: tuple[str, ...]
) -> dict[str, Any]:
    """The fields of its view that depend on the viewer; `texts` names those that a withheld one has empty."""
    if row.withheld_at is None:
        return {"may_withhold": not current and may_withhold(viewer, row.by_id, moderates)}
    withheld = Withheld(reason=row.withheld_reason or "", by_id=row.withheld_by or "", at=row.withheld_at)
    hidden = {} if moderates else dict.fromkeys(texts, "")
    return {"withheld": withheld, "may_show_again": moderates, **hidden}
