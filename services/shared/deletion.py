"""Decisions about deleting and restoring that are the same for topics, posts, articles and events."""

from __future__ import annotations

from contracts.deletion import Delete
from contracts.errors import invalid

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


def may_restore(person_id: str | None, moderates: bool, reason: str, deleted_by: str) -> bool:
    """Whether a person may undo a deletion: moderators theirs and each other's, authors and only they their own."""
    if person_id is None:
        return False
    if reason == BY_AUTHOR:
        return person_id == deleted_by
    return moderates or (reason == NO_POSTS and person_id == deleted_by)
