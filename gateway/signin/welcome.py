"""How every sign-in goes on: with a code, to the page that says why not, or with what the person was about to do."""

from __future__ import annotations

import json

from flask import Response, make_response, redirect, render_template
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import Forbidden
from contracts.people import SignedIn
from gateway.forms import Form
from gateway.notices import flash_message, redirect_with
from gateway.paths import decision_path
from gateway.request_context import safe_next
from gateway.signin import errand
from gateway.signin.cookies import start_session


def sign_in_page(template: str, form: Form, carried: errand.Carried) -> str:
    """The form that signs in again: the page that names the errand, if it came from there, else `template`."""
    key = form.get("title_key")
    if key in errand.TITLES:
        return render_template("signin/needed.html", form=form, title_key=key, carried=carried)
    return render_template(template, form=form)


def way_on(error: Forbidden, form: Form, carried: errand.Carried) -> AnyResponse:
    """Where a sign-in goes on whose first step was right. Raises the error if there is no such way."""
    if error.code == "code-needed":
        next_page = safe_next(form.get("next"))
        name = error.data.get("name") or form.text("name")
        passkey = ""
        if known := error.data.get("passkeys"):
            passkey = json.dumps({"challenge": error.data["passkey_challenge"], "known": known})
        app = "1" if error.data.get("app", True) else ""
        form = Form.filled(
            challenge=error.data["challenge"], name=name, next=next_page, passkey=passkey, app=app
        )
        return code_page(form, carried)
    if error.code == "suspended":
        # Who can't sign in reads there why, and may appeal.
        return redirect_with(
            decision_path(error.data["decision"], error.data["key"]), "space-errors-suspended"
        )
    raise error


def code_page(form: Form, carried: errand.Carried) -> Response:
    """The second step of a sign-in. What was about to be done is carried through it as well."""
    response = make_response(render_template("signin/code.html", form=form, carried=carried))
    response.headers["Cache-Control"] = "no-store"
    return response


def welcome(signed_in: SignedIn, form: Form, carried: errand.Carried, key: str) -> Response:
    """Go on with what the person was about to do, signed in; `key` is the message that says so."""
    response = errand.go_on(signed_in.token, carried) if carried[0] else None
    if response is None:
        flash_message(key, signed_in.viewer.name)
        if signed_in.stays:
            flash_message("space-own-vanish-ended")
        if not signed_in.second_factor and (
            signed_in.viewer.roles - {"member"} or signed_in.viewer.delegated
        ):
            flash_message("space-frame-factor-reminder")
        response = make_response(redirect(safe_next(form.get("next")), 303))
    return start_session(response, signed_in)
