"""/report: the page that reports something to its moderators, also for people who are not signed in."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bus.rpc.context import coming_from
from contracts.deletion import GivenReason
from core.audience import group_of
from gateway.forms import Form, shown_again
from gateway.i18n.messages import message
from gateway.moderation.targets import Target, target_at
from gateway.notices import redirect_with
from gateway.request_context import request_context, services, viewer
from gateway.security import unkept
from gateway.signin.devices import origin_of

blueprint = Blueprint("reporting", __name__)


@blueprint.get("/report")
def ask() -> Response:
    target = target_at(services(), viewer(), request.args.get("of", ""))
    return unkept(_page(target, Form()))


@blueprint.post("/report")
def report() -> AnyResponse:
    form, me = Form(request.form), viewer()
    target = target_at(services(), me, form.get("of"))
    with shown_again(form, lambda _: _page(target, form), passing=(404,)), coming_from(origin_of("")):
        services().people.report(me, target.report(form.optional("reason"), form.text("words")))
    return redirect_with(target.path, "space-reports-sent")


def reason_options() -> list[tuple[str, str, str]]:
    """The reasons of reports and decisions, in the reader's language, as options of a form."""
    lang = request_context().language
    return [(one, message(f"space-moderation-reason-{one}", lang), "") for one in get_args(GivenReason)]


def _page(target: Target, form: Form) -> str:
    return render_template(
        "moderation/report.html",
        target=target,
        form=form,
        reasons=reason_options(),
        of_group=group_of(target.audience) is not None,
    )
