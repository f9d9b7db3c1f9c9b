"""/settings/passkeys: adding, naming and removing passkeys, the second factor that is a device."""

from __future__ import annotations

import json

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bus.rpc.context import coming_from
from contracts.errors import Conflict, NotFound, SignInNeeded, invalid
from contracts.passkeys import AddPasskey, BeginPasskey, PasskeyView, RemovePasskey, RenamePasskey
from core.relying_party import relying_party
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.people.second_factor import codes_page
from gateway.request_context import services, settings, viewer
from gateway.security import unkept
from gateway.signin.devices import origin_of
from gateway.site.words import site_name

blueprint = Blueprint("passkeys", __name__)

SETTINGS = "/settings#s-passkeys"


@blueprint.app_template_global("passkeys_possible")
def passkeys_possible() -> bool:
    """Whether browsers make passkeys for this site: it needs HTTPS and a name."""
    return relying_party(settings().base_url) is not None


@blueprint.get("/settings/passkeys")
def show() -> Response:
    _signed_in()
    return unkept(render_template("account/passkey_begin.html", form=Form()))


@blueprint.post("/settings/passkeys")
def begin() -> Response:
    """Check the password, and show the page that makes a passkey."""
    _signed_in()
    form = Form(request.form)
    with shown_again(form, lambda _: unkept(render_template("account/passkey_begin.html", form=form))):
        command = build(BeginPasskey, password=form.get("password"))
        with coming_from(origin_of(viewer().name or "")):
            setup = services().people.begin_passkey(viewer(), command)
    asked = {
        "challenge": setup.challenge,
        "user_id": setup.user_id,
        "known": [each.model_dump() for each in setup.known],
        "name": viewer().name,
        "site": site_name(),
    }
    return _make_page(Form.filled(token=setup.token, passkey=json.dumps(asked)))


@blueprint.post("/settings/passkeys/add")
def add() -> AnyResponse:
    """Add the passkey that the browser made."""
    _signed_in()
    form = Form(request.form)
    with shown_again(form, lambda _: _make_page(form), names={"credential": ""}):
        if not form.get("credential"):
            raise Conflict("passkey-missing")
        command = build(
            AddPasskey,
            token=form.get("token"),
            credential=form.get("credential"),
            label=form.text("label"),
        )
        found = services().people.add_passkey(viewer(), command)
    return codes_page(found.codes) or redirect_with(SETTINGS, "space-signin-passkey-added")


@blueprint.get("/settings/passkeys/<passkey_id>")
def one(passkey_id: str) -> Response:
    return _one_page(_own(passkey_id), {})


@blueprint.post("/settings/passkeys/<passkey_id>")
def change(passkey_id: str) -> AnyResponse:
    """Rename or remove one, as the form's hidden field `do` says."""
    passkey, form, do = _own(passkey_id), Form(request.form), request.form.get("do", "")
    people, me = services().people, viewer()
    if do not in ("rename", "remove"):
        raise invalid("do", "choice-unknown")
    with shown_again(form, lambda _: _one_page(passkey, {do: form})):
        if do == "rename":
            people.rename_passkey(me, passkey.id, build(RenamePasskey, label=form.text("label")))
            return redirect_with(SETTINGS, "space-account-settings-saved")
        command = build(RemovePasskey, password=form.get("password"))
        with coming_from(origin_of(me.name or "")):
            people.remove_passkey(me, passkey.id, command)
    return redirect_with(SETTINGS, "space-signin-passkey-removed")


def _signed_in() -> None:
    if not viewer().signed_in:
        raise SignInNeeded


def _own(passkey_id: str) -> PasskeyView:
    _signed_in()
    account = services().people.me(viewer())
    found = next((each for each in account.passkeys if each.id == passkey_id), None)
    if found is None:
        raise NotFound()
    return found


def _make_page(form: Form) -> Response:
    return unkept(render_template("account/passkey_make.html", form=form))


def _one_page(passkey: PasskeyView, sent: dict[str, Form]) -> Response:
    page = render_template(
        "account/passkey.html",
        passkey=passkey,
        name_form=sent.get("rename") or Form.filled(label=passkey.label),
        remove_form=sent.get("remove") or Form(),
    )
    return unkept(page)
