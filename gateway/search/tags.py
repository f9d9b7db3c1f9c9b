"""/tags: all tags, and everything that has one."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.blog import ArticleQuery
from contracts.errors import NotFound
from contracts.events import EventQuery
from contracts.forum import TopicQuery
from core import slugs
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.paths import tag_path
from gateway.redirects import redirect_to_page
from gateway.request_context import services, viewer

blueprint = Blueprint("tags", __name__)

TAGS_SHOWN = 100


@blueprint.get("/tags")
def tags() -> str:
    me, api, prefix = viewer(), services(), request.args.get("q", "")[:40]
    (found,) = run_concurrently(optional("search", lambda: api.search.tags(me, prefix, TAGS_SHOWN)))
    return render_template("search/tags.html", tags=found)


@blueprint.get("/tags/<tag>")
def tag(tag: str) -> str | AnyResponse:
    try:
        wanted = slugs.tag(tag)
    except ValueError:
        raise NotFound from None
    if wanted != tag:
        return redirect_to_page(tag_path(wanted), 301)
    me, api = viewer(), services()
    articles, topics, events = run_concurrently(
        optional("blog", lambda: api.blog.articles(me, ArticleQuery(tag=wanted, limit=6))),
        optional("forum", lambda: api.forum.topics(me, TopicQuery(tag=wanted, limit=10))),
        optional("events", lambda: api.events.events(me, EventQuery(tag=wanted, once=True, limit=8))),
    )
    if not any(page.items for page in (articles, topics, events) if page is not None):
        (now,) = run_concurrently(optional("people", lambda: api.people.tag_now(me, wanted)))
        if now is not None:
            return redirect_to_page(tag_path(now), 301)
    load_people(
        *(line.author_id for line in (articles.items if articles else ())),
        *(one for line in (topics.items if topics else ()) for one in (line.author_id, line.last_author_id)),
    )
    return render_template("search/tag.html", tag=wanted, articles=articles, topics=topics, events=events)
