"""What moderators' decisions change in items, as the services carry it out whose items they are about, and how it is
undone when a decision is overturned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from contracts.errors import Conflict, Forbidden, Invalid, NotFound
from contracts.moderation import NOTE_PREFIX, UNNAMED, AppealAnswered, ChangedText, DecisionMade, Measure
from contracts.revisions import Withhold
from core.audience import Viewer
from core.decided_changes import DecidedChanges
from core.shared_columns import DecidedChangeColumns
from services.shared.decisions import in_office
from services.shared.limits import without_limits

MOST_WITHHELD = 100
"""So many earlier texts are withheld at once."""

_REFUSED = (NotFound, Forbidden, Invalid, Conflict)


@dataclass(frozen=True)
class ItemText:
    """What an item says in a language, and its category. `revision` is that of the text in the item's history, None
    where there is no history."""

    language: str
    title: str
    summary: str
    body: str
    category: str
    revision: int | None

    def digest(self) -> str:
        """The same for the same words."""
        return hashlib.sha256("\0".join((self.title, self.summary, self.body)).encode()).hexdigest()


class Changeable(Protocol):
    """An item of a service that decisions change, in one transaction.

    Each method raises `NotFound` or `Forbidden` where the viewer may not moderate it, `Invalid` where it can't be.
    """

    def read(self, viewer: Viewer, language: str) -> ItemText:
        """What it says now, locked until the transaction ends."""

    def write(self, viewer: Viewer, text: ItemText) -> None: ...
    def move(self, viewer: Viewer, category: str) -> None: ...
    def withhold(self, viewer: Viewer, language: str, revision: int, command: Withhold) -> None:
        """Withhold an earlier text and those before it: who writes one after another keeps none of them public."""

    def show(self, viewer: Viewer, language: str, revision: int, reason: str) -> None:
        """Show again what was withheld for this `reason`."""


def each_before(revision: int) -> range:
    """The numbers of a text and of those before it, the newest first."""
    return range(revision, max(revision - MOST_WITHHELD, 0), -1)


def change(changes: DecidedChanges, item: Changeable | None, event: DecisionMade) -> list[Measure]:
    """Write and move what a decision changes, and note what was before. What is gone, or not theirs to moderate any
    more, stays as it is. `item` is None for one of another service. Returns the measures that could not be carried
    out."""
    if item is None or (event.text is None and event.category is None):
        return []
    decision, viewer = event.decision, _unnamed(event)
    failed: list[Measure] = []
    language = decision.language if event.text is None else event.text.language
    try:
        before = item.read(viewer, language)
    except _REFUSED:
        wanted: tuple[tuple[Measure, object], ...] = (("edit", event.text), ("move", event.category))
        return [measure for measure, asked in wanted if asked is not None]
    row = changes.add(decision.id, decision.item_id, language, before.category)
    if event.text is not None:
        failed.append("edit")
        with _whole(changes):
            _write(row, viewer, before, event.text, item)
            failed.remove("edit")
    if event.category not in (None, before.category):
        failed.append("move")
        with _whole(changes):
            item.move(viewer, str(event.category))
            row.moved_to = event.category
            failed.remove("move")
    return failed


def _write(
    row: DecidedChangeColumns, viewer: Viewer, before: ItemText, text: ChangedText, item: Changeable
) -> None:
    title, body = text.title or before.title, text.body or before.body
    after = replace(before, title=title, summary=text.summary, body=body)
    if after == before:
        return
    item.write(viewer, after)
    row.title, row.summary, row.body = before.title, before.summary, before.body
    # As it is stored, which may be without the spaces at its end.
    stored = item.read(viewer, before.language)
    row.digest = stored.digest()
    replaced = before.revision
    if text.withhold and replaced is not None and stored.revision != replaced:
        reason = Withhold(reason=NOTE_PREFIX + row.decision_id)
        item.withhold(viewer, before.language, replaced, reason)
        row.withheld = replaced


def restore(changes: DecidedChanges, item: Changeable | None, event: AppealAnswered) -> None:
    """Put back what an overturned decision replaced, unless somebody has changed it since. What an upheld one replaced
    is not kept any longer: there is one appeal against a decision."""
    row = None if item is None else changes.take(event.decision.id)
    if item is None or row is None or not event.decision.overturned:
        return
    viewer = _unnamed(event)
    with _whole(changes):
        if row.withheld is not None:
            item.show(viewer, row.language, row.withheld, NOTE_PREFIX + row.decision_id)
    with _whole(changes):
        now = item.read(viewer, row.language)
        if row.digest == now.digest():
            item.write(viewer, replace(now, title=row.title, summary=row.summary, body=row.body))
    with _whole(changes):
        if row.moved_to is not None and item.read(viewer, row.language).category == row.moved_to:
            item.move(viewer, row.category)


@contextmanager
def _whole(changes: DecidedChanges) -> Iterator[None]:
    """All that the block does, or nothing of it where one thing can't be done."""
    with suppress(*_REFUSED), changes.whole(), without_limits():
        yield


def _unnamed(event: DecisionMade | AppealAnswered) -> Viewer:
    """With the power that the decision has, and in nobody's name: who decided is not told."""
    return in_office(event.decision).model_copy(update={"person_id": UNNAMED})
