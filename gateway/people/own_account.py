"""/settings/account: one's own name, and leaving for good."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bus.rpc.context import coming_from
from contracts.errors import SignInNeeded, SpaceError, invalid
from contracts.own_account import Rename, Vanish
from gateway.concurrency import run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.request_context import services, viewer
from gateway.signin.cookies import end_session, forget_pages
from gateway.signin.devices import origin_of

blueprint = Blueprint("own_account", __name__)

PATH = "/settings/account"


@blueprint.get(PATH)
def show() -> str:
    return _page({})


@blueprint.post(PATH)
def change() -> AnyResponse:
    """Change what the form's hidden field `do` names."""
    form, do = Form(request.form), request.form.get("do", "")
    changes = {"rename": _rename, "vanish": _vanish}
    if do not in changes:
        raise invalid("do", "choice-unknown")
    if not viewer().signed_in:
        raise SignInNeeded

    def page(_: SpaceError) -> str:
        return _page({do: form})

    with shown_again(form, page):
        return changes[do](form)


def _rename(form: Form) -> AnyResponse:
    name = services().people.rename(viewer(), build(Rename, name=form.text("name")))
    return redirect_with(PATH, "space-own-renamed", name)


def _vanish(form: Form) -> AnyResponse:
    command = build(Vanish, password=form.get("password"), code=form.text("code"))
    with coming_from(origin_of(viewer().name or "")):
        services().people.vanish(viewer(), command)
    response = make_response(redirect_with("/", "space-own-vanish-asked"))
    return forget_pages(end_session(response))


def _page(forms: dict[str, Form]) -> str:
    me = viewer()
    if not me.signed_in:
        raise SignInNeeded
    (account,) = run_concurrently(lambda: services().people.me(me))
    return render_template(
        "account/own.html",
        account=account,
        rename_form=forms.get("rename") or Form(),
        vanish_form=forms.get("vanish") or Form(),
    )
