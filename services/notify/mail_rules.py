"""The decisions of mail about notifications: what goes out when, and what waits. Plain functions, no I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import cast, get_args
from zoneinfo import ZoneInfo, available_timezones

from contracts.errors import invalid
from contracts.mail import MailStop, MailWhen
from contracts.notify import FollowKind, Reason
from core import clock

HELD = timedelta(minutes=5)
"""How long a mail that goes out at once is held: a post that is edited, deleted or read meanwhile needs no other."""

ACTIVE_FOR = timedelta(minutes=10)
"""Whoever marked a notification as read within this is active on the page."""

ACTIVE_HELD = timedelta(minutes=30)
"""How long mail to somebody who is active on the page is held at most."""

BETWEEN = timedelta(hours=1)
"""The least time between two mails about one topic, article or event: what comes meanwhile becomes one mail."""

MAILED_WITHIN = timedelta(days=2)
"""What is older when it is handled goes out by no mail (a long outage, an import)."""

WHOLE_POSTS = 10
"""So many posts are in one mail; of others there is the number."""

DIGEST_ITEMS = 30
DIGEST_AT_MOST = 500
"""The most notifications of which a daily mail is made."""

HOUR = 8
ZONE = "UTC"
DEFAULT: dict[Reason, MailWhen] = {"follow": "daily", "search": "daily"}
"""By reason; what concerns somebody in person goes out at once."""

FOLLOWING: tuple[Reason, ...] = ("follow", "search")
"""The reasons of what somebody follows."""

_SUBJECTS = ("topic", "article", "event")


@dataclass(frozen=True)
class Choice:
    """When one person wants mail; without an own choice the default."""

    on: bool = True
    by_reason: Mapping[str, str] | None = None
    hour: int = HOUR
    timezone: str = ZONE
    refused: str = ""

    def when(self, reason: Reason) -> MailWhen:
        """When a notification for this reason goes out."""
        return cast(MailWhen, (self.by_reason or {}).get(reason) or DEFAULT.get(reason, "once"))

    def when_for(self, reasons: Collection[Reason]) -> MailWhen:
        """When one for these reasons goes out: by the earliest of what concerns them in person, else as what they
        follow."""
        if not self.on or self.refused:
            return "page"
        wanted = {self.when(reason) for reason in in_person(reasons) or reasons}
        return next((when for when in get_args(MailWhen) if when in wanted), "page")

    def due(self, when: MailWhen, now: datetime) -> datetime:
        """When the mail is to be made of what comes now."""
        return now + HELD if when == "once" else next_hour(now, self.hour, self.timezone)


def in_person(reasons: Iterable[Reason]) -> list[Reason]:
    """The reasons that concern somebody in person, and not for what they follow."""
    return [reason for reason in reasons if reason not in FOLLOWING]


def next_hour(now: datetime, hour: int, timezone: str) -> datetime:
    """The next time that a clock in the zone shows this full hour; where a change of clocks skips it, just after."""
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), time(hour), zone)
    found = today if today > local else datetime.combine(local.date() + timedelta(days=1), time(hour), zone)
    return found.astimezone(clock.now().tzinfo)


def checked_timezone(name: str) -> str:
    """The name of an IANA zone. Raises `Invalid` with the fault `timezone-unknown`."""
    if name not in _zones():
        raise invalid("timezone", "timezone-unknown", timezone=name)
    return name


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def held_until(
    now: datetime, oldest: datetime, last_mail: datetime | None, active_at: datetime | None
) -> datetime | None:
    """Until when a mail of a topic is held further, None if it goes out now.

    `oldest`: the time of the oldest notification in it. `last_mail`: when one of this topic went out. `active_at`: when
    the person was last active on the page.
    """
    if last_mail is not None and now < last_mail + BETWEEN:
        return last_mail + BETWEEN
    if active_at is not None and now < active_at + ACTIVE_FOR and now < oldest + ACTIVE_HELD:
        return min(active_at + ACTIVE_FOR, oldest + ACTIVE_HELD)
    return None


def stops(reason: Reason, followed: FollowKind | None, subject: str) -> list[MailStop]:
    """What the link of a mail about a subject, or of the daily one (`subject` is `""`), can end, the nearest first."""
    if not subject:
        return ["daily", "all"]
    found: list[MailStop] = ["target"] if reason in FOLLOWING and followed is not None else []
    found += ["reason"]
    if subject.partition("/")[0] in _SUBJECTS:
        found += ["subject"]
    return [*found, "all"]


def subject_target(subject: str) -> tuple[FollowKind, str]:
    """What is muted to end all notifications of a subject."""
    kind, _, id = subject.partition("/")
    return cast(FollowKind, kind), id


# Ids of mails, by which programs put those of a topic together

_ROOTS = ("forum.topic.created", "blog.article.published", "events.event.created")
_OF_POSTS = "forum.post.created"


def mail_id(what: str, item: str, subject: str, source_id: str) -> str:
    """The local part of the `Message-ID` of the mail about a notification: an item's own, else that of the event."""
    if what in _ROOTS:
        return thread_id(subject)
    return item.replace("/", ".") if what == _OF_POSTS else f"notice.{source_id}"


def thread_id(subject: str) -> str:
    """That of the mail that begins what is said of a subject."""
    return subject.replace("/", ".")
