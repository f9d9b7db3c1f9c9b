"""/: the latest news, talk and the next events, in the reader's language."""

from __future__ import annotations

from flask import Blueprint, render_template

from contracts.blog import ArticleQuery
from contracts.events import EventQuery
from contracts.forum import TopicQuery
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.request_context import services, viewer

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def home() -> str:
    api, me = services(), viewer()
    news, topics, events = run_concurrently(
        optional("blog", lambda: api.blog.articles(me, ArticleQuery(limit=7))),
        optional("forum", lambda: api.forum.topics(me, TopicQuery(limit=8))),
        optional("events", lambda: api.events.events(me, EventQuery(limit=5, once=True))),
    )
    load_people(
        *(line.author_id for line in (news.items if news else ())),
        *(one for line in (topics.items if topics else ()) for one in (line.author_id, line.last_author_id)),
    )
    return render_template("site/home.html", news=news, topics=topics, events=events)
