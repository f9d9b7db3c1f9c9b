"""Decisions of notify: what can be followed, whom a piece of news concerns, which changes matter."""

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

NEWS_FOR = timedelta(days=30)
"""What is older when it is heard (an import, a long absence) is kept in the replicas and told to nobody."""

FOLLOWS_EACH = 2000
MENTIONS_TOLD = 50
"""How many of a text's mentions are told: more are a way to shout at everybody."""

TITLE_LENGTH = 400
EXCERPT_LENGTH = 200
IDS_AT_ONCE = 1000

_ID = re.compile(r"[0-9a-z]{16}")
_CATEGORY = re.compile(r"(news|talk)/[^\s\x00-\x1f]{1,100}")
_REASONS: tuple[Reason, ...] = get_args(Reason)

Target = tuple[FollowKind, str]


@dataclass(frozen=True)
class News:
    """Something that people are to be told.

    `direct`: whom it concerns by itself, and why; `direct_actor_id` is who did it to them. `of`: the thing
    and what stands around it closely; who follows one of these is told, who muted one is told nothing.
    `among`: tags, category, group and author; who watches one is told, who follows it at the normal level
    only if `is_new` (a thing of its own, not a reply). `for_followers` False: nobody is told for following.
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


# Who asks


# What is followed


def checked_target(kind: FollowKind, target: str) -> str:
    """The id as it is stored. Raises `follow-id-shape`, `tag-shape`.

    That the thing exists is not asked: to refuse what does not would tell of what does.
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
    """Raises `Conflict("follows-many")` to who follows too much to be told of it."""
    if count >= FOLLOWS_EACH:
        raise Conflict("follows-many", params={"most": FOLLOWS_EACH})


# Who is told


def is_news(at: datetime) -> bool:
    """Whether what happened `at` is still worth telling."""
    return at >= clock.now() - NEWS_FOR


def told_for_following(news: News, levels: dict[Target, Level]) -> bool:
    """Whether somebody who follows these of the news's targets, at these levels, is told for it."""
    of = {levels[target] for target in news.of if target in levels}
    if of & {"normal", "watching"}:
        return True
    among = {levels[target] for target in news.among if target in levels}
    if "muted" in among:
        return False
    return "watching" in among or (news.is_new and "normal" in among)


def silenced(news: News, levels: dict[Target, Level]) -> bool:
    """Whether somebody muted the thing itself, or who did it."""
    return any(levels.get(target) == "muted" for target in (*news.of, ("person", news.actor_id)))


def in_order(reasons: Iterable[Reason]) -> list[Reason]:
    """Reasons in the contract's order, each once."""
    given = set(reasons)
    return [reason for reason in _REASONS if reason in given]


# What is told


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
