"""The decisions of notify: what can be followed, who is notified, and which changes matter. Plain functions, no I/O."""

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
from core.saved_searches import LONGEST as LONGEST_SEARCH
from core.saved_searches import canonical, is_narrow, search_id

NOTIFY_WITHIN = timedelta(days=30)
"""Nobody is notified of an event that is older than this when it is handled (an import, a long outage)."""

FOLLOWS_EACH = 2000
SEARCHES_EACH = 50
"""The most searches that a person follows."""

FOUND_UNREAD = 20
"""A person who has so many unread notifications of items that their searches found gets no more of them, so that a
search that finds very many floods nobody."""

MENTIONS_NOTIFIED = 50
"""The most people who are notified of a mention in one text, so that nobody can notify everybody."""

MENTIONS_BY_NEW = 10
"""The same for a text by an account that is younger than `NEW_FOR`."""

NEW_FOR = timedelta(days=1)

FORMER_NAMES_KEPT = timedelta(days=365)
"""How long a mention by a former name reaches who had it: as long as people keep it from others."""

REPLACED_WITHIN = timedelta(hours=1)
"""A newer notification of the same thing replaces one that is younger than this, so that changes to and fro don't
flood anybody."""

EVENT_CHANGES = ("events.event.changed", "events.event.cancelled")
REVIEW_STEPS = (
    "blog.article.submitted",
    "blog.article.resubmitted",
    "blog.article.returned",
    "blog.article.declined",
    "blog.article.scheduled",
)
WITH_REMARK = ("blog.article.returned", "blog.article.declined")
"""Steps whose notification shows the board's remark in place of the article's beginning."""

MEMBERSHIPS = ("people.membership.requested", "people.membership.granted", "people.membership.moderator")

TITLE_LENGTH = 400
EXCERPT_LENGTH = 200
IDS_AT_ONCE = 1000

_ID = re.compile(r"[0-9a-z]{16}")
_CATEGORY = re.compile(r"(news|talk)/[^\s\x00-\x1f]{1,100}")
_REASONS: tuple[Reason, ...] = get_args(Reason)

Target = tuple[FollowKind, str]
NewFollow = tuple[str, Target, datetime]
"""Who follows what from when on."""


@dataclass(frozen=True)
class NotificationDraft:
    """The content of a notification, and the facts that decide who gets it. Nobody is notified of what they did.

    Content: `what` is the event type or a finer name (see `contracts.notify.NotificationView`), `source_id` and `at`
    the id and time of the event, `subject` what it is about (`topic/…`), `item` the changed item itself (`post/…`).

    Who gets it:

    - `actor_id`: who acted; `""` where that is not told.
    - `direct`: people whom it concerns whether they follow anything or not, with the reasons. `direct_actor_id` is who
      acted on them, where that is not `actor_id`.
    - `targets`: the item itself and what contains it. People who follow one of these are notified; people who muted
      one are not, whatever the reason.
    - `related_targets`: tags, category, group and author. People who watch one are notified; people who follow one at
      the normal level only if `is_new` (a new topic, article or event rather than a reply).
    - `muting_targets`: what else people who muted it are not notified of, where nobody is notified for following it.
    - `for_followers`: if False, only the people in `direct` are notified.
    - `replaces`: the kinds (`what`) of notifications of the same item and by the same person that this one replaces
      within `REPLACED_WITHIN`. Whoever has a newer one already gets none.
    - `once_for`: people who have a notification of the same item for this reason, however old, get none; with `search`
      those who have any notification of it.
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
    targets: tuple[Target, ...] = ()
    related_targets: tuple[Target, ...] = ()
    muting_targets: tuple[Target, ...] = ()
    is_new: bool = True
    for_followers: bool = True
    replaces: tuple[str, ...] = ()
    once_for: Reason | None = None


# What can be followed


def checked_target(kind: FollowKind, target: str) -> str:
    """The target's id in the form that is stored. Raises `Invalid` with the fault `follow-id-shape`, `tag-shape` or
    `search-broad`.

    Whether the target exists is not checked: refusing unknown ids would reveal which ones exist.
    """
    if kind == "tag":
        try:
            return slugs.tag(target)
        except ValueError:
            raise invalid("id", "tag-shape") from None
    if kind == "search":
        return search_id(checked_search(target))
    pattern = _CATEGORY if kind == "category" else _ID
    if not pattern.fullmatch(target):
        raise invalid("id", "follow-id-shape")
    return target


def checked_search(text: str) -> str:
    """The text of a search that can be followed. Raises `Invalid` with the fault `follow-id-shape`, or `search-broad`
    for one without any word or filter that a new item must have."""
    text = canonical(text)
    if len(text) > LONGEST_SEARCH or "\x00" in text:
        raise invalid("id", "follow-id-shape")
    if not is_narrow(text):
        raise invalid("id", "search-broad")
    return text


def check_searches(count: int) -> None:
    """Raise `Conflict("searches-many")` if `count`, the searches that a person follows, has reached
    `SEARCHES_EACH`."""
    if count >= SEARCHES_EACH:
        raise Conflict("searches-many", params={"most": SEARCHES_EACH})


def check_follows(count: int) -> None:
    """Raise `Conflict("follows-many")` if `count`, what the person follows already, has reached `FOLLOWS_EACH`."""
    if count >= FOLLOWS_EACH:
        raise Conflict("follows-many", params={"most": FOLLOWS_EACH})


_STRENGTH = ("muted", "tracking", "normal", "watching")


def stronger(one: str, other: str) -> str:
    """Of two levels the one that brings more notifications."""
    return max(one, other, key=_STRENGTH.index)


# Who is notified


def is_recent(at: datetime) -> bool:
    """Whether people are still notified of an event of this time."""
    return at >= clock.now() - NOTIFY_WITHIN


def mentions_notified(joined_at: datetime | None, at: datetime) -> int:
    """How many people are notified of a mention in a text of this time, by an author who joined at `joined_at`."""
    is_new = joined_at is None or at - joined_at < NEW_FOR
    return MENTIONS_BY_NEW if is_new else MENTIONS_NOTIFIED


def followed_targets(draft: NotificationDraft, levels: dict[Target, Level]) -> list[Target]:
    """Those of the targets that somebody follows at these levels which they are notified for, the nearest first.

    Empty if they are not notified for following anything.
    """
    own = [target for target in draft.targets if levels.get(target) in ("normal", "watching")]
    if any(levels.get(target) == "muted" for target in (*draft.related_targets, *draft.muting_targets)):
        return own
    wanted = ("normal", "watching") if draft.is_new else ("watching",)
    return [*own, *(target for target in draft.related_targets if levels.get(target) in wanted)]


def muted(draft: NotificationDraft, levels: dict[Target, Level]) -> bool:
    """Whether somebody with these levels muted the item itself, or the person who acted."""
    return any(levels.get(target) == "muted" for target in (*draft.targets, ("person", draft.actor_id)))


def ordered_reasons(reasons: Iterable[Reason]) -> list[Reason]:
    """The reasons without repetition, in the order of `contracts.notify.Reason`."""
    given = set(reasons)
    return [reason for reason in _REASONS if reason in given]


# What a notification says


def titles(versions: Iterable[TextVersion]) -> dict[str, str]:
    """The title of each language version, by language."""
    return {version.language: version.title for version in versions}


def original_body(versions: Iterable[TextVersion], original_language: str) -> str:
    """The body of the original version; `""` if there is none."""
    return next((version.body for version in versions if version.language == original_language), "")


def plan_of(event: EventState) -> dict[str, Any]:
    """When and where an event takes place and whether it is cancelled, as JSON: what attendees are notified of."""
    return event.model_dump(
        mode="json",
        include={"status", "local_start", "minutes", "timezone", "recurrence", "place", "online_url"},
    )


def is_over(event: EventState) -> bool:
    """Whether a single event has ended. A recurring event never counts as over."""
    return not event.recurrence and event.ends_at < clock.now()


def is_upcoming(event: EventState, occurrence: str) -> bool:
    """Whether a date of an event has not passed. `occurrence` is its local start, `YYYYMMDDTHHMM`.

    Always true for a single event: its only date may just have been moved. A day is allowed for time zones.
    """
    return not event.recurrence or occurrence[:8] >= (clock.now() - timedelta(days=1)).strftime("%Y%m%d")
