"""Merges and removes categories, as it is in blog and forum: the service locks, moves and publishes the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from contracts.errors import Conflict, invalid
from contracts.removed_categories import MergeCategory, RemoveCategory
from core.audience import PUBLIC, Viewer
from services.shared.category_changes import CategoryRow, found

R = TypeVar("R", bound=CategoryRow)


@dataclass(frozen=True)
class Removing(Generic[R]):
    """The categories of a service, in one transaction that removes one of them.

    `locked` returns those that the viewer may see, in their order, locked until the transaction ends, and `check`
    raises unless they may remove one. `hold` waits for all who put something into a category and keeps it from others.
    `move` moves what is in one category into another, with its events, and `empty` says whether there is nothing.
    `remove` deletes the row, whose slug leads to another one since, and `publish` appends the event of it. `log`
    appends to the log of decisions: action, slug, detail and reason.
    """

    locked: Callable[[], list[R]]
    check: Callable[[R], None]
    hold: Callable[[R], None]
    move: Callable[[R, R], None]
    empty: Callable[[R], bool]
    remove: Callable[[R, str | None], None]
    publish: Callable[[R, str | None, str], None]
    log: Callable[[str, str, str, str], object]


@dataclass(frozen=True)
class RemovalCalls:
    """The calls of a service that remove categories, in the transaction of a database session."""

    merge_category: Callable[[Any, Viewer, str, MergeCategory], None]
    remove_category: Callable[[Any, Viewer, str, RemoveCategory], None]


def calls_of(removing: Callable[[Any, Viewer], Removing[Any]]) -> RemovalCalls:
    """The calls of a service. `removing`: its categories, in a transaction, for a viewer."""

    def merge(session: Any, viewer: Viewer, slug: str, command: MergeCategory) -> None:
        merge_category(removing(session, viewer), slug, command)

    def remove(session: Any, viewer: Viewer, slug: str, command: RemoveCategory) -> None:
        remove_category(removing(session, viewer), slug, command)

    return RemovalCalls(merge, remove)


def merge_category(removing: Removing[R], slug: str, command: MergeCategory) -> None:
    """Move what is in a category into another one and remove it. Raises as `MergeCategory` says, and `NotFound`."""
    rows = removing.locked()
    row = found(rows, slug)
    removing.check(row)
    into = next((each for each in rows if each.slug == command.into), None)
    if into is None:
        raise invalid("into", "category-unknown", category=command.into)
    if into is row:
        raise invalid("into", "category-same")
    if audience_of(into) != audience_of(row):
        raise invalid("into", "category-audience")
    removing.hold(row)
    removing.move(row, into)
    _remove(removing, row, into.slug, "category-merged", command.reason)


def remove_category(removing: Removing[R], slug: str, command: RemoveCategory) -> None:
    """Remove a category with nothing in it. Raises `NotFound`, `Conflict("category-not-empty")`."""
    row = found(removing.locked(), slug)
    removing.check(row)
    removing.hold(row)
    if not removing.empty(row):
        raise Conflict("category-not-empty")
    _remove(removing, row, None, "category-removed", command.reason)


def audience_of(row: CategoryRow) -> str:
    """The audience of a category: those of the blog are everybody's."""
    audience: str = getattr(row, "audience", PUBLIC)
    return audience


def _remove(removing: Removing[R], row: R, into: str | None, action: str, reason: str) -> None:
    removing.remove(row, into)
    removing.publish(row, into, reason)
    if audience_of(row) == PUBLIC:  # a group's categories are its own affair
        removing.log(action, row.slug, into or "", reason)


__all__ = ["RemovalCalls", "Removing", "audience_of", "calls_of", "merge_category", "remove_category"]
