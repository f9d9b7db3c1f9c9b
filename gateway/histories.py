"""Pages of histories of texts: what those of articles, topics and events do alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import render_template, request

from contracts.blog import Revision
from contracts.common import Page
from contracts.revisions import TextRevision
from gateway.concurrency import load_people, run_concurrently
from gateway.textdiff import REVISION_CHANGES, REVISIONS, Piece
from gateway.withheld import is_hidden, withheld_by

R = TypeVar("R", bound=TextRevision)
Item = TypeVar("Item")


def history_page(
    template: str,
    read_item: Callable[[], Item],
    read: Callable[[str | None, int], Page[R]],
    shown: Callable[[Item], dict[str, Any]],
    *,
    ahead: int = 1,
) -> str:
    """Render the page of a history that the request asks for. `read` returns a page of it, `shown` says what else the
    template gets of the item; the text before the last one of a page is among the first `ahead` of the next page."""
    after = request.args.get("after")
    item, revisions = run_concurrently(read_item, lambda: read(after, REVISIONS))
    earlier = read(revisions.next, ahead).items if revisions.next else []
    load_people(*(one.by_id for one in revisions.items), *withheld_by(revisions.items))
    return render_template(
        template,
        revisions=revisions,
        changes=_changes([*revisions.items, *earlier], len(revisions.items)),
        newest=after is None,
        **shown(item),
    )


def _changes(newest_first: Sequence[TextRevision], shown: int) -> dict[tuple[str, int], list[Piece]]:
    """The changes of each of the revisions shown whose predecessor is there, in title, summary and text together."""
    found = {(one.language, one.revision): one for one in newest_first}
    changes = {}
    for one in newest_first[:shown]:
        before = found.get((one.language, one.revision - 1))
        if before is not None and not (is_hidden(before) or is_hidden(one)):
            changes[one.language, one.revision] = REVISION_CHANGES.get(_full_text(before), _full_text(one))
    return changes


def _full_text(revision: TextRevision) -> str:
    summary = revision.summary if isinstance(revision, Revision) else ""
    return "\n\n".join(text for text in (revision.title, summary, revision.body) if text)
