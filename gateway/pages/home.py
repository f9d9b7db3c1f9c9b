"""/: the latest news, talk and the next events, in the reader's language."""

from __future__ import annotations

from flask import Blueprint, render_template

from contracts.blog import ArticleQuery
from contracts.events import EventQuery
from contracts.forum import TopicQuery
from gateway.here import rooms, viewer
from gateway.together import know_people, part, together

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def home() -> str:
    house, me = rooms(), viewer()
    news, topics, events = together(
        part("blog", lambda: house.blog.articles(me, ArticleQuery(limit=7))),
        part("forum", lambda: house.forum.topics(me, TopicQuery(limit=8))),
        part("events", lambda: house.events.events(me, EventQuery(limit=5, once=True))),
    )
    know_people(
        *(line.author_id for line in (news.items if news else ())),
        *(one for line in (topics.items if topics else ()) for one in (line.author_id, line.last_author_id)),
    )
    return render_template("home.html", news=news, topics=topics, events=events)
