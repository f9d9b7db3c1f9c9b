"""The log of administrators' decisions, which is the same in each service that has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from contracts.administration import LogEntry, PublicAct, PublicUse
from contracts.common import Cursor, Page, PageSize
from core import clock, paging
from core.audience import Viewer, group_of
from core.ids import new_id
from core.shared_columns import AdministrationColumns
from services.shared.authorisation import check_reads_administration
from services.shared.cursors import position
from services.shared.views import view_of

L = TypeVar("L", bound=AdministrationColumns)


def new_decision(
    table: Callable[..., L], by_id: str | None, action: str, item: str, detail: str = "", reason: str = ""
) -> L:
    """The row of a decision, to be added in the transaction that carries it out.

    `by_id` is None for the operator's command line; the others are those of `contracts.administration.LogEntry`.
    """
    return table(
        id=new_id(), at=clock.now(), by_id=by_id, action=action, item=item, detail=detail, reason=reason
    )


PUBLIC_ACTS: Mapping[str, PublicAct] = {
    "role-granted": "role-granted",
    "role-revoked": "role-revoked",
    "category-added": "category-added",
    "category-closed": "category-closed",
    "category-opened": "category-opened",
    **dict.fromkeys(
        (
            "category-named",
            "category-unnamed",
            "category-official",
            "category-unofficial",
            "category-merged",
            "category-removed",
        ),
        "category-changed",
    ),
    **dict.fromkeys(("site-name", "site-tagline", "site-about", "site-conduct"), "site-changed"),
    # Without the tag: it may be one of a hidden group's items.
    "tag-replaced": "tag-replaced",
    "tag-removed": "tag-removed",
    "sign-up-closed": "sign-up-closed",
    "sign-up-opened": "sign-up-opened",
    **dict.fromkeys(
        ("limits-set", "scores-set", "term-refuse", "term-hold", "term-flag", "term-removed"),
        "writing-rules-changed",
    ),
}
"""The actions of the log that everybody may know of, and as what. What says something of one person is not among
them, but for roles, which say nothing of whose they are."""


def public_use(row: AdministrationColumns) -> PublicUse:
    """An entry of the log without who and why."""
    action = PUBLIC_ACTS[row.action]
    item = ""
    if action.startswith("category-"):
        item = row.item
    elif action.startswith("role-"):
        role, _, part = row.detail.partition(" ")
        # A group may be hidden by now.
        item = role if not part or group_of(part) is not None else row.detail
    office: Literal["administrator", "operator"] = "operator" if row.by_id is None else "administrator"
    return PublicUse(id=row.id, at=row.at, action=action, item=item, office=office)


@dataclass(frozen=True)
class Log:
    """The log of a service in its `table`; `find` is `core.decisions.decisions`."""

    find: Callable[..., Sequence[AdministrationColumns]]
    table: type[AdministrationColumns]

    def for_administrators(
        self, session: Any, viewer: Viewer, item: str | None, after: Cursor | None, limit: PageSize
    ) -> Page[LogEntry]:
        """Decisions about one `item` or about all, newest first.

        Raises `Forbidden("administrators-only")`, `cursor-shape`.
        """
        check_reads_administration(viewer)
        rows = self.find(session, self.table, item, position(after), limit)
        items = [view_of(LogEntry, row) for row in rows[:limit]]
        return Page[LogEntry](items=items, next=_next(rows, limit))

    def for_everybody(
        self, session: Any, _viewer: Viewer, after: Cursor | None, limit: PageSize
    ) -> Page[PublicUse]:
        """What everybody may know of the decisions, newest first. Raises `cursor-shape`."""
        rows = self.find(session, self.table, None, position(after), limit, PUBLIC_ACTS)
        items = [public_use(row) for row in rows[:limit]]
        return Page[PublicUse](items=items, next=_next(rows, limit))


def _next(rows: Sequence[AdministrationColumns], limit: int) -> str | None:
    last = rows[limit - 1] if len(rows) > limit else None
    return paging.cursor(last.at, last.id) if last else None
