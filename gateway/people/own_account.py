"""/settings/account: one's own name."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import SignInNeeded, SpaceError, invalid
from contracts.own_account import Rename
from gateway.concurrency import run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.request_context import services, viewer

blueprint = Blueprint("own_account", __name__)

PATH = "/settings/account"


@blueprint.get(PATH)
def show() -> str:
    return _page({})


@blueprint.post(PATH)
def change() -> AnyResponse:
    """Change what the form's hidden field `do` names."""
    form, do = Form(request.form), request.form.get("do", "")
    changes = {"rename": _rename}
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


def _page(forms: dict[str, Form]) -> str:
    me = viewer()
    if not me.signed_in:
        raise SignInNeeded
    (account,) = run_concurrently(lambda: services().people.me(me))
    return render_template("account/own.html", account=account, rename_form=forms.get("rename") or Form())
