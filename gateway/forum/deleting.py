"""Deleting topics and undoing it."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.forum import TopicView
from gateway.concurrency import run_concurrently
from gateway.deletion import check_may_delete, command_of, confirm_page
from gateway.forms import Form, shown_again
from gateway.notices import redirect_with
from gateway.paths import topic_path
from gateway.request_context import services, viewer

blueprint = Blueprint("topic_deleting", __name__)


@blueprint.get("/talk/t/<topic_id>/<slug>/delete")
def ask_to_delete_topic(topic_id: str, slug: str) -> str:
    me, forum = viewer(), services().forum
    (topic,) = run_concurrently(lambda: forum.topic(me, topic_id, None))
    check_may_delete(me, topic.may_delete, "not-deleter")
    return _delete_topic(topic, Form())


def _delete_topic(topic: TopicView, form: Form) -> str:
    path = topic_path(topic.id, topic.slug)
    return confirm_page("topic", topic.title, topic.language, path, topic.reason_needed, form)


@blueprint.post("/talk/t/<topic_id>/<slug>/delete")
def delete_topic(topic_id: str, slug: str) -> AnyResponse:
    form, me, forum = Form(request.form), viewer(), services().forum
    with shown_again(
        form, lambda _: _delete_topic(forum.topic(me, topic_id, None), form), passing=(401, 403, 404)
    ):
        forum.delete_topic(me, topic_id, command_of(form))
    return redirect_with(topic_path(topic_id, slug), "space-moderation-deleted")


@blueprint.post("/talk/t/<topic_id>/<slug>/restore")
def restore_topic(topic_id: str, slug: str) -> AnyResponse:
    topic = services().forum.restore_topic(viewer(), topic_id)
    return redirect_with(topic_path(topic.id, topic.slug), "space-moderation-restored")
