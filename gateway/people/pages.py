"""/people: all people, and one person with what they wrote."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.blog import ArticleQuery
from contracts.events import EventQuery
from contracts.forum import TopicQuery
from core.names import name_key
from gateway.concurrency import load_involved, load_people, optional, run_concurrently
from gateway.paths import person_path
from gateway.redirects import redirect_to_page
from gateway.request_context import services, viewer

blueprint = Blueprint("people", __name__)


@blueprint.get("/people")
def people() -> str:
    me, api, after = viewer(), services(), request.args.get("after")
    (page,) = run_concurrently(optional("people", lambda: api.people.people(me, after, 60)))
    load_people(*(card.id for card in (page.items if page else ())))
    return render_template("people/list.html", people=page)


@blueprint.get("/people/<name>")
def person(name: str) -> str | AnyResponse:
    me, api = viewer(), services()
    (profile,) = run_concurrently(lambda: api.people.person(me, name))
    if name != profile.name:
        # A former name leads there only for a time.
        same = name_key(name) == name_key(profile.name)
        return redirect_to_page(person_path(profile.name), 301 if same else 302)
    wanted = profile.id
    articles, topics, posts, events = run_concurrently(
        optional("blog", lambda: api.blog.articles(me, ArticleQuery(author_id=wanted, limit=5))),
        optional("forum", lambda: api.forum.topics(me, TopicQuery(author_id=wanted, sort="new", limit=6))),
        optional("forum", lambda: api.forum.recent_posts(me, wanted, None, 8)),
        optional("events", lambda: api.events.events(me, EventQuery(author_id=wanted, once=True, limit=5))),
    )
    load_involved(wanted, *(line.last_author_id for line in (topics.items if topics else ())))
    # First posts are shown as topics.
    replies = [post for post in posts.items if post.number > 1][:5] if posts else []
    return render_template(
        "people/person.html",
        profile=profile, articles=articles, topics=topics, posts=posts, replies=replies, events=events,
        own=me.person_id == wanted,
    )  # fmt: skip
