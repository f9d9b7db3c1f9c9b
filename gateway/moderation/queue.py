"""/moderation: the moderators' queue of reports and appeals, and each case."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.contact import AnswerContact
from contracts.moderation import AnswerAppeal, ApproveHeld, CaseView
from gateway.concurrency import load_people, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.moderation.editing import CHANGING, command_of, editable, filled
from gateway.moderation.reporting import reason_options
from gateway.notices import redirect_with
from gateway.request_context import services, viewer
from gateway.security import unkept

blueprint = Blueprint("moderation", __name__)

CASES = 30
_PASSING = (401, 403, 404)
_OUTCOMES = {"overturn": True, "uphold": False}


def case_path(case_id: str) -> str:
    """A case's page."""
    return f"/moderation/cases/{case_id}"


@blueprint.get("/moderation")
def queue() -> Response:
    me, people = viewer(), services().people
    closed, after = request.args.get("show") == "closed", request.args.get("after")
    (page,) = run_concurrently(lambda: people.cases(me, closed, after, CASES))
    load_people(*(who for case in page.items for who in (case.subject_id, case.claimed_by)))
    return unkept(render_template("moderation/queue.html", cases=page, closed=closed, case_path=case_path))


@blueprint.get("/moderation/cases/<case_id>")
def case(case_id: str) -> Response:
    me, people = viewer(), services().people
    (found,) = run_concurrently(lambda: people.case(me, case_id))
    return unkept(_page(found, Form()))


def _page(found: CaseView, form: Form) -> str:
    decided_by = found.decision.by_id if found.decision else None
    load_people(
        found.subject_id,
        found.claimed_by,
        decided_by,
        *(each.reporter_id for each in found.told),
        *(each.by_id for each in found.history),
        *(each.by_id for each in found.messages),
    )
    if found.kind == "message":
        return render_template("moderation/message.html", case=found, form=form, path=case_path(found.id))
    (item,) = run_concurrently(editable(services(), viewer(), found))
    unfit = () if item else CHANGING
    return render_template(
        "moderation/case.html",
        case=found,
        form=filled(form, item),
        reasons=[(value, text) for value, text, _ in reason_options()],
        path=case_path(found.id),
        item=item,
        measures=[each for each in found.measures if each not in unfit],
    )


@blueprint.post("/moderation/cases/<case_id>/claim")
def claim(case_id: str) -> AnyResponse:
    services().people.claim_case(viewer(), case_id)
    return redirect_with(case_path(case_id), "space-reports-claimed")


@blueprint.post("/moderation/cases/<case_id>/release")
def release(case_id: str) -> AnyResponse:
    services().people.release_case(viewer(), case_id)
    return redirect_with("/moderation", "space-reports-released")


@blueprint.post("/moderation/cases/<case_id>/decide")
def decide(case_id: str) -> AnyResponse:
    form, me, people = Form(request.form), viewer(), services().people
    found = people.case(me, case_id)
    with shown_again(form, lambda _: _page(found, form), passing=_PASSING):
        command = command_of(form, found)
        people.decide_case(me, case_id, command)
    key = "space-reports-decided" if command.measures else "space-reports-dismissed"
    return redirect_with(case_path(case_id), key)


@blueprint.post("/moderation/cases/<case_id>/approve")
def approve(case_id: str) -> AnyResponse:
    """Let an item through that waits for review."""
    form, me, people = Form(request.form), viewer(), services().people
    found = people.case(me, case_id)
    with shown_again(form, lambda _: _page(found, form), passing=_PASSING):
        people.approve_held(me, case_id, build(ApproveHeld, revision=form.get("revision")))
    return redirect_with("/moderation", "space-review-approved")


@blueprint.post("/moderation/cases/<case_id>/answer")
def answer(case_id: str) -> AnyResponse:
    form, me, people = Form(request.form), viewer(), services().people
    found = people.case(me, case_id)
    with shown_again(form, lambda _: _page(found, form), names={"overturn": "outcome"}, passing=_PASSING):
        command = build(
            AnswerAppeal,
            overturn={"overturn": True, "uphold": False}.get(form.get("outcome")),
            words=form.text("words"),
        )
        people.answer_appeal(me, case_id, command)
    return redirect_with(case_path(case_id), "space-reports-answered")


@blueprint.post("/moderation/cases/<case_id>/reply")
def reply(case_id: str) -> AnyResponse:
    form, me, people = Form(request.form), viewer(), services().people
    found = people.case(me, case_id)
    with shown_again(form, lambda _: _page(found, form), passing=_PASSING):
        people.answer_contact(me, case_id, build(AnswerContact, words=form.text("words")))
    return redirect_with(case_path(case_id), "space-contact-answered")


@blueprint.post("/moderation/cases/<case_id>/close")
def close(case_id: str) -> AnyResponse:
    services().people.close_contact(viewer(), case_id)
    return redirect_with(case_path(case_id), "space-contact-closed")
