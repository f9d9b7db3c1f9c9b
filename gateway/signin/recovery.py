"""/sign-in/reset and /sign-in/confirm: the pages that links in mails lead to.

A link is only looked at by GET, since mail programs and scanners open links; it is used by the form of its page.
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bus.rpc.context import coming_from
from contracts.errors import NotFound
from contracts.people import AskReset, ResetPassword
from core.audience import STRANGER
from gateway.forms import Form, build, shown_again
from gateway.notices import flash_message
from gateway.request_context import services, viewer
from gateway.security import unkept
from gateway.signin.devices import origin_of

blueprint = Blueprint("recovery", __name__)


@blueprint.get("/sign-in/reset")
def ask() -> str:
    return _ask_page(Form())


@blueprint.post("/sign-in/reset")
def do_ask() -> AnyResponse:
    form = Form(request.form)
    with shown_again(form, lambda _: _ask_page(form)):
        command = build(AskReset, account=form.get("account"))
        # Without the name's own device: what is counted must not depend on who is asked for.
        with coming_from(origin_of("")):
            services().people.ask_reset(STRANGER, command)
    return redirect("/sign-in/reset?sent=1", 303)


@blueprint.get("/sign-in/reset/<token>")
def choose(token: str) -> Response:
    return _choose_page(token, Form())


@blueprint.post("/sign-in/reset/<token>")
def do_choose(token: str) -> AnyResponse:
    form = Form(request.form)
    try:
        with shown_again(form, lambda _: _choose_page(token, form), passing=(404,)):
            services().people.reset_password(STRANGER, build(ResetPassword, token=token, new=form.get("new")))
    except NotFound:
        return _over("reset")
    flash_message("space-frame-reset-done")
    return redirect("/sign-in", 303)


@blueprint.get("/sign-in/confirm/<token>")
def confirm(token: str) -> Response:
    try:
        link = services().people.confirmation(STRANGER, _checked(token))
    except NotFound:
        return _over("confirm")
    return _private(render_template("signin/confirm.html", link=link))


@blueprint.post("/sign-in/confirm/<token>")
def do_confirm(token: str) -> AnyResponse:
    try:
        services().people.confirm_email(STRANGER, _checked(token))
    except NotFound:
        return _over("confirm")
    flash_message("space-frame-confirm-email-done")
    return redirect("/settings" if viewer().signed_in else "/", 303)


def _ask_page(form: Form) -> str:
    return render_template("signin/reset.html", form=form, sent="sent" in request.args and form.valid)


def _choose_page(token: str, form: Form) -> Response:
    try:
        link = services().people.reset(STRANGER, _checked(token))
    except NotFound:
        return _over("reset")
    return _private(render_template("signin/choose.html", form=form, link=link))


def _over(purpose: str) -> Response:
    response = _private(render_template("signin/link_over.html", purpose=purpose))
    response.status_code = 404
    return response


def _private(page: str) -> Response:
    """A page that no browser keeps: its address is a secret."""
    response = unkept(page)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _checked(token: str) -> str:
    """The token, if it can be one. Raises `NotFound`."""
    if len(token) > 200 or not token.isascii():
        raise NotFound("link-over")
    return token
