"""Moderators' decisions, as the services carry them out whose items they are about."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.deletion import Delete
from contracts.moderation import NOTE_PREFIX, AppealAnswered, DecisionMade, DecisionState
from core.audience import Role, Viewer, group_of
from core.shared_columns import DeletionColumns
from services.shared.deletion import BY_AUTHOR, NO_POSTS

_OWN = (BY_AUTHOR, NO_POSTS)
"""The reasons of deletions that who made them may undo."""


def in_office(decision: DecisionState) -> Viewer:
    """Who decided, with the power in which they did: a moderator of the decision's group, or of the site, no more.

    An item's service applies its own rules to them, so a decision does nothing to what has another audience by now.
    """
    group = group_of(decision.audience)
    roles: frozenset[Role] = frozenset({"member", "moderator"} if group is None else {"member"})
    groups = frozenset() if group is None else frozenset({group})
    return Viewer(person_id=decision.by_id, roles=roles, groups=groups, moderates=groups)


def deletion_by(decision: DecisionState) -> Delete:
    """The command that hides an item: its note leads to the decision, where the words are."""
    return Delete(reason=decision.reason, note=NOTE_PREFIX + decision.id)


def take_over(deletions: Iterable[DeletionColumns], event: DecisionMade) -> None:
    """Make it the decision's deletion where, of these, the person concerned has deleted an item of it first: they could
    restore it as their own past the decision otherwise. Its note ends in what the reason was, for `give_back`."""
    decision = event.decision
    for deletion in deletions:
        own = deletion.reason in _OWN and deletion.by_id == event.person_id
        if own and deletion.audience == decision.audience and "hide" in decision.measures:
            deletion.note = f"{deletion_by(decision).note}#{deletion.reason}"
            deletion.reason, deletion.by_id = decision.reason, decision.by_id


def give_back(deletions: Iterable[DeletionColumns], event: AppealAnswered) -> None:
    """Undo `take_over` in these: the item stays deleted, by the person themselves, who may restore it."""
    decision = event.decision
    taken = {f"{deletion_by(decision).note}#{reason}": reason for reason in _OWN}
    for deletion in deletions:
        if event.person_id is not None and deletion.by_id == decision.by_id and deletion.note in taken:
            deletion.reason, deletion.note = taken[deletion.note], ""
            deletion.by_id = event.person_id
