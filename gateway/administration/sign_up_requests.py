"""/admin/sign-up-requests: people with a wiki account who ask for an account, where only the invited sign up."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import invalid
from contracts.sign_up_requests import AnswerSignUpRequest
from gateway.concurrency import run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.request_context import services, viewer
from gateway.security import unkept

blueprint = Blueprint("admin_sign_up_requests", __name__)

PATH = "/admin/sign-up-requests"
REQUESTS = 30


@blueprint.get(PATH)
def sign_up_requests() -> Response:
    """Those that wait, each with a form that answers it."""
    return _page(Form())


@blueprint.post(f"{PATH}/<request_id>")
def answer(request_id: str) -> AnyResponse:
    """Accept one or decline it, with a reason that who asked reads."""
    form = Form(request.form)
    names = {"reason": f"reason-{request_id}"}
    with shown_again(form, lambda _: _page(form), names=names, passing=(401, 403, 404)):
        chosen = form.get("answer")
        if chosen not in ("accept", "decline"):
            raise invalid("reason", "choice-unknown")
        command = build(
            AnswerSignUpRequest, accepted=chosen == "accept", reason=form.text(f"reason-{request_id}")
        )
        services().people.answer_sign_up_request(viewer(), request_id, command)
    notice = "accepted" if command.accepted else "declined"
    return redirect_with(PATH, f"space-administration-request-{notice}")


def _page(form: Form) -> Response:
    me, people, after = viewer(), services().people, request.args.get("after")
    state, page = run_concurrently(
        lambda: people.site(me), lambda: people.sign_up_requests(me, after, REQUESTS)
    )
    shown = render_template("administration/sign_up_requests.html", form=form, requests=page, state=state)
    return unkept(shown)
