"""The decisions of mail about notifications: what goes out when, and what waits. Plain functions, no I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import cast, get_args
from zoneinfo import ZoneInfo, available_timezones

from contracts.errors import invalid
from contracts.mail import Digest, MailStop, MailWhen, SetMailSettings
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
"""The most notifications of which a digest is made."""

DIGESTS: tuple[Digest, ...] = get_args(Digest)
"""They are the `thread` of the mail that waits, and the `subject` of its link."""

HOUR = 8
ZONE = "UTC"
WEEKDAY = 1
DEFAULT: dict[Reason, MailWhen] = {"follow": "daily", "search": "daily"}
"""By reason; what concerns somebody in person goes out at once."""

FOLLOWING: tuple[Reason, ...] = ("follow", "search")
"""The reasons of what somebody follows."""

Target = tuple[FollowKind, str]

_SUBJECTS = ("topic", "article", "event")


@dataclass(frozen=True)
class Choice:
    """When one person wants mail; without an own choice the default."""

    on: bool = True
    by_reason: Mapping[str, str] | None = None
    hour: int = HOUR
    timezone: str = ZONE
    refused: str = ""
    weekday: int = WEEKDAY
    quiet_from: int = 0
    quiet_to: int = 0

    def when(self, reason: Reason) -> MailWhen:
        """When a notification for this reason goes out."""
        return cast(MailWhen, (self.by_reason or {}).get(reason) or DEFAULT.get(reason, "once"))

    def when_for(self, reasons: Collection[Reason], own: MailWhen | None = None) -> MailWhen:
        """When one for these reasons goes out: by the earliest of what concerns them in person, else as what they
        follow. `own` is what they have chosen for the thing itself that they follow (`own_when`)."""
        if not self.on or self.refused:
            return "page"
        personal = in_person(reasons)
        if own is not None and not personal:
            return own
        wanted = {self.when(reason) for reason in personal or reasons}
        return next((when for when in get_args(MailWhen) if when in wanted), "page")

    def due(self, when: MailWhen, now: datetime) -> datetime:
        """When the mail is to be made of what comes now."""
        at = now + HELD
        if when == "hourly":
            at = next_full_hour(now, self.timezone)
        elif when == "daily":
            at = next_hour(now, self.hour, self.timezone)
        elif when == "weekly":
            at = next_weekday(now, self.weekday, self.hour, self.timezone)
        return self.after_quiet(at)

    def after_quiet(self, at: datetime) -> datetime:
        """This time, or when the quiet hours end that it is in."""
        return self.quiet_until(at) or at

    def quiet_until(self, now: datetime) -> datetime | None:
        """When the hours end in which the person wants to be told of nothing, if now is one of them, else None: for
        whatever reaches them, by mail or otherwise."""
        return quiet_until(now, self.quiet_from, self.quiet_to, self.timezone)


def changed(choice: Choice, command: SetMailSettings) -> Choice:
    """The choice that somebody would have after this command. Raises `Invalid` with the fault `timezone-unknown`."""
    quiet = (choice.quiet_from, choice.quiet_to)
    if command.quiet_from is not None and command.quiet_to is not None:
        quiet = (command.quiet_from, command.quiet_to)
    return Choice(
        command.on,
        {**(choice.by_reason or {}), **{str(reason): when for reason, when in command.by_reason.items()}},
        command.hour,
        checked_timezone(command.timezone),
        "",
        command.weekday or choice.weekday,
        *quiet,
    )


def own_when(followed: Iterable[Target], mails: Mapping[Target, MailWhen]) -> MailWhen | None:
    """What a person has chosen for what they follow that led to a notification, by the nearest that they have chosen
    something for; None where they have for none. `followed`: the nearest first."""
    return next((mails[target] for target in followed if target in mails), None)


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


def next_full_hour(now: datetime, timezone: str) -> datetime:
    """The next time that a clock in the zone shows a full hour."""
    local = now.astimezone(ZoneInfo(timezone))
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return now - past + timedelta(hours=1)


def next_weekday(now: datetime, weekday: int, hour: int, timezone: str) -> datetime:
    """The next time that it is this hour of this day of the week (1: Monday) in the zone."""
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    day = local.date() + timedelta(days=(weekday - local.isoweekday()) % 7)
    if datetime.combine(day, time(hour), zone) <= local:
        day += timedelta(days=7)
    return datetime.combine(day, time(hour), zone).astimezone(clock.now().tzinfo)


def quiet_until(now: datetime, start: int, end: int, timezone: str) -> datetime | None:
    """When the quiet hours end that begin at the hour `start` in the zone and end at `end`, maybe on the next day; None
    outside of them, and where the two are equal, for then there are none."""
    hour = now.astimezone(ZoneInfo(timezone)).hour
    if (start <= hour < end) if start <= end else (hour >= start or hour < end):
        return next_hour(now, end, timezone)
    return None


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
    """What the link of a mail about a subject, or of a digest, can end, the nearest first."""
    if (digest := digest_of(subject)) is not None:
        return [digest, "all"]
    found: list[MailStop] = ["target"] if reason in FOLLOWING and followed is not None else []
    found += ["reason"]
    if subject.partition("/")[0] in _SUBJECTS:
        found += ["subject"]
    return [*found, "all"]


def digest_of(subject: str) -> Digest | None:
    """The digest that a link is of; the links of daily mails said nothing until there were others."""
    return next((each for each in DIGESTS if each == (subject or "daily")), None)


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
