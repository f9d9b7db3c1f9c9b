"""/talk: forms for topics, replies, edits, translations and moderation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import Forbidden, SignInNeeded, SpaceError
from contracts.forum import (
    ChangePost,
    ChangeTopic,
    CreatePost,
    CreateTopic,
    PostRevision,
    PostView,
    SetTopicVersion,
    TopicView,
)
from contracts.held import HeldView
from contracts.revisions import Withhold
from core.audience import PUBLIC, group_of
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.deletion import check_present
from gateway.form_options import audience_options, own_groups
from gateway.forms import Form, build, shown_again
from gateway.forum.pages import post_address, show_topic
from gateway.notices import redirect_with
from gateway.paths import topic_path
from gateway.request_context import request_context, services, viewer
from gateway.review import saving
from gateway.text_versions import original, translation_form
from gateway.textdiff import REVISION_CHANGES, REVISIONS, Piece
from gateway.withheld import is_hidden, withheld_by

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
    with shown_again(form, lambda _: _new(form), passing=(401,)):
        command = build(
            CreateTopic,
            language=form.get("language"),
            title=form.text("title"),
            body=form.get("body"),
            category=form.optional("category"),
            tags=form.words("tags"),
            audience=form.get("audience") or PUBLIC,
        )
        topic = saving.new_topic(viewer(), command)
    if isinstance(topic, HeldView):
        return saving.redirect_to_held("talk", topic)
    return redirect_with(topic_path(topic.id, topic.slug), "space-forum-created")


def _new(form: Form) -> str:
    me, forum = viewer(), services().forum
    categories, groups = run_concurrently(lambda: forum.categories(me), own_groups())
    return render_template(
        "forum/new.html",
        form=form,
        categories=[each for each in categories if each.may_open],
        audiences=audience_options(groups),
    )


@blueprint.post("/talk/t/<topic_id>/<slug>/reply")
def reply(topic_id: str, slug: str) -> AnyResponse:
    form = Form(request.form)
    with shown_again(form, lambda _: show_topic(topic_id, form), passing=(401, 404)):
        command = build(CreatePost, body=form.get("body"), language=form.optional("language"))
        post = saving.new_post(viewer(), topic_id, command)
    if isinstance(post, HeldView):
        return saving.redirect_to_held("talk", post)
    return redirect_with(post_address(topic_id, slug, post.id, post.number), "space-forum-replied")


@blueprint.get("/talk/p/<post_id>/edit")
def edit_post(post_id: str) -> str:
    me, forum = viewer(), services().forum
    (post,) = run_concurrently(lambda: forum.post(me, post_id))
    if not me.signed_in:
        raise SignInNeeded
    if not post.may_edit:
        raise Forbidden("not-your-post")
    form = Form.filled(body=post.body, revision=post.revision)
    return _edit_post(post, form)


def _edit_post(post: PostView, form: Form, error: SpaceError | None = None) -> str:
    theirs = error.data.get("theirs") if error else None
    return render_template("forum/edit_post.html", form=form, post=post, theirs=theirs)


@blueprint.post("/talk/p/<post_id>/edit")
def change_post(post_id: str) -> AnyResponse:
    form, me, forum = Form(request.form), viewer(), services().forum
    with shown_again(
        form, lambda error: _edit_post(forum.post(me, post_id), form, error), passing=(401, 403, 404)
    ):
        command = build(ChangePost, revision=form.text("revision"), body=form.get("body"))
        post = saving.changed_post(me, post_id, command)
    if isinstance(post, HeldView):
        return saving.redirect_to_held("talk", post)
    return redirect_with(f"/talk/p/{post.id}", "space-forum-edited")


@blueprint.get("/talk/p/<post_id>/history")
def history(post_id: str) -> str:
    me, forum = viewer(), services().forum
    after = request.args.get("after")
    post, revisions = run_concurrently(
        lambda: forum.post(me, post_id),
        lambda: forum.post_revisions(me, post_id, True, after, REVISIONS),
    )
    replaced = forum.post_revisions(me, post_id, True, revisions.next, 1).items if revisions.next else []
    load_people(post.author_id, *(each.by_id for each in revisions.items), *withheld_by(revisions.items))
    return render_template(
        "forum/history.html",
        post=post,
        revisions=revisions,
        newest=after is None,
        changes=_changes([*([] if after or post.deleted else [post]), *revisions.items, *replaced]),
    )


@blueprint.post("/talk/p/<post_id>/history/<int:revision>/withhold")
def withhold(post_id: str, revision: int) -> AnyResponse:
    """Withhold an earlier text from the history."""
    form = Form(request.form)
    command = build(Withhold, reason=form.text("reason"))
    services().forum.withhold_revision(viewer(), post_id, revision, command)
    return redirect_with(f"/talk/p/{post_id}/history", "space-moderation-withheld-done")


@blueprint.post("/talk/p/<post_id>/history/<int:revision>/show")
def show_again(post_id: str, revision: int) -> AnyResponse:
    """Show a text again that was withheld."""
    services().forum.show_revision(viewer(), post_id, revision)
    return redirect_with(f"/talk/p/{post_id}/history", "space-moderation-shown-again")


def _changes(newest_first: Sequence[PostView | PostRevision]) -> dict[int, list[Piece]]:
    """What each text changed of the one before it, by its number."""
    return {
        later.revision: REVISION_CHANGES.get(earlier.body, later.body)
        for later, earlier in pairwise(newest_first)
        if not (is_hidden(later) or is_hidden(earlier))
    }


@blueprint.get("/talk/t/<topic_id>/<slug>/edit")
def edit_topic(topic_id: str, slug: str) -> str:
    me, forum = viewer(), services().forum
    (topic,) = run_concurrently(lambda: forum.topic(me, topic_id, None))
    if not topic.may_edit:
        raise Forbidden("not-your-post") if me.signed_in else SignInNeeded()
    form = Form.filled(
        title=original(topic).title,
        category=topic.category,
        tags=", ".join(topic.tags),
        revision=topic.revision,
    )
    return _edit_topic(topic, form, None)


@blueprint.post("/talk/t/<topic_id>/<slug>/edit")
def change_topic(topic_id: str, slug: str) -> AnyResponse:
    form, me, forum = Form(request.form), viewer(), services().forum
    with shown_again(
        form,
        lambda error: _edit_topic(forum.topic(me, topic_id, None), form, error.data.get("theirs")),
        passing=(401, 403, 404),
    ):
        command = build(
            ChangeTopic,
            revision=form.text("revision"),
            title=form.text("title"),
            category=form.optional("category"),
            tags=form.words("tags"),
        )
        topic = saving.changed_topic(me, topic_id, command)
    if isinstance(topic, HeldView):
        return saving.redirect_to_held("talk", topic)
    return redirect_with(topic_path(topic.id, topic.slug), "space-forum-edited")


def _edit_topic(topic: TopicView, form: Form, theirs: object) -> str:
    me, forum = viewer(), services().forum
    (categories,) = run_concurrently(optional("forum", lambda: forum.categories(me)))
    return render_template(
        "forum/edit_topic.html",
        topic=topic,
        form=form,
        theirs=theirs,
        categories=[each for each in categories or () if each.may_open or each.slug == topic.category],
        in_group=group_of(topic.audience) is not None,
    )


@blueprint.get("/talk/t/<topic_id>/<slug>/translate")
def translate(topic_id: str, slug: str) -> str:
    me, forum = viewer(), services().forum
    wanted = request.args.get("lang") or request_context().reading_language
    (topic,) = run_concurrently(lambda: forum.topic(me, topic_id, wanted))
    if not me.signed_in:
        raise SignInNeeded
    check_present(topic)
    return _translation(topic, translation_form(topic, wanted))


def _translation(topic: TopicView, form: Form) -> str:
    return render_template(
        "forum/translate.html", original=original(topic), form=form,
        original_html=topic.html if topic.language == topic.original_language else None,
        path=topic_path(topic.id, topic.slug), draft=f"topic-version {topic.id}",
    )  # fmt: skip


@blueprint.post("/talk/t/<topic_id>/<slug>/translate")
def set_version(topic_id: str, slug: str) -> AnyResponse:
    form, me, forum = Form(request.form), viewer(), services().forum
    with shown_again(form, lambda _: _translation(forum.topic(me, topic_id, None), form), passing=(401, 404)):
        command = build(
            SetTopicVersion, language=form.get("language"), title=form.text("title"), body=form.get("body")
        )
        topic = saving.topic_version(me, topic_id, command)
    if isinstance(topic, HeldView):
        return saving.redirect_to_held("talk", topic)
    return redirect_with(
        f"{topic_path(topic.id, topic.slug)}?lang={command.language}", "space-forum-translated"
    )


@blueprint.post("/talk/t/<topic_id>/<slug>/moderate")
def moderate(topic_id: str, slug: str) -> AnyResponse:
    """`do`: pin, unpin, close, reopen."""
    form, me, forum = Form(request.form), viewer(), services().forum
    (topic,) = run_concurrently(lambda: forum.topic(me, topic_id, None))
    if not topic.may_moderate:
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
