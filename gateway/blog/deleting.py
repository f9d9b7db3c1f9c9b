"""Deleting articles and undoing it."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.blog import ArticleView
from gateway.deletion import check_may_delete, command_of, confirm_page
from gateway.forms import Form, shown_again
from gateway.notices import redirect_with
from gateway.paths import article_path
from gateway.request_context import services, viewer

blueprint = Blueprint("article_deleting", __name__)


@blueprint.get("/news/<slug>/delete")
def ask_to_delete(slug: str) -> str:
    found = services().blog.article(viewer(), slug, None)
    check_may_delete(viewer(), found.may_delete, "not-deleter")
    return _confirm(found, Form())


def _confirm(found: ArticleView, form: Form) -> str:
    path = article_path(found.slug)
    return confirm_page("article", found.title, found.language, path, found.reason_needed, form)


@blueprint.post("/news/<slug>/delete")
def delete(slug: str) -> AnyResponse:
    form, me, blog = Form(request.form), viewer(), services().blog
    found = blog.article(me, slug, None)
    with shown_again(form, lambda _: _confirm(found, form), passing=(401, 403, 404)):
        blog.delete_article(me, found.id, command_of(form))
    return redirect_with(article_path(found.slug), "space-moderation-deleted")


@blueprint.post("/news/<slug>/restore")
def restore(slug: str) -> AnyResponse:
    me, blog = viewer(), services().blog
    found = blog.restore_article(me, blog.article(me, slug, None).id)
    return redirect_with(article_path(found.slug), "space-moderation-restored")
