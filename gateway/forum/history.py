"""/talk: the earlier titles and translations of a topic, and withholding them."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.forum import TopicView
from contracts.revisions import Withhold
from gateway.forms import Form, build
from gateway.histories import history_page
from gateway.i18n.messages import message
from gateway.notices import redirect_with
from gateway.paths import topic_path
from gateway.request_context import request_context, services, viewer

blueprint = Blueprint("topic_history", __name__)

_HISTORY = "/talk/t/<topic_id>/<slug>/history"
_TEXT = f"{_HISTORY}/<code>/<int:revision>"


@blueprint.get(_HISTORY)
def history(topic_id: str, slug: str) -> str:
    me, forum, language = viewer(), services().forum, request.args.get("lang")
    return history_page(
        "history/texts.html",
        lambda: forum.topic(me, topic_id, language),
        lambda after, most: forum.topic_revisions(me, topic_id, language, after, most),
        _shown,
    )


def _shown(topic: TopicView) -> dict[str, object]:
    titles_alone = topic.language == topic.original_language
    hint = message("space-history-titles", request_context().language) if titles_alone else None
    return {"item": topic, "path": topic_path(topic.id, topic.slug), "hint": hint}


@blueprint.post(f"{_TEXT}/withhold")
def withhold(topic_id: str, slug: str, code: str, revision: int) -> AnyResponse:
    """Withhold an earlier title or translation from the history."""
    command = build(Withhold, reason=Form(request.form).text("reason"))
    services().forum.withhold_topic_revision(viewer(), topic_id, code, revision, command)
    return redirect_with(_address(topic_id, slug, code), "space-moderation-withheld-done")


@blueprint.post(f"{_TEXT}/show")
def show_again(topic_id: str, slug: str, code: str, revision: int) -> AnyResponse:
    """Show a title or translation again that was withheld."""
    services().forum.show_topic_revision(viewer(), topic_id, code, revision)
    return redirect_with(_address(topic_id, slug, code), "space-moderation-shown-again")


def _address(topic_id: str, slug: str, code: str) -> str:
    return f"{topic_path(topic_id, slug)}/history?lang={code}"
