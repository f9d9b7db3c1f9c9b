"""/sign-up, /sign-in, /sign-out."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bus.rpc.context import coming_from
from contracts.errors import Forbidden
from contracts.people import Register, SignedIn, SignIn
from core.audience import STRANGER
from gateway.forms import Form, build, shown_again
from gateway.notices import flash_message, redirect_with
from gateway.paths import decision_path
from gateway.request_context import request_context, safe_next, services
from gateway.signin import errand
from gateway.signin.cookies import end_session, forget_pages, start_session
from gateway.signin.devices import origin_of

blueprint = Blueprint("signin", __name__)


@blueprint.get("/sign-in")
def sign_in() -> str | AnyResponse:
    target = safe_next(request.args.get("next"))
    if request_context().viewer.signed_in:
        return redirect(target, 303)
    return render_template("signin/sign_in.html", form=Form.filled(next=target))


@blueprint.post("/sign-in")
def do_sign_in() -> AnyResponse:
    form = Form(request.form)
    suspended: Forbidden | None = None
    with shown_again(form, lambda _: _page("signin/sign_in.html", form)):
        command = build(SignIn, name=form.text("name"), password=form.get("password"))
        try:
            with coming_from(origin_of(command.name)):
                signed_in = services().people.sign_in(STRANGER, command)
        except Forbidden as error:
            if error.code != "suspended":
                raise
            suspended = error
    if suspended is not None:
        # Who can't sign in reads there why, and may appeal.
        page = decision_path(suspended.data["decision"], suspended.data["key"])
        return redirect_with(page, "space-errors-suspended")
    return _welcome(signed_in, form, "space-frame-signed-in")


@blueprint.get("/sign-up")
def sign_up() -> str | AnyResponse:
    if request_context().viewer.signed_in:
        return redirect(safe_next(request.args.get("next"), "/settings"), 303)
    return render_template("signin/sign_up.html", form=Form.filled(next=safe_next(request.args.get("next"))))


@blueprint.post("/sign-up")
def do_sign_up() -> AnyResponse:
    form = Form(request.form)
    with shown_again(form, lambda _: _page("signin/sign_up.html", form)):
        command = build(
            Register,
            name=form.text("name"),
            password=form.get("password"),
            email=form.optional("email"),
            languages=[request_context().reading_language],
        )
        with coming_from(origin_of(command.name)):
            signed_in = services().people.register(STRANGER, command)
    return _welcome(signed_in, form, "space-frame-signed-up")


@blueprint.post("/sign-out")
def sign_out() -> Response:
    around = request_context()
    if around.token:
        services().people.sign_out(around.viewer, around.token)
    return forget_pages(end_session(make_response(redirect("/", 303))))


def _page(template: str, form: Form) -> str:
    """The form again: the page that names the errand, if it came from there, else `template`."""
    key = form.get("title_key")
    if key in errand.TITLES:
        return render_template("signin/needed.html", form=form, title_key=key, carried=errand.carried())
    return render_template(template, form=form)


def _welcome(signed_in: SignedIn, form: Form, key: str) -> Response:
    """Go on with what the person was about to do, signed in."""
    response = errand.go_on(signed_in.token) if form.get(errand.FIELD) else None
    if response is None:
        flash_message(key, signed_in.viewer.name)
        response = make_response(redirect(safe_next(form.get("next")), 303))
    return start_session(response, signed_in)
