"""Decisions of notify: what can be followed, who is notified of what, which changes matter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, get_args

from contracts.common import TextVersion
from contracts.errors import Conflict, invalid
from contracts.events import EventState
from contracts.notify import FollowKind, Level, Reason
from core import clock, slugs

NOTIFY_WITHIN = timedelta(days=30)
"""An event that is older when it is handled (an import, a long outage) updates the replicas and notifies nobody."""

FOLLOWS_EACH = 2000
MENTIONS_NOTIFIED = 50
"""So many people are notified of being mentioned in one text: more are a way to shout at everybody."""

TITLE_LENGTH = 400
EXCERPT_LENGTH = 200
IDS_AT_ONCE = 1000

_ID = re.compile(r"[0-9a-z]{16}")
_CATEGORY = re.compile(r"(news|talk)/[^\s\x00-\x1f]{1,100}")
_REASONS: tuple[Reason, ...] = get_args(Reason)

Target = tuple[FollowKind, str]


@dataclass(frozen=True)
class NotificationDraft:
    """What a notification says, and of whom it is decided who gets it.

    `direct`: whom it concerns by itself, and why; `direct_actor_id` is who did it to them. `of`: the thing itself and
    what it belongs to; who follows one of these is notified, who muted one is not. `among`: tags, category, group and
    author; who watches one is notified, who follows it at the normal level only if `is_new` (a thing of its own, not a
    reply). With `for_followers` False nobody is notified for following.
    """

    what: str
    source_id: str
    at: datetime
    actor_id: str
    audience: str
    subject: str
    item: str
    titles: dict[str, str]
    original_language: str
    path: str
    excerpt: str = ""
    direct: dict[str, frozenset[Reason]] = field(default_factory=dict)
    direct_actor_id: str | None = None
    of: tuple[Target, ...] = ()
    among: tuple[Target, ...] = ()
    is_new: bool = True
    for_followers: bool = True


# What is followed


def checked_target(kind: FollowKind, target: str) -> str:
    """The id as it is stored. Raises `follow-id-shape`, `tag-shape`.

    Whether the thing exists is not checked: to refuse what does not would reveal what does.
    """
    if kind == "tag":
        try:
            return slugs.tag(target)
        except ValueError:
            raise invalid("id", "tag-shape") from None
    pattern = _CATEGORY if kind == "category" else _ID
    if not pattern.fullmatch(target):
        raise invalid("id", "follow-id-shape")
    return target


def check_follows(count: int) -> None:
    """Raises `Conflict("follows-many")` for a person who follows as much as is allowed."""
    if count >= FOLLOWS_EACH:
        raise Conflict("follows-many", params={"most": FOLLOWS_EACH})


# Who is notified


def is_recent(at: datetime) -> bool:
    """Whether people are still notified of what happened `at`."""
    return at >= clock.now() - NOTIFY_WITHIN


def notified_for_following(draft: NotificationDraft, levels: dict[Target, Level]) -> bool:
    """Whether somebody who follows these targets of the draft, at these levels, is notified for it."""
    of = {levels[target] for target in draft.of if target in levels}
    if of & {"normal", "watching"}:
        return True
    among = {levels[target] for target in draft.among if target in levels}
    if "muted" in among:
        return False
    return "watching" in among or (draft.is_new and "normal" in among)


def muted(draft: NotificationDraft, levels: dict[Target, Level]) -> bool:
    """Whether somebody muted the thing itself, or who did it."""
    return any(levels.get(target) == "muted" for target in (*draft.of, ("person", draft.actor_id)))


def in_order(reasons: Iterable[Reason]) -> list[Reason]:
    """Reasons in the contract's order, each once."""
    given = set(reasons)
    return [reason for reason in _REASONS if reason in given]


# What a notification says


def titles(versions: Iterable[TextVersion]) -> dict[str, str]:
    """The titles of a thing by language."""
    return {version.language: version.title for version in versions}


def original_body(versions: Iterable[TextVersion], original_language: str) -> str:
    """The text that its author wrote."""
    return next((version.body for version in versions if version.language == original_language), "")


def plan_of(event: EventState) -> dict[str, Any]:
    """When and where an event is, and whether it is on: what those who come must know of."""
    return event.model_dump(
        mode="json",
        include={"status", "local_start", "minutes", "timezone", "recurrence", "place", "online_url"},
    )


def is_over(event: EventState) -> bool:
    """Whether a change concerns nobody any more."""
    return not event.recurrence and event.ends_at < clock.now()


def still_ahead(event: EventState, occurrence: str) -> bool:
    """Whether a date of a recurring event lies ahead; a single event has but one, which may just have
    moved.
    """
    return not event.recurrence or occurrence[:8] >= (clock.now() - timedelta(days=1)).strftime("%Y%m%d")
