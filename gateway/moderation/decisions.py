"""A decision, for the person whom it concerns, who may appeal; and the public log of what moderators did."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.moderation import Appeal, DecisionView
from gateway.administration.log import Domain, merged
from gateway.concurrency import optional, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.notices import redirect_with
from gateway.paths import decision_path
from gateway.request_context import services, viewer
from gateway.security import unkept

blueprint = Blueprint("decisions", __name__)

DECISIONS, USES = 50, 20


@blueprint.get("/decisions/<decision_id>")
def decision(decision_id: str) -> Response:
    me, people, key = viewer(), services().people, request.args.get("key", "")[:60]
    (found,) = run_concurrently(lambda: people.decision(me, decision_id, key))
    return unkept(_page(found, Form.filled(key=key)))


@blueprint.post("/decisions/<decision_id>/appeal")
def appeal(decision_id: str) -> AnyResponse:
    form, me, people = Form(request.form), viewer(), services().people
    key = form.get("key")[:60]
    found = people.decision(me, decision_id, key)
    with shown_again(form, lambda _: _page(found, form), passing=(401, 404)):
        people.appeal(me, decision_id, build(Appeal, words=form.text("words"), key=key))
    return redirect_with(decision_path(decision_id, key), "space-reports-appeal-sent")


def _page(found: DecisionView, form: Form) -> str:
    return render_template("moderation/decision.html", decision=found, form=form)


@blueprint.get("/transparency")
def transparency() -> str:
    me, api, after, before = viewer(), services(), request.args.get("after"), request.args.get("date")
    page, *uses = run_concurrently(
        optional("people", lambda: api.people.public_decisions(me, after, DECISIONS)),
        optional("people", lambda: api.people.public_administration(me, before, USES)),
        optional("blog", lambda: api.blog.public_administration(me, before, USES)),
        optional("forum", lambda: api.forum.public_administration(me, before, USES)),
    )
    domains: tuple[Domain, ...] = ("people", "news", "talk")
    found, following = merged([(domain, log) for domain, log in zip(domains, uses, strict=True) if log], USES)
    return render_template("moderation/transparency.html", decisions=page, uses=found, following=following)


@blueprint.get("/conduct")
def conduct() -> str:
    return render_template("moderation/conduct.html")
