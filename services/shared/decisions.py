"""Moderators' decisions, as the services carry them out whose items they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from contracts.common import Kind
from contracts.deletion import Delete
from contracts.errors import Forbidden, NotFound
from contracts.moderation import NOTE_PREFIX, AppealAnswered, DecisionMade, DecisionState
from core.audience import Role, Viewer, group_of
from core.shared_columns import DeletionColumns

_NOTE_LENGTH = 1000


@dataclass(frozen=True)
class Hiding:
    """How a service deletes and restores what a decision is about, in one transaction.

    `kinds` are those of the service's items. `deletions` returns those that last, locked, of the item and of what it
    may be deleted with. `delete` and `restore` are the service's own commands, the latter for one of these. `add` adds
    a deletion beside the one that an item is under already, and `is_current` says whether the item is under one.
    """

    kinds: Sequence[Kind]
    deletions: Callable[[], Sequence[DeletionColumns]]
    delete: Callable[[Viewer, Delete], object]
    restore: Callable[[Viewer, DeletionColumns], object]
    add: Callable[[Viewer, Delete], object]
    is_current: Callable[[DeletionColumns], bool]


def hide(event: DecisionMade, hiding: Hiding) -> None:
    """Delete what a decision hides. What is gone, or not theirs to moderate any more, stays as it is.

    What the person concerned has deleted before becomes the decision's deletion. Beside the deletion of anybody else it
    stands as a second one, which the item comes under when it is restored.
    """
    if not _concerns(event.decision, hiding):
        return
    _take_over(hiding.deletions(), event)
    with suppress(NotFound, Forbidden):
        hiding.delete(in_office(event.decision), deletion_by(event.decision))
        hiding.add(in_office(event.decision), deletion_by(event.decision))


def show(event: AppealAnswered, hiding: Hiding) -> None:
    """Undo what an overturned decision has deleted, and nothing that others have. What the person concerned had deleted
    before stays deleted by themselves."""
    decision = event.decision
    if not (decision.overturned and _concerns(decision, hiding)):
        return
    deletions = hiding.deletions()
    _give_back(deletions, event)
    note = deletion_by(decision).note
    # The item itself first: what it was deleted with can't be without it.
    for deletion in sorted(deletions, key=lambda each: each.item_id != decision.item_id):
        if deletion.note == note and not hiding.is_current(deletion):
            deletion.end(decision.by_id)
        elif deletion.note == note:
            with suppress(NotFound, Forbidden):
                hiding.restore(in_office(decision), deletion)


def in_office(decision: DecisionState) -> Viewer:
    """Who decided, with the power that the decision has: a moderator of its group, of its part of the site, or of the
    site, no more.

    An item's service applies its own rules to them, so a decision does nothing to what has another audience, or is in
    another part, by now. Decisions are undone by moderators of the site.
    """
    group = group_of(decision.audience)
    groups = frozenset() if group is None else frozenset({group})
    part = decision.part if not decision.overturned else ""
    roles: frozenset[Role] = frozenset({"member"} if group is not None or part else {"member", "moderator"})
    return Viewer(
        person_id=decision.by_id,
        roles=roles,
        groups=groups,
        moderates=groups,
        delegated=frozenset({f"moderator:{part}"} if part else ()),
    )


def deletion_by(decision: DecisionState) -> Delete:
    """The command that hides an item: its note leads to the decision, where the words are."""
    return Delete(reason=decision.reason, note=NOTE_PREFIX + decision.id)


def _concerns(decision: DecisionState, hiding: Hiding) -> bool:
    return decision.kind in hiding.kinds and "hide" in decision.measures


def _take_over(deletions: Iterable[DeletionColumns], event: DecisionMade) -> None:
    """Make it the decision's deletion where the person concerned has deleted an item of it first: they could restore it
    past the decision otherwise. Reason and note of before are kept in the note, for `_give_back`."""
    decision = event.decision
    for deletion in deletions:
        own = event.person_id is not None and deletion.by_id == event.person_id
        if own and deletion.audience == decision.audience:
            before = f"{deletion_by(decision).note}#{deletion.reason}#{deletion.note}"
            deletion.note = before[:_NOTE_LENGTH]
            deletion.reason, deletion.by_id = str(decision.reason), decision.by_id


def _give_back(deletions: Iterable[DeletionColumns], event: AppealAnswered) -> None:
    """Undo `_take_over` in these: the item stays deleted, by the person themselves, who may restore it."""
    for deletion in deletions:
        taken, _, before = deletion.note.partition("#")
        if before and event.person_id is not None and taken == deletion_by(event.decision).note:
            deletion.reason, _, deletion.note = before.partition("#")
            deletion.by_id = event.person_id
