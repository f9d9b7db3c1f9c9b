"""Decisions about deleting and restoring that are the same for topics, posts, articles and events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from contracts.common import Page
from contracts.deletion import Delete, DeletionLine
from contracts.deletion import Deletion as DeletionView
from contracts.errors import Forbidden, SignInNeeded, invalid
from core import clock, paging
from core.audience import Viewer
from core.columns import AnyRow
from core.ids import new_id
from core.shared_columns import DeletionColumns
from services.shared.views import view_of

D = TypeVar("D", bound=DeletionColumns)

BY_AUTHOR = "author"
"""The reason of a deletion by the item's author."""

NO_POSTS = "no-posts"
"""The reason of the deletion of a topic whose last post was deleted by its author, who is not the topic's."""


def checked_reason(command: Delete, own: bool) -> tuple[str, str]:
    """The reason and note to store. `own`: the viewer may delete the item as its author, so no reason is needed.

    Raises `Invalid` with the fault `reason-missing` or `note-missing`.
    """
    if own:
        return BY_AUTHOR, command.note
    if command.reason is None:
        raise invalid("reason", "reason-missing")
    if command.reason == "other" and not command.note:
        raise invalid("note", "note-missing")
    return command.reason, command.note


class Deletes(Protocol):
    """A row of an item that can be deleted."""

    id: Any
    audience: Any
    author_id: Any
    original_language: Any


def new_deletion(
    table: Callable[..., D], row: Deletes, title: str, why: tuple[str, str], by_id: str, **fields: str
) -> D:
    """The row of a new deletion. `why`: reason and note; `fields`: those that differ from the item's, and further
    ones of the table."""
    given = {
        "item_id": row.id,
        "title": title,
        "language": row.original_language,
        "audience": row.audience,
        "author_id": row.author_id,
    }
    reason, note = why
    return table(id=new_id(), reason=reason, note=note, at=clock.now(), by_id=by_id, **given | fields)


def is_judged(person_id: str | None, deletion: DeletionColumns | AnyRow) -> bool:
    """Whether it was somebody else who deleted what is this person's: they are told as an author, also if they moderate
    such items themselves."""
    return deletion.author_id == person_id != deletion.by_id


def may_restore(person_id: str | None, moderates: bool, deletion: DeletionColumns | AnyRow) -> bool:
    """Whether a person may undo a deletion: moderators theirs and each other's, but not of what is their own; authors
    and only they what they deleted themselves."""
    if person_id is None:
        return False
    own = person_id == deletion.by_id
    if deletion.reason == BY_AUTHOR:
        return own
    if deletion.reason == NO_POSTS:
        return moderates or own
    return moderates and not is_judged(person_id, deletion)


def check_restore(deletion: DeletionColumns, by_id: str, moderates: bool) -> None:
    """Raise `Forbidden("not-restorer")` unless this person may undo the deletion."""
    if not may_restore(by_id, moderates, deletion):
        raise Forbidden("not-restorer")


def deletion_view(row: DeletionColumns | AnyRow, viewer: Viewer, moderates: bool) -> DeletionView:
    """A deletion; who made it is for moderators, but not of what is their own."""
    named = moderates and not is_judged(viewer.person_id, row)
    return view_of(DeletionView, row, by_id=row.by_id if named else None)


def deletion_line(row: AnyRow, viewer: Viewer, moderates: bool) -> DeletionLine:
    """An entry of the log of deletions, for a moderator."""
    ended = row.restored_at is not None
    allowed = not ended and may_restore(viewer.person_id, moderates, row)
    judged = is_judged(viewer.person_id, row)
    restored_by = None if judged else row.restored_by
    return view_of(
        DeletionLine, row, by_id="" if judged else row.by_id, restored_by=restored_by, may_restore=allowed
    )


def check_reads_log(viewer: Viewer, moderated: Mapping[str, Sequence[str]], refusal: str) -> None:
    """Raise `SignInNeeded`, `Forbidden(refusal)` to who moderates nothing, and so has no log of deletions to read.
    `moderated`: the audiences and parts that they moderate."""
    if not any(moderated.values()):
        raise Forbidden(refusal) if viewer.signed_in else SignInNeeded()


def page_of(rows: Sequence[AnyRow], limit: int, line: Callable[[AnyRow], DeletionLine]) -> Page[DeletionLine]:
    """A page of the log, of the rows that `core.paging.newest_first` selects."""
    last = rows[limit - 1] if len(rows) > limit else None
    return Page[DeletionLine](
        items=[line(row) for row in rows[:limit]], next=paging.cursor(last.at, last.id) if last else None
    )
