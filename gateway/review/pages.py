"""/held: what of one's own waits for review, and each item."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import NotFound, SignInNeeded, invalid
from contracts.held import ChangeHeld, HeldApi, HeldView
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.forms import Form, build, shown_again
from gateway.i18n.messages import message
from gateway.notices import redirect_with
from gateway.paths import held_path
from gateway.problems import sentence
from gateway.request_context import request_context, services, viewer
from gateway.security import unkept

blueprint = Blueprint("held", __name__)

AREAS = ("talk", "events")
ITEMS = 50


def service_of(area: str) -> HeldApi:
    """The service whose held items are at `/held/<area>`. Raises `NotFound`."""
    if area not in AREAS:
        raise NotFound
    return services().forum if area == "talk" else services().events


@blueprint.get("/held")
def index() -> Response:
    """One's own items that wait."""
    me = viewer()
    if not me.signed_in:
        raise SignInNeeded
    talk, events, trust = run_concurrently(
        optional("forum", lambda: service_of("talk").held_items(me, None, ITEMS)),
        optional("events", lambda: service_of("events").held_items(me, None, ITEMS)),
        optional("people", lambda: services().people.trust(me, me.name or "")),
    )
    found = [(held_path(area, item.id), item) for area, page in (("talk", talk), ("events", events))
             for item in (page.items if page else ())]  # fmt: skip
    found.sort(key=lambda pair: pair[1].created_at, reverse=True)
    return unkept(render_template("review/held_items.html", items=found, trust=trust))


@blueprint.get("/held/<area>/<held_id>")
def item(area: str, held_id: str) -> Response:
    me, service = viewer(), service_of(area)
    (found,) = run_concurrently(lambda: service.held(me, held_id))
    return unkept(_page(area, found, _filled(found)))


@blueprint.post("/held/<area>/<held_id>")
def change(area: str, held_id: str) -> AnyResponse:
    """Save the changed text, or take the item back, as the button says."""
    me, service, form = viewer(), service_of(area), Form(request.form)
    found = service.held(me, held_id)
    do = form.get("do")
    with shown_again(form, lambda _: _page(area, found, form), passing=(401, 403, 404)):
        if do == "withdraw":
            service.withdraw_held(me, held_id)
        elif do == "save":
            title = form.text("title") if found.has_title else None
            service.change_held(me, held_id, build(ChangeHeld, title=title, body=form.get("body")))
        else:
            raise invalid("do", "choice-unknown")
    target = "/held" if do == "withdraw" else held_path(area, held_id)
    return redirect_with(target, f"space-review-done-{do}")


def _filled(found: HeldView) -> Form:
    return Form.filled(title=found.title, body=found.body)


def _page(area: str, found: HeldView, form: Form) -> str:
    load_people(found.author_id)
    lang = request_context().language
    failure = sentence(found.failure, lang) if found.failure else ""
    return render_template(
        "review/held.html",
        held=found,
        form=form,
        path=held_path(area, found.id),
        status=message(f"space-review-status-{found.status}", lang),
        failure=failure,
    )
