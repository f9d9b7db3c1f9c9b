"""Deleting topics and posts, and undoing it."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import NotFound
from contracts.forum import PostView, TopicView
from core.audience import Viewer
from gateway.concurrency import run_concurrently
from gateway.deletion import check_may_delete, command_of, confirm_page
from gateway.forms import Form, shown_again
from gateway.notices import redirect_with
from gateway.paths import post_path, topic_path
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


@blueprint.get("/talk/p/<post_id>/delete")
def ask_to_delete_post(post_id: str) -> str:
    me, forum = viewer(), services().forum
    (post,) = run_concurrently(lambda: forum.post(me, post_id))
    check_may_delete(me, post.may_delete, "not-your-post")
    return _delete_post(post, Form())


def _delete_post(post: PostView, form: Form) -> str:
    topic = services().forum.topic(viewer(), post.topic_id, None) if post.number == 1 else None
    whole = f"{topic_path(topic.id, topic.slug)}/delete" if topic and topic.may_delete else None
    said = post.excerpt
    return confirm_page("post", said, post.language, post_path(post.id), post.reason_needed, form, whole)


@blueprint.post("/talk/p/<post_id>/delete")
def delete_post(post_id: str) -> AnyResponse:
    form, me, forum = Form(request.form), viewer(), services().forum
    post = forum.post(me, post_id)
    with shown_again(form, lambda _: _delete_post(post, form), passing=(401, 403, 404)):
        forum.delete_post_for_reason(me, post_id, command_of(form))
    try:
        forum.post(me, post_id)
        gone = forum.topic(me, post.topic_id, None).deletion is not None
    except NotFound:
        gone = True
    if gone:  # It was the last post, so the topic is deleted with it.
        return redirect_with(_page_of_deleted(me, post.topic_id), "space-moderation-deleted")
    return redirect_with(post_path(post_id), "space-forum-deleted")


def _page_of_deleted(me: Viewer, topic_id: str) -> str:
    """The page of a deleted topic, where its author can undo it; the forum's for others."""
    try:
        services().forum.topic(me, topic_id, None)
    except NotFound:
        return "/talk"
    return topic_path(topic_id)


@blueprint.post("/talk/p/<post_id>/restore")
def restore_post(post_id: str) -> AnyResponse:
    post = services().forum.restore_post(viewer(), post_id)
    return redirect_with(post_path(post.id), "space-moderation-restored")
