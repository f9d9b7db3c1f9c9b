"""/events: what an event said before, and withholding it."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.revisions import Withhold
from gateway.forms import Form, build
from gateway.histories import history_page
from gateway.notices import redirect_with
from gateway.paths import event_path
from gateway.request_context import services, viewer

blueprint = Blueprint("event_history", __name__)

_HISTORY = "/events/<event_id>/<slug>/history"
_TEXT = f"{_HISTORY}/<code>/<int:revision>"


@blueprint.get(_HISTORY)
def history(event_id: str, slug: str) -> str:
    me, events, language = viewer(), services().events, request.args.get("lang")
    return history_page(
        "history/texts.html",
        lambda: events.event(me, event_id, None, language),
        lambda after, most: events.event_revisions(me, event_id, language, after, most),
        lambda event: {"item": event, "path": event_path(event.id, event.slug)},
    )


@blueprint.post(f"{_TEXT}/withhold")
def withhold(event_id: str, slug: str, code: str, revision: int) -> AnyResponse:
    """Withhold an earlier text from the history."""
    command = build(Withhold, reason=Form(request.form).text("reason"))
    services().events.withhold_revision(viewer(), event_id, code, revision, command)
    return redirect_with(_address(event_id, slug, code), "space-moderation-withheld-done")


@blueprint.post(f"{_TEXT}/show")
def show_again(event_id: str, slug: str, code: str, revision: int) -> AnyResponse:
    """Show a text again that was withheld."""
    services().events.show_revision(viewer(), event_id, code, revision)
    return redirect_with(_address(event_id, slug, code), "space-moderation-shown-again")


def _address(event_id: str, slug: str, code: str) -> str:
    return f"{event_path(event_id, slug)}/history?lang={code}"
