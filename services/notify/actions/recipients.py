"""Finds whom a draft concerns: followers, those whom it names, the members of its group, who has it already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, tuple_
from sqlalchemy.orm import Session

from contracts.mail import MailWhen
from contracts.notify import Level, Reason
from core.audience import group_of
from core.columns import one_of, texts_of
from services.notify import rules
from services.notify.queries import targets_now
from services.notify.rules import NotificationDraft, Target
from services.notify.tables import ANYBODY, Follow, GroupMember, Notification, Refusal

_TABLE: Any = Follow.__table__
# Columns of the table, not of the class: rows of the class take twice as long.
_FOLLOW = tuple(_TABLE.c[name] for name in ("person_id", "kind", "target", "level", "since", "mail"))

Followers = dict[Target, list[tuple[str, Level, datetime]]]
"""Who follows or has muted a target, with the level, and since when."""


def follows(drafts: Iterable[NotificationDraft]) -> Select[Any]:
    """Who follows, or has muted, one of the drafts' targets."""
    wanted = {target for draft in drafts for target in _targets(draft)}
    muting = {target for draft in drafts for target in draft.muting_targets} - wanted
    found: Any = select(*_FOLLOW)
    target = tuple_(Follow.kind, Follow.target)
    chosen: ColumnElement[bool] = target.in_(sorted(wanted))
    if muting:
        chosen = or_(chosen, and_(target.in_(sorted(muting)), Follow.level == "muted"))
    statement: Select[Any] = found.where(chosen)
    return statement


def present(session: Session, drafts: Sequence[NotificationDraft]) -> list[NotificationDraft]:
    """The drafts with the targets that there are now: an event may name what was merged since."""
    now = targets_now(
        session, (target for draft in drafts for target in (*draft.related_targets, *draft.muting_targets))
    )
    if not now:
        return list(drafts)

    def there(targets: Sequence[Target]) -> tuple[Target, ...]:
        return tuple(dict.fromkeys(now.get(target, target) for target in targets))

    return [
        replace(
            draft,
            related_targets=there(draft.related_targets),
            muting_targets=there(draft.muting_targets),
        )
        for draft in drafts
    ]


def _targets(draft: NotificationDraft) -> set[Target]:
    return {*draft.targets, *draft.related_targets, ("person", draft.actor_id)}


def levels_by_target(follows: Iterable[Row[Any]]) -> Followers:
    """The rows of `follows` by target."""
    found: Followers = {}
    for row in follows:
        found.setdefault((row.kind, row.target), []).append((row.person_id, row.level, row.since))
    return found


def own_mails(follows: Iterable[Row[Any]]) -> dict[str, dict[Target, MailWhen]]:
    """When people want what comes for following one thing, who have chosen that."""
    found: dict[str, dict[Target, MailWhen]] = {}
    for row in follows:
        if row.mail != "default":
            found.setdefault(row.person_id, {})[row.kind, row.target] = row.mail
    return found


def levels_by_person(draft: NotificationDraft, by_target: Followers) -> dict[str, dict[Target, Level]]:
    """The draft's targets that each person follows, with their levels. A follow counts for events after its `since`;
    a mute counts for all."""
    levels: dict[str, dict[Target, Level]] = {}
    for target in {*_targets(draft), *draft.muting_targets}:
        for person_id, level, since in by_target.get(target, ()):
            if since <= draft.at or level == "muted":
                levels.setdefault(person_id, {})[target] = level
    return levels


def reasons_by_person(
    draft: NotificationDraft, levels: Mapping[str, dict[Target, Level]], among: Set[str] | None
) -> tuple[dict[str, set[Reason]], dict[str, list[Target]]]:
    """Why each person is notified, and what they follow that led to it."""
    reasons: dict[str, set[Reason]] = {}
    followed: dict[str, list[Target]] = {}
    for person_id, why in draft.direct.items():
        if person_id != (draft.direct_actor_id or draft.actor_id) and (among is None or person_id in among):
            reasons.setdefault(person_id, set()).update(why)
    # Most of a crowd follow the same.
    alike: dict[tuple[tuple[Target, Level], ...], tuple[list[Target], bool]] = {}
    for person_id, at_levels in levels.items():
        kind = tuple(at_levels.items())
        if kind not in alike:
            targets = rules.followed_targets(draft, at_levels) if draft.for_followers else []
            alike[kind] = targets, rules.muted(draft, at_levels)
        targets, muted = alike[kind]
        if targets and person_id not in (draft.actor_id, draft.direct_actor_id):
            of_targets: set[Reason] = {"search" if each == "search" else "follow" for each, _ in targets}
            reasons.setdefault(person_id, set()).update(of_targets)
            followed[person_id] = targets
        if muted:
            reasons.pop(person_id, None)
    return reasons, followed


def refusals(session: Session, people: Collection[str], actors: Collection[str]) -> set[tuple[str, str]]:
    """Which of these people want no notifications of the acts of which of `actors`, or of anybody's (`ANYBODY`)."""
    wanted = and_(one_of(Refusal.person_id, texts_of(people)), Refusal.actor_id.in_({*actors, ANYBODY}))
    rows = session.execute(select(Refusal.person_id, Refusal.actor_id).where(wanted))
    return {(row.person_id, row.actor_id) for row in rows}


def refuses(refusals: Set[tuple[str, str]], person_id: str, draft: NotificationDraft) -> bool:
    """Whether a person wants no notification of what a draft tells."""
    actors = (ANYBODY, draft.actor_id, draft.direct_actor_id or ANYBODY)
    return any((person_id, actor) in refusals for actor in actors)


def members(
    session: Session, drafts: Iterable[NotificationDraft], among: Set[str] | None
) -> set[tuple[str, str]]:
    """For each draft of a group's content its `source_id` with each person who was in the group then."""
    of_groups = [draft for draft in drafts if group_of(draft.audience) is not None]
    if not of_groups:
        return set()
    wanted: ColumnElement[bool] = GroupMember.audience.in_({draft.audience for draft in of_groups})
    if among is not None:
        wanted = and_(wanted, GroupMember.person_id.in_(among))
    rows = session.execute(
        select(GroupMember.audience, GroupMember.person_id, GroupMember.since).where(wanted)
    ).all()
    return {
        (draft.source_id, row.person_id)
        for draft in of_groups
        for row in rows
        if row.audience == draft.audience and row.since <= draft.at
    }


def notified(session: Session, drafts: Iterable[NotificationDraft]) -> set[tuple[str, str]]:
    """The `source_id` of each draft with each person who has a notification of it."""
    wanted = Notification.source_id.in_([draft.source_id for draft in drafts])
    found = session.execute(select(Notification.source_id, Notification.person_id).where(wanted))
    return {(row.source_id, row.person_id) for row in found}
