"""/people: who is here, and one person with what they wrote."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.blog import ArticleQuery
from contracts.events import EventQuery
from contracts.forum import TopicQuery
from gateway.here import rooms, viewer
from gateway.paths import person_path
from gateway.together import know_people, part, together

blueprint = Blueprint("people", __name__)


@blueprint.get("/people")
def people() -> str:
    me, house, after = viewer(), rooms(), request.args.get("after")
    (page,) = together(part("people", lambda: house.people.people(me, after, 60)))
    know_people(*(card.id for card in (page.items if page else ())))
    return render_template("people/list.html", people=page)


@blueprint.get("/people/<name>")
def person(name: str) -> str | AnyResponse:
    me, house = viewer(), rooms()
    (profile,) = together(lambda: house.people.person(me, name))
    if name != profile.name:
        return redirect(person_path(profile.name), 301)
    wanted = profile.id
    articles, topics, posts, events, follow = together(
        part("blog", lambda: house.blog.articles(me, ArticleQuery(author_id=wanted, limit=5))),
        part("forum", lambda: house.forum.topics(me, TopicQuery(author_id=wanted, sort="new", limit=6))),
        part("forum", lambda: house.forum.recent_posts(me, wanted, None, 8)),
        part("events", lambda: house.events.events(me, EventQuery(author_id=wanted, once=True, limit=5))),
        part("notify", lambda: house.notify.follow_state(me, "person", wanted)) if me.signed_in else _nothing,
    )
    know_people(wanted, *(line.last_author_id for line in (topics.items if topics else ())))
    # A topic's first post stands among the topics already.
    replies = [post for post in posts.items if post.number > 1][:5] if posts else []
    return render_template(
        "people/person.html",
        profile=profile, articles=articles, topics=topics, posts=posts, replies=replies, events=events,
        follow=follow, own=me.person_id == wanted,
    )  # fmt: skip


def _nothing() -> None:
    return None
