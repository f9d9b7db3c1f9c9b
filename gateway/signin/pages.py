"""/sign-up, /sign-in, /sign-out."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bus.rpc.context import coming_from
from contracts.errors import Forbidden
from contracts.people import Register, SignedIn, SignIn, SignInWithCode
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
    with shown_again(form, lambda _: _page("signin/sign_in.html", form)):
        command = build(SignIn, name=form.text("name"), password=form.get("password"))
        try:
            with coming_from(origin_of(command.name)):
                signed_in = services().people.sign_in(STRANGER, command)
        except Forbidden as error:
            return _way_on(error, form)
    return _welcome(signed_in, form, "space-frame-signed-in")


@blueprint.post("/sign-in/code")
def do_code() -> AnyResponse:
    """The second step of a sign-in, where the account has a second factor."""
    form = Form(request.form)
    with shown_again(form, lambda _: _code_page(form)):
        command = build(
            SignInWithCode,
            challenge=form.get("challenge"),
            code=form.text("code"),
            name=form.text("name"),
        )
        try:
            with coming_from(origin_of(command.name)):
                signed_in = services().people.sign_in_with_code(STRANGER, command)
        except Forbidden as error:
            return _way_on(error, form)
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


def _way_on(error: Forbidden, form: Form) -> AnyResponse:
    """Where a sign-in goes on whose password was right. Raises the error if there is no such way."""
    if error.code == "code-needed":
        next_page = safe_next(form.get("next"))
        return _code_page(
            Form.filled(challenge=error.data["challenge"], name=form.text("name"), next=next_page)
        )
    if error.code == "suspended":
        # Who can't sign in reads there why, and may appeal.
        return redirect_with(
            decision_path(error.data["decision"], error.data["key"]), "space-errors-suspended"
        )
    raise error


def _code_page(form: Form) -> Response:
    # What was about to be done is carried through this page as well.
    carried = (request.form.get(errand.FIELD, ""), request.form.get(errand.FILE_FIELD, ""))
    response = make_response(render_template("signin/code.html", form=form, carried=carried))
    response.headers["Cache-Control"] = "no-store"
    return response


def _welcome(signed_in: SignedIn, form: Form, key: str) -> Response:
    """Go on with what the person was about to do, signed in."""
    response = errand.go_on(signed_in.token) if form.get(errand.FIELD) else None
    if response is None:
        flash_message(key, signed_in.viewer.name)
        if not signed_in.second_factor and signed_in.viewer.roles - {"member"}:
            flash_message("space-frame-factor-reminder")
        response = make_response(redirect(safe_next(form.get("next")), 303))
    return start_session(response, signed_in)
