"""/sign-up, /sign-in, /sign-out."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bus.rpc.context import coming_from
from contracts.errors import Forbidden
from contracts.passkeys import SignInWithPasskey
from contracts.people import Register, SignIn, SignInWithCode
from core.audience import STRANGER
from gateway.forms import Form, build, shown_again
from gateway.request_context import request_context, safe_next, services
from gateway.signin import errand
from gateway.signin.cookies import end_session, forget_pages
from gateway.signin.devices import origin_of
from gateway.signin.welcome import code_page, sign_in_page, way_on, welcome

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
    with shown_again(form, lambda _: sign_in_page("signin/sign_in.html", form, errand.sent())):
        command = build(SignIn, name=form.text("name"), password=form.get("password"))
        try:
            with coming_from(origin_of(command.name)):
                signed_in = services().people.sign_in(STRANGER, command)
        except Forbidden as error:
            return way_on(error, form, errand.sent())
    return welcome(signed_in, form, errand.sent(), "space-frame-signed-in")


@blueprint.post("/sign-in/code")
def do_code() -> AnyResponse:
    """The second step of a sign-in, where the account has a second factor."""
    form = Form(request.form)
    with shown_again(form, lambda _: code_page(form, errand.sent()), names={"credential": ""}):
        people = services().people
        waiting = {"challenge": form.get("challenge"), "name": form.text("name")}
        try:
            with coming_from(origin_of(form.text("name"))):
                if credential := form.get("credential"):
                    by_passkey = build(SignInWithPasskey, credential=credential, **waiting)
                    signed_in = people.sign_in_with_passkey(STRANGER, by_passkey)
                else:
                    by_code = build(SignInWithCode, code=form.text("code"), **waiting)
                    signed_in = people.sign_in_with_code(STRANGER, by_code)
        except Forbidden as error:
            return way_on(error, form, errand.sent())
    return welcome(signed_in, form, errand.sent(), "space-frame-signed-in")


@blueprint.get("/sign-up")
def sign_up() -> str | AnyResponse:
    if request_context().viewer.signed_in:
        return redirect(safe_next(request.args.get("next"), "/settings"), 303)
    given = {
        "next": safe_next(request.args.get("next")),
        "invitation": request.args.get("invitation", "")[:100],
    }
    return render_template("signin/sign_up.html", form=Form.filled(**given))


@blueprint.post("/sign-up")
def do_sign_up() -> AnyResponse:
    form = Form(request.form)
    with shown_again(form, lambda _: sign_in_page("signin/sign_up.html", form, errand.sent())):
        command = build(
            Register,
            name=form.text("name"),
            password=form.get("password"),
            email=form.optional("email"),
            languages=[request_context().reading_language],
            invitation=form.text("invitation"),
        )
        with coming_from(origin_of(command.name)):
            signed_in = services().people.register(STRANGER, command)
    return welcome(signed_in, form, errand.sent(), "space-frame-signed-up")


@blueprint.post("/sign-out")
def sign_out() -> Response:
    around = request_context()
    if around.token:
        services().people.sign_out(around.viewer, around.token)
    return forget_pages(end_session(make_response(redirect("/", 303))))
