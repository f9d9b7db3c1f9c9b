"""Writing in the forum: topics, replies, edits, translations, and what moderators do."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.common import TextVersion
from contracts.errors import Forbidden, SignInNeeded, SpaceError, Unavailable
from contracts.forum import ChangePost, ChangeTopic, CreatePost, CreateTopic, SetTopicVersion, TopicView
from core.audience import PUBLIC, group_of
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.form_options import audience_options, moderates, own_groups
from gateway.forms import Form, build
from gateway.forum.pages import post_address, show_topic
from gateway.i18n.messages import message
from gateway.paths import topic_path
from gateway.request_context import request_context, services, viewer

blueprint = Blueprint("talk_writing", __name__)


@blueprint.get("/talk/new")
def new() -> str:
    if not viewer().signed_in:
        raise SignInNeeded
    values = {name: request.args.get(name) for name in ("category", "tags", "title")}
    language = request_context().reading_language
    return _new(Form.filled(language=language, audience=request.args.get("audience", PUBLIC), **values))


@blueprint.post("/talk/new")
def create() -> AnyResponse:
    form = Form(request.form)
    try:
        command = build(
            CreateTopic,
            language=form.get("language"),
            title=form.text("title"),
            body=form.get("body"),
            category=form.optional("category"),
            tags=form.words("tags"),
            audience=form.get("audience") or PUBLIC,
        )
        topic = services().forum.create_topic(viewer(), command)
    except (Unavailable, SignInNeeded):
        raise
    except SpaceError as error:
        form.refuse(error)
        return make_response(_new(form), error.status)
    _say("space-forum-created")
    return redirect(topic_path(topic.id, topic.slug), 303)


def _new(form: Form) -> str:
    me, forum = viewer(), services().forum
    categories, groups = run_concurrently(lambda: forum.categories(me), own_groups())
    official = me.has("editor", "moderator")
    return render_template(
        "forum/new.html",
        form=form,
        categories=[each for each in categories if official or not each.official],
        audiences=audience_options(groups),
    )


@blueprint.post("/talk/t/<topic_id>/<slug>/reply")
def reply(topic_id: str, slug: str) -> AnyResponse:
    form = Form(request.form)
    try:
        command = build(CreatePost, body=form.get("body"), language=form.optional("language"))
        post = services().forum.create_post(viewer(), topic_id, command)
    except (Unavailable, SignInNeeded):
        raise
    except SpaceError as error:
        if error.status == 404:
            raise
        form.refuse(error)
        return show_topic(topic_id, form, error.status)
    _say("space-forum-replied")
    return redirect(post_address(topic_id, slug, post.id, post.number), 303)


@blueprint.get("/talk/p/<post_id>/edit")
def edit_post(post_id: str) -> str:
    me, forum = viewer(), services().forum
    (post,) = run_concurrently(lambda: forum.post(me, post_id))
    if not me.signed_in:
        raise SignInNeeded
    if not post.may_edit:
        raise Forbidden("not-your-post")
    form = Form.filled(body=post.body, revision=post.revision)
    return render_template("forum/edit_post.html", form=form, post=post, theirs=None)


@blueprint.post("/talk/p/<post_id>/edit")
def change_post(post_id: str) -> AnyResponse:
    form, me, forum = Form(request.form), viewer(), services().forum
    try:
        command = build(ChangePost, revision=form.text("revision"), body=form.get("body"))
        post = forum.change_post(me, post_id, command)
    except (Unavailable, SignInNeeded):
        raise
    except SpaceError as error:
        if error.status in (403, 404):
            raise
        form.refuse(error)
        (post,) = run_concurrently(lambda: forum.post(me, post_id))
        form = _on_top_of(form, error)
        page = render_template("forum/edit_post.html", form=form, post=post, theirs=error.data.get("theirs"))
        return make_response(page, error.status)
    _say("space-forum-edited")
    return redirect(f"/talk/p/{post.id}", 303)


@blueprint.get("/talk/p/<post_id>/delete")
def ask_to_delete(post_id: str) -> str:
    me, forum = viewer(), services().forum
    (post,) = run_concurrently(lambda: forum.post(me, post_id))
    if not post.may_edit:
        raise Forbidden("not-your-post") if me.signed_in else SignInNeeded()
    return render_template("forum/delete_post.html", post=post)


@blueprint.post("/talk/p/<post_id>/delete")
def delete_post(post_id: str) -> AnyResponse:
    services().forum.delete_post(viewer(), post_id)
    _say("space-forum-deleted")
    return redirect(f"/talk/p/{post_id}", 303)


@blueprint.get("/talk/p/<post_id>/history")
def history(post_id: str) -> str:
    me, forum = viewer(), services().forum
    post, earlier = run_concurrently(lambda: forum.post(me, post_id), lambda: forum.post_history(me, post_id))
    load_people(post.author_id, *(each.by_id for each in earlier))
    return render_template("forum/history.html", post=post, earlier=earlier[::-1])


@blueprint.get("/talk/t/<topic_id>/<slug>/edit")
def edit_topic(topic_id: str, slug: str) -> str:
    me, forum = viewer(), services().forum
    (topic,) = run_concurrently(lambda: forum.topic(me, topic_id, None))
    if not topic.may_edit:
        raise Forbidden("not-your-post") if me.signed_in else SignInNeeded()
    title = _original(topic).title
    form = Form.filled(
        title=title, category=topic.category, tags=", ".join(topic.tags), revision=topic.revision
    )
    return _edit_topic(topic, form, None)


@blueprint.post("/talk/t/<topic_id>/<slug>/edit")
def change_topic(topic_id: str, slug: str) -> AnyResponse:
    form, me, forum = Form(request.form), viewer(), services().forum
    try:
        command = build(
            ChangeTopic,
            revision=form.text("revision"),
            title=form.text("title"),
            category=form.optional("category"),
            tags=form.words("tags"),
        )
        topic = forum.change_topic(me, topic_id, command)
    except (Unavailable, SignInNeeded):
        raise
    except SpaceError as error:
        if error.status in (403, 404):
            raise
        form.refuse(error)
        (topic,) = run_concurrently(lambda: forum.topic(me, topic_id, None))
        return make_response(
            _edit_topic(topic, _on_top_of(form, error), error.data.get("theirs")), error.status
        )
    _say("space-forum-edited")
    return redirect(topic_path(topic.id, topic.slug), 303)


def _edit_topic(topic: TopicView, form: Form, theirs: object) -> str:
    me, forum = viewer(), services().forum
    (categories,) = run_concurrently(optional("forum", lambda: forum.categories(me)))
    official = me.has("editor", "moderator")
    return render_template(
        "forum/edit_topic.html",
        topic=topic,
        form=form,
        theirs=theirs,
        categories=[
            each for each in categories or () if official or not each.official or each.slug == topic.category
        ],
        in_group=group_of(topic.audience) is not None,
    )


@blueprint.get("/talk/t/<topic_id>/<slug>/translate")
def translate(topic_id: str, slug: str) -> str:
    me, forum = viewer(), services().forum
    wanted = request.args.get("lang") or request_context().reading_language
    (topic,) = run_concurrently(lambda: forum.topic(me, topic_id, wanted))
    if not me.signed_in:
        raise SignInNeeded
    version = next((each for each in topic.versions if each.language == wanted), None)
    original = _original(topic)
    if version is None or version.language == original.language:
        form = Form.filled(language=wanted if wanted != original.language else "")
    else:
        form = Form.filled(language=wanted, title=version.title, body=version.body)
    return render_template("forum/translate.html", topic=topic, original=original, form=form)


@blueprint.post("/talk/t/<topic_id>/<slug>/translate")
def set_version(topic_id: str, slug: str) -> AnyResponse:
    form, me, forum = Form(request.form), viewer(), services().forum
    try:
        command = build(
            SetTopicVersion, language=form.get("language"), title=form.text("title"), body=form.get("body")
        )
        topic = forum.set_topic_version(me, topic_id, command)
    except (Unavailable, SignInNeeded):
        raise
    except SpaceError as error:
        if error.status == 404:
            raise
        form.refuse(error)
        (topic,) = run_concurrently(lambda: forum.topic(me, topic_id, None))
        page = render_template("forum/translate.html", topic=topic, original=_original(topic), form=form)
        return make_response(page, error.status)
    _say("space-forum-translated")
    return redirect(f"{topic_path(topic.id, topic.slug)}?lang={command.language}", 303)


@blueprint.post("/talk/t/<topic_id>/<slug>/moderate")
def moderate(topic_id: str, slug: str) -> AnyResponse:
    """`do`: pin, unpin, close, reopen."""
    form, me, forum = Form(request.form), viewer(), services().forum
    (topic,) = run_concurrently(lambda: forum.topic(me, topic_id, None))
    if not moderates(me, topic.audience):
        raise Forbidden("not-moderator") if me.signed_in else SignInNeeded()
    changes = {
        "pin": {"pinned": True},
        "unpin": {"pinned": False},
        "close": {"closed": True},
        "reopen": {"closed": False},
    }
    command = build(ChangeTopic, revision=topic.revision, **changes.get(form.get("do"), {}))
    topic = forum.change_topic(me, topic_id, command)
    return redirect(topic_path(topic.id, topic.slug), 303)


def _original(topic: TopicView) -> TextVersion:
    return next(each for each in topic.versions if each.language == topic.original_language)


def _on_top_of(form: Form, error: SpaceError) -> Form:
    """The form as it was typed; after a stale edit, on top of the newer revision, so that saving again works."""
    if "revision" not in error.data:
        return form
    newer = Form.filled(
        **{name: form.get(name) for name in ("title", "body", "category", "tags")},
        revision=error.data["revision"],
    )
    newer.summary, newer.errors = form.summary, form.errors
    return newer


def _say(key: str) -> None:
    flash(message(key, request_context().language), "success")
