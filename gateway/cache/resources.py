"""What each call of a service reads, by the names of resources; `changes` says what each event changes.

A page is right while nothing has changed that the calls for it have read. A name is that of one thing (`topic:<id>`) or
of a list (`latest:category:<slug>`), within one service. A list's name stands for which things are on it and in which
order; a call that returns lines also reads each thing that it shows.

Both tables may name too much, never too little. What is not in them stands for everything of its service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

from contracts.blog import ArticleLine, ArticleQuery, ArticleView
from contracts.common import Cursor, Page
from contracts.events import EventLine, EventQuery, EventView, Month
from contracts.forum import PostPlace, PostView, TopicLine, TopicPage, TopicQuery, TopicView
from contracts.people import GroupLine, GroupView, Membership, MemberState, PersonCard, Profile
from contracts.proposals import ProposalQuery
from core.audience import Viewer
from core.names import name_key

ALL = "*"
"""Everything of a service: a call reads all of it, an event changes all of it."""

Names = Set[str]

# Each function takes what the call returned, and the call's arguments.


def _categories(found: Any, viewer: Viewer) -> Names:
    return {"categories"}


def _nothing(found: Any, *args: Any, **kwargs: Any) -> Names:
    return set()


def _topic(found: TopicView, viewer: Viewer, topic_id: str, language: str | None) -> Names:
    return {f"topic:{topic_id}"}


def _topic_of_article(found: TopicView | None, viewer: Viewer, article_id: str) -> Names:
    return {f"topic-of:{article_id}", *([f"topic:{found.id}"] if found else [])}


def _topics(found: Page[TopicLine], viewer: Viewer, query: TopicQuery) -> Names:
    filters = (
        ("category", query.category),
        ("tag", query.tag),
        ("author", query.author_id),
        ("audience", query.audience),
    )
    # One of the filters is enough: what is on the list passes all of them.
    which = next((f":{name}:{value}" for name, value in filters if value is not None), "")
    return {"topics", f"{query.sort}{which}", *(f"topic:{line.id}" for line in found.items)}


def _topic_months(found: Any, viewer: Viewer) -> Names:
    return {"topics", "new"}


def _topics_by_id(found: Any, viewer: Viewer, ids: list[str], language: str | None) -> Names:
    return {f"topic:{each}" for each in ids}


def _topic_revisions(
    found: Any, viewer: Viewer, topic_id: str, language: str | None, after: Cursor | None, limit: int
) -> Names:
    return {f"topic:{topic_id}"}


def _posts(found: Page[PostView], viewer: Viewer, topic_id: str, after: Cursor | None, limit: int) -> Names:
    return {f"topic:{topic_id}"}


def _topic_page(
    found: TopicPage, viewer: Viewer, topic_id: str, language: str | None, after: Cursor | None, limit: int
) -> Names:
    return {f"topic:{topic_id}"}


def _recent_posts(
    found: Page[PostView], viewer: Viewer, author_id: str | None, after: Cursor | None, limit: int
) -> Names:
    which = "" if author_id is None else f":author:{author_id}"
    return {f"posts{which}", *(f"topic:{post.topic_id}" for post in found.items)}


def _post(found: PostView | PostPlace, viewer: Viewer, post_id: str) -> Names:
    return {f"topic:{found.topic_id}"}


def _articles(found: Page[ArticleLine], viewer: Viewer, query: ArticleQuery) -> Names:
    published = {"published"} if query.status in (None, "published") else set()
    return published if query.status == "published" else published | {"unpublished"}


def _article(found: ArticleView, viewer: Viewer, id_or_slug: str, language: str | None) -> Names:
    return {f"article:{found.id}"}


def _articles_by_id(found: Any, viewer: Viewer, ids: list[str], language: str | None) -> Names:
    return {f"article:{each}" for each in ids}


def _article_months(found: Any, viewer: Viewer) -> Names:
    return {"published"}


def _history(found: Any, viewer: Viewer, article_id: str, after: Cursor | None, limit: int) -> Names:
    return {f"article:{article_id}"}


def _proposals(found: Any, viewer: Viewer, query: ProposalQuery) -> Names:
    return {"proposals", "published", "unpublished"}


def _events(found: Page[EventLine], viewer: Viewer, query: EventQuery) -> Names:
    return _dates(found.items, query)


def _month(found: list[EventLine], viewer: Viewer, month: Month, query: EventQuery) -> Names:
    return _dates(found, query)


def _dates(found: Iterable[EventLine], query: EventQuery) -> Names:
    attended = {f"attended-by:{query.attending_id}"} if query.attending_id is not None else set()
    return {"events", *attended, *(f"event:{line.id}" for line in found)}


def _event_months(found: Any, viewer: Viewer) -> Names:
    return {"events"}


def _event(
    found: EventView, viewer: Viewer, event_id: str, occurrence: str | None, language: str | None
) -> Names:
    return {f"event:{event_id}"}


def _event_revisions(
    found: Any, viewer: Viewer, event_id: str, language: str | None, after: Cursor | None, limit: int
) -> Names:
    return {f"event:{event_id}"}


def _events_by_id(
    found: Any, viewer: Viewer, ids: list[str], occurrences: list[str | None], language: str | None
) -> Names:
    return {f"event:{each}" for each in ids}


def _attendees(
    found: Any, viewer: Viewer, event_id: str, occurrence: str | None, after: Cursor | None, limit: int
) -> Names:
    return {f"event:{event_id}"}


def _attendance(found: Any, viewer: Viewer, event_id: str, occurrence: str) -> Names:
    return {f"event:{event_id}"}


def _person(found: Profile, viewer: Viewer, name: str) -> Names:
    shown = {f"group:{group.id}" for group in found.groups}
    return {f"name:{name_key(name)}", f"person:{found.id}", f"groups-of:{found.id}", *shown}


def _cards(found: Any, viewer: Viewer, ids: list[str]) -> Names:
    return {f"person:{each}" for each in ids}


def _cards_by_name(found: list[PersonCard], viewer: Viewer, names: list[str]) -> Names:
    return {*(f"name:{name_key(each)}" for each in names), *(f"person:{card.id}" for card in found)}


def _site(found: Any, viewer: Viewer) -> Names:
    return {"site"}


def _tag_now(found: Any, viewer: Viewer, tag: str) -> Names:
    return {"tags"}


def _people(found: Any, viewer: Viewer, after: Cursor | None, limit: int) -> Names:
    return {"people"}


def _groups(found: Any, viewer: Viewer, after: Cursor | None, limit: int) -> Names:
    return {"groups"}


def _group(found: GroupView, viewer: Viewer, slug: str) -> Names:
    return {f"group:{found.id}"}


def _groups_by_id(found: list[GroupLine], viewer: Viewer, ids: list[str]) -> Names:
    return {f"group:{each}" for each in ids}


def _members(
    found: Page[Membership],
    viewer: Viewer,
    slug: str,
    state: MemberState | None,
    after: Cursor | None,
    limit: int,
) -> Names:
    return {"groups", *(f"person:{each.person.id}" for each in found.items)}


def _public_decisions(found: Any, viewer: Viewer, after: Cursor | None, limit: int) -> Names:
    return {"decisions"}


CALLS: Mapping[str, Mapping[str, Callable[..., Names]]] = {
    "forum": {
        "categories": _categories, "topic_months": _topic_months, "topics": _topics, "topic": _topic,
        "topic_of_article": _topic_of_article, "posts": _posts, "recent_posts": _recent_posts, "post": _post,
        "post_place": _post, "topics_by_id": _topics_by_id, "topic_page": _topic_page,
        "topic_revisions": _topic_revisions,
    },
    "blog": {
        "categories": _categories, "on_board": _nothing, "article_months": _article_months, "articles": _articles,
        "article": _article, "history": _history, "proposals": _proposals,
        "articles_by_id": _articles_by_id,
    },
    "events": {
        "event_months": _event_months, "events": _events, "month": _month, "event": _event,
        "attendees": _attendees, "attendance": _attendance,
        "waiting_list": _attendees, "waiting_place": _attendance, "find_places": _nothing,
        "events_by_id": _events_by_id, "event_revisions": _event_revisions,
    },
    "people": {
        "person": _person, "cards": _cards, "cards_by_name": _cards_by_name, "people": _people, "groups": _groups,
        "archived_groups": _groups,
        "group": _group, "groups_by_id": _groups_by_id, "members": _members,
        "public_decisions": _public_decisions, "site": _site, "tag_now": _tag_now,
    },
}  # fmt: skip


def used(service: str, method: str, found: Any, *args: Any, **kwargs: Any) -> Names:
    """The resources that a call read which returned `found`."""
    names_of = CALLS.get(service, {}).get(method)
    return {ALL} if names_of is None else names_of(found, *args, **kwargs)
