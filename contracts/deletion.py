"""Deleting topics, posts, articles and events, and undoing it: what the three services have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, StringConstraints

from contracts.common import CLEAN_TEXT, Command, View

GivenReason = Literal["spam", "harassment", "hate", "personal-data", "abuse", "rights", "off-topic", "other"]
"""Why a moderator deletes something, after the Universal Code of Conduct, section 3: `harassment` with insults, threats
and trolling (3.1), `personal-data` (doxing, 3.1), `hate` (3.3), `abuse` (vandalism and manipulation of content, 3.3).
`rights`: it is unlawful or violates somebody's rights. `other` takes a note."""


class Delete(Command):
    """Delete an item. Moderators give a reason; authors of the item need none.

    Faults: `reason-missing`, and `note-missing` for the reason `other` without a note.
    """

    reason: GivenReason | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), CLEAN_TEXT] = ""


class Deletion(View):
    """That an item is deleted. `reason` is one of `GivenReason`, or `author` (its author took it back), `article` (the
    article of a discussion was deleted), `no-posts` (a topic's last post was deleted) or `unstated` (it was deleted
    before reasons were asked for).

    `by_id` is for moderators; to the author it is None.
    """

    reason: str
    note: str = ""
    at: AwareDatetime
    by_id: str | None = None


class Deletable(View):
    """What a view says of its item's deletion.

    `deletion`: it is deleted; only its author and those who moderate it get such an item with what it says. Whether
    the viewer may delete it (`may_delete`; with `reason_needed` by giving a reason) and restore it (`may_restore`).
    """

    may_delete: bool = False
    reason_needed: bool = False
    may_restore: bool = False
    deletion: Deletion | None = None


class DeletionLine(View):
    """One entry of the log of deletions: an item's title as it was (of a post the beginning of its text), who deleted
    it and why, and who restored it. Of what is the viewer's own and others deleted, `by_id` is `""` and `restored_by`
    None."""

    id: str
    item_id: str
    title: str
    language: str
    audience: str
    author_id: str
    reason: str
    note: str = ""
    at: AwareDatetime
    by_id: str
    restored_at: AwareDatetime | None = None
    restored_by: str | None = None
    may_restore: bool = False
