"""Moderators' decisions, as the services carry them out whose items they are about."""

from __future__ import annotations

from contracts.deletion import Delete
from contracts.moderation import NOTE_PREFIX, DecisionState
from core.audience import Role, Viewer, group_of


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
