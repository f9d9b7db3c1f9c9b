"""Mail about notifications: to whom it goes, what it tells, when each person wants it, and the links in it."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.common import Command, View, also_from, also_silenced, needs_scope, safe
from contracts.following import FollowKind, Reason
from core.audience import Viewer

MailWhen = Literal["once", "hourly", "daily", "weekly", "page"]
"""When a notification goes out by mail: at once, with the others of an hour, a day or a week, or not at all."""

FollowMail = Literal["default", "once", "hourly", "daily", "weekly", "page"]
"""When what comes for following one thing goes out: as the person's settings say, or as `MailWhen`."""

Digest = Literal["hourly", "daily", "weekly"]
"""A mail of all that is new at a time."""

MailStop = Literal["target", "reason", "subject", "hourly", "daily", "weekly", "all"]
"""What the link of a mail ends: following what led to it, mail for its reason, all notifications of its topic, article
or event, the mail of an hour, day or week, or all mail about notifications."""


# To whom


class MailRecipient(View):
    """To whom a mail goes, and on whose behalf its content is read: `viewer` may read and nothing else. It is asked for
    when a mail goes out, and stored nowhere. `language` is that of the interface, `site` the site's name if one is set.
    """

    email: str
    language: str
    viewer: Viewer
    site: str = ""


class MailAuthor(View):
    """Who has sent a reply, for the service of mail that comes in. `own`: whether the asked address is their confirmed
    one. `email`: that one, to which goes what is said of the reply. `viewer` may write what members may, and decide on
    nothing that is others'; None while the person is suspended."""

    email: str
    own: bool
    language: str
    site: str = ""
    viewer: Viewer | None


class MailRecipients(Protocol):
    """A part of `contracts.people.PeopleApi`."""

    @safe
    @also_from("notify")
    def mail_recipient(self, person_id: str) -> MailRecipient | None:
        """To whom notifications of a person go; None without a confirmed address, and for who is suspended, is about to
        vanish or has."""

    @safe
    @also_from("mail")
    def mail_author(self, person_id: str, address: str) -> MailAuthor | None:
        """Who writes by mail as this person, and whether `address` is theirs; whose else it is nobody is told. None
        without a confirmed address, and for who is about to vanish or has."""


# What it tells


class MailedEvent(View):
    """When and where an event takes place, in a mail. `timezone` is the event's own, `place` its name and address as
    one line."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    timezone: str
    place: str = ""
    online_url: str = ""


class MailedItem(View):
    """One notification in a mail. `what`, `reasons`, `title`, `language` and `path` as in
    `contracts.notify.NotificationView`. `actor`: the name of who acted, `""` where that is not told.

    `body`: the whole text as Markdown, `html` as safe HTML, in `body_language`; both `""` where the mail shows the
    `excerpt` alone. `quoted`: the beginning of what a post answers, by `quoted_by`; `""` where that is not known, or in
    the text itself. `event`: when and where the event that it is about takes place.
    """

    what: str
    reasons: list[Reason]
    actor: str
    title: str
    language: str
    excerpt: str = ""
    path: str
    subject: str
    at: AwareDatetime
    body: str = ""
    html: str = ""
    body_language: str = ""
    quoted: str = ""
    quoted_by: str = ""
    event: MailedEvent | None = None


class Letter(View):
    """A mail about notifications, without its words.

    `items`: what it tells; `more`: how many others there are. `in_groups`: how many others are of groups, whose words
    don't leave by mail; `path`: where the first of these is. `digest`: which one it is, None for a mail about one
    subject. `reason` is why the first item came, `followed` what led to it, with its name where it has one. `stop` is
    the path of the link that changes that without signing in. `may_reply`: a reply to it becomes a post."""

    language: str
    site: str = ""
    items: list[MailedItem] = []
    more: int = 0
    in_groups: int = 0
    path: str = ""
    digest: Digest | None = None
    reason: Reason = "follow"
    followed: FollowKind | None = None
    followed_name: str = ""
    stop: str
    may_reply: bool = False


# When


class MailSettings(View):
    """When a person gets which notifications by mail. With `on` False none goes out. `hour` is that of the daily and
    weekly mail, `weekday` the day of the weekly one (1: Monday, to 7), in `timezone`. From the hour `quiet_from` to
    `quiet_to` nothing goes out: it waits till then. Where the two are equal there are no such hours. `refused`: the
    code by which the mail server refused the address for good, and since then nothing is sent until the person saves
    these settings again."""

    on: bool = True
    by_reason: dict[Reason, MailWhen]
    hour: int
    weekday: int = 1
    timezone: str
    quiet_from: int = 0
    quiet_to: int = 0
    refused: str = ""


Hour = Annotated[int, Field(ge=0, le=23)]


class SetMailSettings(Command):
    """Set them; reasons that are left out stay as they are, and so do the day and the hours of which None is said.
    Fault: `timezone-unknown`."""

    on: bool = True
    by_reason: dict[Reason, MailWhen] = {}
    hour: Hour
    weekday: Annotated[int, Field(ge=1, le=7)] | None = None
    quiet_from: Hour | None = None
    quiet_to: Hour | None = None
    timezone: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class PreviewedMail(View):
    """A mail that would have gone out `at` this time, of `told` notifications. `title` is that of what it is about, in
    `language`; both `""` for a digest."""

    at: AwareDatetime
    when: MailWhen
    told: int
    title: str = ""
    language: str = ""


class MailPreview(View):
    """What would have reached somebody by mail in the last seven days. `mails`: the newest of them first, at most 50;
    `counts`: how many there are of each kind. `on_page`: the number of notifications that would be on the page alone,
    `waiting`: of those whose mail would be still to come. Of more than a thousand notifications the newest count. What
    they read in time on the page would not have been mailed."""

    mails: list[PreviewedMail] = []
    counts: dict[MailWhen, int] = {}
    on_page: int = 0
    waiting: int = 0


class MailLink(View):
    """What the link of a mail can end, the first by one press: see `MailStop`. `reason`, `followed`, `followed_id` and
    `subject` (`topic/…`) say which."""

    stops: list[MailStop]
    reason: Reason
    followed: FollowKind | None = None
    followed_id: str = ""
    subject: str = ""


class MailApi(Protocol):
    """A part of `contracts.notify.NotifyApi`."""

    @safe
    def mail_settings(self, viewer: Viewer) -> MailSettings: ...
    @safe
    def mail_preview(self, viewer: Viewer, command: SetMailSettings | None) -> MailPreview:
        """What would have reached one last week under these settings; None: under one's own."""

    @also_silenced
    def set_mail_settings(self, viewer: Viewer, command: SetMailSettings) -> MailSettings: ...
    @safe
    def mail_link(self, viewer: Viewer, token: str) -> MailLink:
        """What a mail's link can end, for whoever has it. Raises `NotFound("mail-link-unknown")`."""

    @needs_scope(None)
    def stop_mail(self, viewer: Viewer, token: str, stop: MailStop | None) -> None:
        """End one of these, for whose mail it was; None: the first. Raises `NotFound("mail-link-unknown")`, and
        `Invalid` with the fault `choice-unknown` at `stop`."""

    @needs_scope(None)
    @also_from("mail")
    def note_bounce(self, viewer: Viewer, person_id: str, status: str) -> None:
        """End mail to a person whose address takes none any more: `status` is the code (RFC 3463) by which a mail came
        back. As where the server refuses the address at once, they are told on the page."""
