"""Deleting events and undoing it."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.events import EventView
from gateway.deletion import check_may_delete, command_of, confirm_page
from gateway.forms import Form, shown_again
from gateway.notices import redirect_with
from gateway.paths import event_path
from gateway.request_context import services, viewer

blueprint = Blueprint("event_deleting", __name__)


@blueprint.get("/events/<event_id>/<slug>/delete")
def ask_to_delete(event_id: str, slug: str) -> str:
    found = services().events.event(viewer(), event_id, None, None)
    check_may_delete(viewer(), found.may_delete, "not-deleter")
    return _confirm(found, Form())


def _confirm(found: EventView, form: Form) -> str:
    path = event_path(found.id, found.slug)
    return confirm_page("event", found.title, found.language, path, found.reason_needed, form)


@blueprint.post("/events/<event_id>/<slug>/delete")
def delete(event_id: str, slug: str) -> AnyResponse:
    form, me, events = Form(request.form), viewer(), services().events
    found = events.event(me, event_id, None, None)
    with shown_again(form, lambda _: _confirm(found, form), passing=(401, 403, 404)):
        events.delete_event(me, event_id, command_of(form))
    return redirect_with(event_path(found.id, found.slug), "space-moderation-deleted")


@blueprint.post("/events/<event_id>/<slug>/restore")
def restore(event_id: str, slug: str) -> AnyResponse:
    found = services().events.restore_event(viewer(), event_id)
    return redirect_with(event_path(found.id, found.slug), "space-moderation-restored")
