"""/talk: the forum's lists, and one topic with its posts."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.blog import ArticleQuery, ArticleView
from contracts.errors import NotFound
from contracts.forum import ForumCategory, PostView, TopicQuery, TopicView
from core.audience import group_of
from core.markup import without_quotes
from gateway.concurrency import load_involved, load_mentions, load_people, optional, run_concurrently
from gateway.form_options import groups_of
from gateway.former_categories import to_category_now
from gateway.forms import Form, build
from gateway.i18n.messages import message
from gateway.paths import post_path, topic_path
from gateway.redirects import redirect_to_page
from gateway.request_context import request_context, services, viewer
from gateway.text_versions import version_in

blueprint = Blueprint("talk", __name__)

POSTS_ON_A_PAGE = 30
ARTICLES_AT_THE_SIDE = 5


@blueprint.get("/talk")
def talk() -> str:
    return _list(None)


@blueprint.get("/talk/c/<category>")
def of_category(category: str) -> str | AnyResponse:
    try:
        return _list(category)
    except NotFound:
        return to_category_now("talk", category)


def _list(slug: str | None) -> str:
    api, me = services(), viewer()
    form = Form(request.args)
    query = build(
        TopicQuery,
        category=slug,
        tag=form.optional("tag"),
        language=form.optional("language"),
        sort=form.get("sort") or "latest",
        audience=form.optional("audience"),
        after=form.optional("after"),
    )
    categories, topics, news = run_concurrently(
        optional("forum", lambda: api.forum.categories(me)),
        optional("forum", lambda: api.forum.topics(me, query)),
        optional("blog", lambda: api.blog.articles(me, ArticleQuery(limit=ARTICLES_AT_THE_SIDE))),
    )
    category = _find(categories, slug) if slug and categories is not None else None
    lines = topics.items if topics else []
    load_people(
        *(one for line in lines for one in (line.author_id, line.last_author_id)),
        *(article.author_id for article in (news.items if news else ())),
    )
    return render_template(
        "forum/list.html",
        form=form, category=category, categories=categories, topics=topics, news=news,
        by_slug={each.slug: each for each in categories or ()},
        filtered=bool(query.tag or query.language or query.audience),
    )  # fmt: skip


def _find(categories: list[ForumCategory], slug: str) -> ForumCategory:
    for each in categories:
        if each.slug == slug:
            return each
    raise NotFound


@blueprint.get("/talk/t/<topic_id>")
def short_address(topic_id: str) -> AnyResponse:
    me, forum = viewer(), services().forum
    (topic,) = run_concurrently(lambda: forum.topic(me, topic_id, None))
    return redirect_to_page(topic_path(topic.id, topic.slug), 301)


@blueprint.get("/talk/t/<topic_id>/<slug>")
def topic(topic_id: str, slug: str) -> AnyResponse:
    return show_topic(topic_id, Form.filled(body=_quote(request.args.get("quote"))), slug=slug)


@blueprint.get("/talk/p/<post_id>")
def post(post_id: str) -> AnyResponse:
    """Redirect to the post on its page of the topic."""
    me, forum = viewer(), services().forum
    (place,) = run_concurrently(lambda: forum.post_place(me, post_id))
    address = post_address(place.topic_id, place.topic_slug, place.post_id, place.number)
    return redirect_to_page(address, 303)


def post_address(topic_id: str, slug: str, post_id: str, number: int) -> str:
    """The address of a post on its page of the topic."""
    page = (number - 1) // POSTS_ON_A_PAGE + 1
    query = f"?page={page}" if page > 1 else ""
    return f"{topic_path(topic_id, slug)}{query}#p{post_id}"


def show_topic(topic_id: str, form: Form, slug: str | None = None) -> AnyResponse:
    """Render one page of a topic with the reply form, or redirect an old slug to the new one."""
    api, me = services(), viewer()
    wanted, page = request.args.get("lang"), _page_number()
    after = str((page - 1) * POSTS_ON_A_PAGE)
    found, categories, news = run_concurrently(
        lambda: api.forum.topic_page(me, topic_id, wanted, after, POSTS_ON_A_PAGE),
        optional("forum", lambda: api.forum.categories(me)),
        optional("blog", lambda: api.blog.articles(me, ArticleQuery(limit=ARTICLES_AT_THE_SIDE))),
    )
    topic, posts = found.topic, found.posts
    if slug is not None and slug != topic.slug:
        return redirect_to_page(topic_path(topic.id, topic.slug), 301)
    pages = max(((posts.total or topic.posts) - 1) // POSTS_ON_A_PAGE + 1, 1)
    if page > pages:
        raise NotFound
    groups, article = run_concurrently(groups_of([topic.audience]), _article_of(topic))
    load_involved(
        topic.author_id,
        topic.deletion.by_id if topic.deletion else None,
        *(each.author_id for each in posts.items),
        *(each.deletion.by_id for each in posts.items if each.deletion),
        *(version.translator_id for version in topic.versions),
        *(line.author_id for line in (news.items if news else ())),
    )
    shown = [_in_readers_version(each, topic) for each in posts.items]
    load_mentions(*(each.body for each in shown if each.html is None))
    if form.valid:
        form = Form.filled(body=form.get("body"), language=_language_of_reply(topic))
    page_of_topic = render_template(
        "forum/topic.html",
        topic=topic, posts=shown,
        form=form, article=article, news=news,
        category=next((each for each in categories or () if each.slug == topic.category), None),
        group=next(iter(groups or ()), None) if group_of(topic.audience) else None,
        version=version_in(topic, topic.language), page_number=page, pages=pages,
        per_page=POSTS_ON_A_PAGE,
        path=topic_path(topic.id, topic.slug),
    )  # fmt: skip
    return make_response(page_of_topic)


def _page_number() -> int:
    page = request.args.get("page", "1")
    if not (page.isascii() and page.isdigit() and len(page) <= 6 and int(page) > 0):
        raise NotFound
    return int(page)


def _article_of(topic: TopicView) -> Callable[[], ArticleView | None]:
    """A call for the article that the topic discusses."""
    me, blog, article_id = viewer(), services().blog, topic.article_id

    def call() -> ArticleView | None:
        if article_id is None:
            return None
        try:
            return blog.article(me, article_id, None)
        except NotFound:
            return None

    return optional("blog", call)


def _in_readers_version(post: PostView, topic: TopicView) -> PostView:
    """The first post in the topic's chosen version; others as they were written."""
    version = version_in(topic, topic.language)
    if post.number != 1 or post.deleted or topic.language == topic.original_language:
        return post
    if version is None or not version.body:
        return post
    return post.model_copy(update={"body": version.body, "html": topic.html, "language": version.language})


def _language_of_reply(topic: TopicView) -> str:
    """The topic's shown language if the reader knows it, else the reader's own."""
    me = request_context()
    return topic.language if topic.language in me.viewer.languages else me.reading_language


def _quote(post_id: str | None) -> str:
    """The beginning of a reply that quotes a post: its author, a link to it, and its own text."""
    if not post_id:
        return ""
    me, forum, people = viewer(), services().forum, services().people
    try:
        (quoted,) = run_concurrently(lambda: forum.post(me, post_id))
    except NotFound:
        return ""
    if quoted.deleted:
        return ""
    (cards,) = run_concurrently(optional("people", lambda: people.cards(me, [quoted.author_id])))
    said = f"[{message('space-forum-quote-said', request_context().language)}]({post_path(quoted.id)}):"
    heading = f"@{cards[0].name} {said}" if cards else said
    lines = [heading, "", *without_quotes(quoted.body).split("\n")]
    return "\n".join(f"> {line}".rstrip() for line in lines) + "\n\n"
