"""Pages that delete and restore topics, posts, articles and events, and what says so on a deleted one."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from flask import Blueprint, render_template, request

from contracts.blog import ArticleView
from contracts.common import Page
from contracts.deletion import Delete, DeletionLine, GivenReason
from contracts.errors import Forbidden, NotFound, SignInNeeded
from contracts.events import EventView
from contracts.forum import TopicView
from core.audience import Viewer
from gateway.concurrency import load_people, run_concurrently
from gateway.forms import Form, build
from gateway.i18n.messages import message
from gateway.paths import article_path, event_path, post_path, topic_path
from gateway.request_context import request_context, services, viewer

blueprint = Blueprint("deletion", __name__)

KINDS = ("topic", "post", "article", "event")
ENTRIES = 30
_PATHS = {"topic": topic_path, "post": post_path, "article": article_path, "event": event_path}


def check_may_delete(viewer: Viewer, may_delete: bool, code: str) -> None:
    """Raises `SignInNeeded` or `Forbidden(code)` unless the view says that the viewer may delete the item."""
    if not may_delete:
        raise Forbidden(code) if viewer.signed_in else SignInNeeded()


def check_present(item: TopicView | ArticleView | EventView) -> None:
    """Raises `NotFound` for a deleted item: nothing can be written about it, even by those who may still see it."""
    if item.deletion is not None:
        raise NotFound


def confirm_page(
    kind: str, title: str, language: str, path: str, reason_needed: bool, form: Form, whole: str | None = None
) -> str:
    """The page that asks whether to delete an item (`kind`: topic, post, article or event), and why.

    `whole`: the address of the page that deletes a whole topic, which is offered instead.
    """
    lang = request_context().language
    reasons = [(one, message(f"space-moderation-reason-{one}", lang), "") for one in get_args(GivenReason)]
    return render_template(
        "moderation/delete.html",
        kind=kind,
        item_title=title,
        item_language=language,
        path=path,
        reason_needed=reason_needed,
        reasons=reasons,
        form=form,
        whole=whole,
    )


def command_of(form: Form) -> Delete:
    """The command of the form. Raises `Invalid`."""
    return build(Delete, reason=form.optional("reason"), note=form.text("note"))


@blueprint.get("/moderation/deletions")
def log() -> str:
    """The log of deletions of each kind that the reader moderates."""
    me, api = viewer(), services()
    after = {kind: request.args.get(kind) for kind in KINDS}
    topics, posts, articles, events = run_concurrently(
        _unless_forbidden(lambda: api.forum.topic_deletions(me, after["topic"], ENTRIES)),
        _unless_forbidden(lambda: api.forum.post_deletions(me, after["post"], ENTRIES)),
        _unless_forbidden(lambda: api.blog.article_deletions(me, after["article"], ENTRIES)),
        _unless_forbidden(lambda: api.events.event_deletions(me, after["event"], ENTRIES)),
    )
    logs = {kind: page for kind, page in zip(KINDS, (topics, posts, articles, events), strict=True) if page}
    if not logs:
        raise Forbidden("not-deleter") if me.signed_in else SignInNeeded()
    entries = [entry for page in logs.values() for entry in page.items]
    load_people(*(who for entry in entries for who in (entry.by_id, entry.author_id, entry.restored_by)))
    return render_template("moderation/deletions.html", logs=logs, paths=_PATHS)


def _unless_forbidden(call: Callable[[], Page[DeletionLine]]) -> Callable[[], Page[DeletionLine] | None]:
    def called() -> Page[DeletionLine] | None:
        try:
            return call()
        except Forbidden:
            return None

    return called
