"""What the page of notification settings says of phones, and what its script asks for and sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from flask import Blueprint, Response, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import SignInNeeded
from contracts.notify import Reason
from contracts.push import AddPushDevice, ChangePushDevice, PushSettings, SeePushDevice, SetPushReasons
from core.audience import Viewer
from gateway import csrf
from gateway.concurrency import optional
from gateway.forms import Form, build
from gateway.i18n.messages import message
from gateway.notices import redirect_with
from gateway.request_context import request_context, services, viewer
from gateway.services import Services
from gateway.signin.browsers import browser_family, platform

blueprint = Blueprint("push", __name__)

PATH = "/settings/notifications/phones"
PAGE = "/settings/notifications"
SECTION = f"{PAGE}#phones"
REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True)
class PushSection:
    """The part of the page: `settings` is None while it can't be known."""

    settings: PushSettings | None
    name: str


def section() -> Callable[[], PushSection]:
    """A call for what the page shows of the reader's phones; without their list while that can't be known."""
    me, api, name, token = viewer(), services(), device_name(), request_context().token

    def load() -> PushSettings:
        return api.notify.push_settings(me, _session_of(api, me, token))

    known = optional("notify", load)
    return lambda: PushSection(known(), name)


def own_session() -> str | None:
    """The id of the session of this browser, None without one: a device ends with it."""
    return _session_of(services(), viewer(), request_context().token)


def _session_of(api: Services, me: Viewer, token: str | None) -> str | None:
    if token is None:
        return None
    return next((each.id for each in api.people.sessions(me, token) if each.current), None)


def device_name() -> str:
    """What a browser says that it is: "Firefox, Android". Offered as the device's name."""
    agent = request.headers.get("User-Agent", "")
    known = [part for part in (browser_family(agent), platform(agent)) if part]
    return ", ".join(known) or message("space-notify-phone-unnamed", request_context().language)


@blueprint.get(PATH)
def begin() -> Response:
    """For scripts: the key to subscribe with, and a token for what they send."""
    me = viewer()
    if not me.signed_in:
        raise SignInNeeded
    answer = jsonify(key=services().notify.push_settings(me, None).key, token=csrf.token())
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post(PATH)
def subscribe() -> Response:
    """From scripts: `do=add` sends messages to this browser from now on; `do=see` says which subscription it has, and
    is answered by whether that is one of the reader's devices."""
    me, form = viewer(), Form(request.form)
    if not me.signed_in:
        raise SignInNeeded
    keys = {name: form.get(name) for name in ("endpoint", "p256dh", "auth")}
    if form.get("do") == "add":
        name = form.text("name") or device_name()
        command = build(AddPushDevice, **keys, name=name, group_words=form.checked("group_words"))
        services().notify.add_push_device(me, command, own_session())
        return jsonify(known=True)
    seen = build(SeePushDevice, **keys, before=form.get("before"))
    return jsonify(known=services().notify.see_push_device(me, seen, own_session()))


@blueprint.post(f"{PATH}/<id>")
def change(id: str) -> AnyResponse:
    """Change or, with `do=remove`, remove a device."""
    me, form = viewer(), Form(request.form)
    if form.get("do") == "remove":
        services().notify.remove_push_device(me, id)
        return redirect_with(SECTION, "space-notify-phone-removed")
    command = build(
        ChangePushDevice,
        name=form.text("name") or None,
        on=form.checked("on"),
        group_words=form.checked("group_words"),
    )
    services().notify.change_push_device(me, id, command)
    return redirect_with(SECTION, "space-notify-phone-saved")


@blueprint.post(f"{PATH}/reasons")
def reasons() -> AnyResponse:
    """Set for which reasons messages go to the reader's phones."""
    form = Form(request.form)
    chosen = [reason for reason in REASONS if form.checked(f"phone_{reason}")]
    services().notify.set_push_reasons(viewer(), build(SetPushReasons, reasons=chosen))
    return redirect_with(SECTION, "space-notify-phone-saved")
