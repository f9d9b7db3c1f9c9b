"""Notifications on phones, by Web Push: which devices there are, what reaches them, and what it tells."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.common import Command, View, also_from, also_silenced, safe
from contracts.following import Reason
from core.audience import Viewer

DeviceState = Literal["working", "unreached", "lost"]
"""`unreached`: the last messages could not be handed over; `lost`: there is no such subscription any more."""

# To whom


class PushRecipient(View):
    """On whose behalf a message is made, which may read and nothing else, and in which language. It is asked for when a
    message goes out, and stored nowhere. `sessions`: the ids of the person's sessions, with which their devices end."""

    language: str
    viewer: Viewer
    site: str = ""
    sessions: list[str] = []


class PushRecipients(Protocol):
    """A part of `contracts.people.PeopleApi`."""

    @safe
    @also_from("notify")
    def push_recipient(self, person_id: str) -> PushRecipient | None:
        """To whom messages for a person's devices go; None for who is suspended, is about to vanish or has."""


# What it tells


class PushNote(View):
    """What one message tells, without its words. `what`, `reasons`, `title`, `language`, `excerpt` and `path` as in
    `contracts.notify.NotificationView`: of the newest notification of its topic, article or event. `actor`: the name of
    who acted, `""` where that is not told.

    `more`: how many others of the same subject are in it. `withheld`: it is of a group, and its words are for an
    unlocked screen alone: there are neither title nor excerpt, and the address has no words. `unread`: how many
    notifications the person has not read. `tag`: of several messages with the same one a screen shows the last.
    """

    display_language: str
    site: str = ""
    what: str
    reasons: list[Reason]
    actor: str = ""
    title: str = ""
    language: str = ""
    excerpt: str = ""
    path: str
    more: int = 0
    withheld: bool = False
    unread: int = 0
    tag: str
    ids: list[str]


# Devices


class PushDevice(View):
    """One of a person's devices. `on`: whether it gets messages; `group_words`: whether those of groups say what was
    written, which a locked screen may show to others. `reached_at`: when a message was last handed over for it.
    `current`: whether it is in the session that asks. Where its messages go is told to nobody."""

    id: str
    name: str
    on: bool
    group_words: bool
    state: DeviceState
    reached_at: AwareDatetime | None
    created_at: AwareDatetime
    current: bool = False


class PushSettings(View):
    """A person's devices, for which `reasons` messages go to them, and the public key that browsers subscribe with
    (`applicationServerKey`, in base64url)."""

    key: str
    reasons: list[Reason]
    devices: list[PushDevice]


Endpoint = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
BrowserKey = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PushSubscription(Command):
    """A subscription, as a browser has made it (`PushSubscription.toJSON` of the Push API): where messages go, and the
    keys that they are encrypted with."""

    endpoint: Endpoint
    p256dh: BrowserKey
    auth: BrowserKey


class AddPushDevice(PushSubscription):
    """Send messages to this device. Faults: `push-endpoint`, `push-keys`."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    group_words: bool = False


class ChangePushDevice(Command):
    """Change a device; what is None stays."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)] | None = None
    on: bool | None = None
    group_words: bool | None = None


class SeePushDevice(PushSubscription):
    """The subscription that a browser has, at a visit. `before`: the endpoint that it had at the last one, where it has
    another now."""

    before: Annotated[str, StringConstraints(max_length=1000)] = ""


class SetPushReasons(Command):
    """For which reasons messages go to one's devices."""

    reasons: Annotated[list[Reason], Field(max_length=20)]


class PushApi(Protocol):
    """A part of `contracts.notify.NotifyApi`. `session` is the id of the browser's session, with which the device ends;
    None for a program with an API token, whose device stays until it is removed."""

    @safe
    def push_settings(self, viewer: Viewer, session: str | None) -> PushSettings: ...
    @also_silenced
    def set_push_reasons(self, viewer: Viewer, command: SetPushReasons) -> PushSettings: ...
    @also_silenced
    def add_push_device(self, viewer: Viewer, command: AddPushDevice, session: str | None) -> PushDevice:
        """Add a device, or change the one with this endpoint: a browser is one person's device at a time.

        Raises `Invalid`, and `Conflict("push-devices-many")`."""

    @also_silenced
    def change_push_device(self, viewer: Viewer, id: str, command: ChangePushDevice) -> PushDevice:
        """Raises `NotFound` for one that is not the viewer's."""

    @also_silenced
    def remove_push_device(self, viewer: Viewer, id: str) -> None:
        """Raises `NotFound` for one that is not the viewer's."""

    @also_silenced
    def see_push_device(self, viewer: Viewer, command: SeePushDevice, session: str | None) -> bool:
        """Note that a browser still has its subscription, and in which session it is now. False if it is none of the
        viewer's devices, so that the browser ends it. Raises `Invalid` as `add_push_device` does."""
