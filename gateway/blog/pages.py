"""/news: the list of articles, one article with its discussion, its history and its pictures."""

from __future__ import annotations

import base64

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.blog import ArticleQuery, ArticleView, CategoryView, PictureBytes
from contracts.common import Page
from contracts.errors import NotFound
from contracts.forum import CreatePost, PostView
from contracts.held import HeldView
from contracts.revisions import Withhold
from core.audience import STRANGER
from gateway.concurrency import load_involved, load_mentions, load_people, optional, run_concurrently
from gateway.former_categories import to_category_now
from gateway.forms import Form, build, shown_again
from gateway.histories import history_page
from gateway.notices import redirect_with
from gateway.paths import article_path
from gateway.redirects import redirect_to_page
from gateway.request_context import known_language, request_context, services, viewer
from gateway.review import saving
from gateway.text_versions import version_in
from gateway.textdiff import REVISIONS

blueprint = Blueprint("news", __name__)

POSTS_UNDER_AN_ARTICLE = 50


def names_of(categories: list[CategoryView] | None) -> dict[str, CategoryView]:
    """The categories by slug."""
    return {category.slug: category for category in categories or ()}


@blueprint.get("/news")
def index() -> str | AnyResponse:
    api, me = services(), viewer()
    category, tag = request.args.get("category") or None, request.args.get("tag") or None
    language = known_language(request.args.get("lang", ""))
    query = build(
        ArticleQuery, category=category, tag=tag, language=language, after=request.args.get("after"), limit=20
    )
    articles, categories = run_concurrently(
        lambda: api.blog.articles(me, query),
        optional("blog", lambda: api.blog.categories(me)),
    )
    if category and categories is not None and category not in names_of(categories):
        try:
            return to_category_now("news", category)
        except NotFound:
            pass  # an empty list, as of any other filter
    load_people(*(line.author_id for line in articles.items))
    return render_template(
        "blog/index.html",
        articles=articles,
        categories=categories or [],
        category=category,
        chosen=names_of(categories).get(category or ""),
        tag=tag,
        language=language,
    )


@blueprint.get("/news/<slug>")
def article(slug: str) -> str | AnyResponse:
    found = _article(slug)
    if isinstance(found, Response):
        return found
    return page_of(found, Form())


@blueprint.post("/news/<slug>/reply")
def reply(slug: str) -> AnyResponse:
    """Add a reply under an article as a post of its topic."""
    api, me, form = services(), viewer(), Form(request.form)
    found = api.blog.article(me, slug, None)
    topic = api.forum.topic_of_article(me, found.id)
    if topic is None:
        raise NotFound
    with shown_again(form, lambda _: page_of(found, form)):
        command = build(CreatePost, body=form.get("body"), language=form.optional("language"))
        post = saving.new_post(me, topic.id, command)
    if isinstance(post, HeldView):
        return saving.redirect_to_held("talk", post)
    return redirect(f"{article_path(found.slug)}#p{post.id}", 303)


def page_of(found: ArticleView, form: Form, step: Form | None = None) -> str:
    """Render an article's page; `form` is that of the reply, `step` that of a refused step of the board."""
    api, me = services(), viewer()
    published = found.status == "published"
    categories, topic = run_concurrently(
        optional("blog", lambda: api.blog.categories(me)),
        optional("forum", lambda: api.forum.topic_of_article(me, found.id) if published else None),
    )
    posts: Page[PostView] | None = None
    if topic is not None:
        topic_id = topic.id
        # The topic's first post is the article itself.
        (posts,) = run_concurrently(
            optional("forum", lambda: api.forum.posts(me, topic_id, "1", POSTS_UNDER_AN_ARTICLE))
        )
    load_involved(
        found.author_id,
        found.deletion.by_id if found.deletion else None,
        *found.contributor_ids,
        *(version.translator_id for version in found.versions),
        *(step.by_id for step in found.review),
        *(post.author_id for post in (posts.items if posts else ())),
    )
    texts: list[ArticleView | PostView] = [found, *(posts.items if posts else ())]
    load_mentions(*(each.body for each in texts if each.html is None))
    return render_template(
        "blog/article.html",
        article=found,
        version=version_in(found, found.language),
        category=next((one for one in categories or () if one.slug == found.category), None),
        topic=topic,
        posts=posts,
        form=form,
        step=step or Form(),
        may_reply=topic is not None and topic.may_reply,
        talk_away="forum" in request_context().missing,
        untranslated=_untranslated(found),
    )


def _article(slug: str) -> ArticleView | Response:
    """The article in the language asked for, or a redirect to its newer address."""
    api, me, wanted = services(), viewer(), known_language(request.args.get("lang", ""))
    (found,) = run_concurrently(lambda: api.blog.article(me, slug, wanted))
    if found.slug != slug:
        code = 301 if found.status == "published" else 302
        return make_response(redirect_to_page(article_path(found.slug), code))
    return found


def _untranslated(article: ArticleView) -> str | None:
    """The reader's language, if the article has no version in it and they may write one."""
    language = request_context().reading_language
    return language if article.may_translate and language not in article.languages else None


@blueprint.post("/news/<slug>/review-version")
def review_version(slug: str) -> AnyResponse:
    api, me, form = services(), viewer(), Form(request.form)
    found = api.blog.article(me, slug, None)
    api.blog.review_version(me, found.id, form.text("language"))
    return redirect_with(
        f"{article_path(found.slug)}?lang={form.text('language')}", "space-blog-version-reviewed"
    )


@blueprint.get("/news/<slug>/history")
def history(slug: str) -> str:
    api, me = services(), viewer()
    found = api.blog.article(me, slug, None)
    return history_page(
        "blog/history.html",
        lambda: found,
        lambda after, most: api.blog.history(me, found.id, after, most),
        lambda article: {"article": article},
        ahead=REVISIONS,  # a text's predecessor in its language may be behind those in others
    )


@blueprint.post("/news/<slug>/history/<code>/<int:revision>/withhold")
def withhold(slug: str, code: str, revision: int) -> AnyResponse:
    """Withhold an earlier text from the history."""
    me, blog, form = viewer(), services().blog, Form(request.form)
    found = blog.article(me, slug, None)
    blog.withhold_revision(me, found.id, code, revision, build(Withhold, reason=form.text("reason")))
    return redirect_with(f"{article_path(found.slug)}/history", "space-moderation-withheld-done")


@blueprint.post("/news/<slug>/history/<code>/<int:revision>/show")
def show_again(slug: str, code: str, revision: int) -> AnyResponse:
    """Show a text again that was withheld."""
    me, blog = viewer(), services().blog
    found = blog.article(me, slug, None)
    blog.show_revision(me, found.id, code, revision)
    return redirect_with(f"{article_path(found.slug)}/history", "space-moderation-shown-again")


@blueprint.get("/media/<picture_id>/<int:width>")
def media(picture_id: str, width: int) -> Response:
    """A picture's bytes. Public ones are cached for good; a draft's only in its reader's browser."""
    api, me = services(), viewer()
    width = min(max(width, 1), 4000)
    public = True
    try:
        picture = api.blog.picture_bytes(STRANGER, picture_id, width)
    except NotFound:
        if not me.signed_in:
            raise
        public, picture = False, api.blog.picture_bytes(me, picture_id, width)
    return _picture_response(picture, public)


def _picture_response(picture: PictureBytes, public: bool) -> Response:
    response = Response(base64.b64decode(picture.base64), mimetype=picture.media_type)
    kept = "public, max-age=31536000, immutable" if public else "private, max-age=300"
    response.headers["Cache-Control"] = kept
    # Opened as a page of its own, the file may run and load nothing.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # What a broken connection has got of it is not sent again (RFC 9110, section 14).
    response.add_etag()
    response.make_conditional(request.environ, accept_ranges=True, complete_length=response.content_length)
    return response
