"""/settings/notifications: what goes out by mail and when; /mail/<token>: the link at the end of such a mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import get_args

from babel.dates import format_time
from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import NotFound, SignInNeeded, Unavailable
from contracts.mail import MailLink, MailSettings, MailStop, MailWhen, SetMailSettings
from contracts.notify import Reason
from core.audience import STRANGER
from gateway.concurrency import run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.i18n import formats
from gateway.notices import redirect_with
from gateway.notify import push
from gateway.request_context import all_timezones, request_context, services, viewer
from gateway.security import unkept

blueprint = Blueprint("notification_mail", __name__)

PATH = "/settings/notifications"
LINKS = "/mail/"
REASONS: tuple[Reason, ...] = get_args(Reason)
WHENS: tuple[MailWhen, ...] = get_args(MailWhen)
_UTC = "UTC"
NIGHT = (22, 7)
"""The quiet hours that are offered to who has none."""


@blueprint.get(PATH)
def show() -> str:
    return _page(None)


@blueprint.post(PATH)
def change() -> AnyResponse:
    """Set all of it; with `do` as `preview` show what would have come last week, and set nothing."""
    form, me = Form(request.form), viewer()
    if not me.signed_in:
        raise SignInNeeded
    with shown_again(form, lambda _: _page(form)):
        chosen = {reason: form.get(f"for_{reason}") for reason in REASONS}
        command = build(
            SetMailSettings,
            on=form.checked("on"),
            by_reason={reason: when for reason, when in chosen.items() if when},
            hour=form.get("hour"),
            weekday=form.get("weekday") or None,
            quiet_from=form.get("quiet_from") if form.checked("quiet") else 0,
            quiet_to=form.get("quiet_to") if form.checked("quiet") else 0,
            timezone=form.get("timezone"),
        )
        if form.get("do") == "preview":
            return make_response(_page(form, command))
        services().notify.set_mail_settings(me, command)
    return redirect_with(PATH, "space-notify-mail-saved")


def _page(form: Form | None, previewed: SetMailSettings | None = None) -> str:
    """The page; with the form as it is, unless it is None, and what `previewed` would bring, in place of what is
    set."""
    me, api = viewer(), services()
    if not me.signed_in:
        raise SignInNeeded
    settings, account, preview, phones = run_concurrently(
        lambda: api.notify.mail_settings(me),
        lambda: api.people.me(me),
        lambda: api.notify.mail_preview(me, previewed),
        push.section(),
    )
    return render_template(
        "notify/mail.html",
        form=form or _filled(settings),
        settings=settings,
        phones=phones,
        account=account,
        preview=preview,
        previewed=previewed is not None,
        reasons=REASONS,
        whens=WHENS,
        hours=_hours(),
        days=_days(),
        zones=sorted(all_timezones()),
        format_moment=_moment,
    )


def _moment(at: datetime, timezone: str) -> str:
    return formats.format_datetime(at, request_context().frame_language, timezone)


def _filled(settings: MailSettings) -> Form:
    """The form as it is stored; who has chosen no zone yet is offered that of their browser."""
    zone = settings.timezone if settings.timezone != _UTC else request_context().timezone
    fields: Mapping[str, str] = {f"for_{reason}": when for reason, when in settings.by_reason.items()}
    quiet = settings.quiet_from != settings.quiet_to
    night = (settings.quiet_from, settings.quiet_to) if quiet else NIGHT
    return Form.filled(
        on="1" if settings.on else "",
        hour=str(settings.hour),
        weekday=str(settings.weekday),
        quiet="1" if quiet else "",
        quiet_from=str(night[0]),
        quiet_to=str(night[1]),
        timezone=zone,
        **fields,
    )


def _days() -> list[tuple[str, str]]:
    """The days of the week, from Monday on, as the service counts them."""
    names = formats.locale_for(request_context().frame_language).days["stand-alone"]["wide"]
    return [(str(day + 1), names[day]) for day in range(7)]


def _hours() -> list[tuple[str, str]]:
    locale = formats.locale_for(request_context().frame_language)
    return [(str(hour), format_time(time(hour), "short", locale=locale)) for hour in range(24)]


@blueprint.get(LINKS + "<token>")
def link(token: str) -> Response:
    """What the link can end. Nothing happens: programs open links in mails too."""
    return _private(_link_page(_known(token)))


@blueprint.post(LINKS + "<token>")
def end(token: str) -> AnyResponse:
    """End what the field `stop` names; without it what is nearest, which a mail program may ask for by one press
    (RFC 8058)."""
    form = Form(request.form)
    stop: MailStop | None = next((each for each in get_args(MailStop) if each == form.get("stop")), None)
    services().notify.stop_mail(STRANGER, _checked(token), stop)
    return redirect(f"{LINKS}{token}?done=1", 303)


def _known(token: str) -> MailLink:
    return services().notify.mail_link(STRANGER, _checked(token))


def _link_page(found: MailLink) -> str:
    return render_template(
        "notify/mail_link.html", link=found, named=_named(found), done="done" in request.args
    )


def _named(found: MailLink) -> str:
    """The name of the tag or category that led to the mail, if anybody may know it."""
    if found.followed == "tag":
        return f"#{found.followed_id}"
    if found.followed != "category":
        return ""
    domain, _, slug = found.followed_id.partition("/")
    api = services()
    try:
        known = api.forum.categories(STRANGER) if domain == "talk" else api.blog.categories(STRANGER)
    except Unavailable:
        return ""
    return next((each.name for each in known if each.slug == slug), "")


def _checked(token: str) -> str:
    """The token, if it can be one. Raises `NotFound`."""
    if len(token) > 400 or not token.isascii():
        raise NotFound("mail-link-unknown")
    return token


def _private(page: str) -> Response:
    """A page that no browser keeps: its address is for one reader alone."""
    response = unkept(page)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
