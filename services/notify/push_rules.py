"""The decisions of messages to phones: what goes out when, and what it tells. Plain functions, no I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import get_args

from contracts.errors import Conflict, invalid
from contracts.notify import Reason
from contracts.push import DeviceState, PushSubscription
from core.web_push import address_of, check_keys
from services.notify.mail_rules import in_person

LIFE = timedelta(days=2)
"""How long something is worth a message: after that neither we nor the push service try any more."""

BETWEEN = timedelta(minutes=2)
"""The least time between two messages about one topic, article or event: what comes meanwhile becomes one."""

ACTIVE_FOR = timedelta(minutes=2)
"""Whoever marked a notification as read within this is active on the page: what they read there needs no message."""

ACTIVE_HELD = timedelta(minutes=10)
"""How long a message to somebody who is active on the page is held at most."""

DEVICES_EACH = 20
IDS_AT_MOST = 20
"""So many notifications are in one message; of a flood the newest."""

UNREACHED_AFTER = timedelta(days=3)
"""A device that has taken no message for so long, while there were some, is told of."""

AWAY_AFTER = timedelta(days=14)
"""Whoever was here within this and has no session any more has ended it; after that it may have ended by itself."""

LOST_KEPT = timedelta(days=30)
"""How long a device that is lost is listed."""

EXCERPT = 200
"""Letters of an excerpt in a message: no screen shows more."""


def reasons_of(chosen: Collection[str] | None) -> list[Reason]:
    """For which reasons messages go out: without a choice what concerns the person, and not what they only follow."""
    every: tuple[Reason, ...] = get_args(Reason)
    return in_person(every) if chosen is None else [reason for reason in every if reason in chosen]


def is_wanted(reasons: Collection[Reason], chosen: Collection[str]) -> bool:
    """Whether a notification for these reasons goes out: what concerns somebody in person counts as that, also where
    they follow it."""
    return not set(in_person(reasons) or reasons).isdisjoint(chosen)


def held_until(now: datetime, newest: datetime, active_at: datetime | None) -> datetime | None:
    """Until when a message is held, None if it goes out now. `newest`: the time of the newest notification in it;
    `active_at`: when the person was last active on the page."""
    if active_at is None or now >= active_at + ACTIVE_FOR or now >= newest + ACTIVE_HELD:
        return None
    return min(active_at + ACTIVE_FOR, newest + ACTIVE_HELD)


def state(failing_since: datetime | None, lost_at: datetime | None) -> DeviceState:
    """How a device is doing."""
    if lost_at is not None:
        return "lost"
    return "working" if failing_since is None else "unreached"


def is_urgent(reasons: Collection[Reason]) -> bool:
    """Whether a phone that saves its battery shall wake up for it."""
    return bool(in_person(reasons))


def check_devices(count: int) -> None:
    """Raise `Conflict("push-devices-many")` if `count`, the devices that a person has, has reached `DEVICES_EACH`."""
    if count >= DEVICES_EACH:
        raise Conflict("push-devices-many", params={"most": DEVICES_EACH})


def check_subscription(command: PushSubscription, hosts: Collection[str]) -> None:
    """Raise `Invalid` with the faults `push-endpoint` and `push-keys`, which don't repeat what was sent."""
    try:
        address_of(command.endpoint, tuple(hosts))
    except ValueError:
        raise invalid("endpoint", "push-endpoint") from None
    try:
        check_keys(command.p256dh, command.auth)
    except ValueError:
        raise invalid("p256dh", "push-keys") from None


def endpoint_hash(endpoint: str) -> str:
    """What a device is found by. An endpoint is random enough that a fast hash hides it."""
    return hashlib.sha256(endpoint.encode()).hexdigest()
