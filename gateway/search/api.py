"""Search, tags, categories; what one follows and was notified of."""

from __future__ import annotations

from contracts.common import Page
from contracts.errors import NotFound
from contracts.notify import FollowKind, FollowView, NotificationView
from contracts.search import SearchQuery, SearchResult, TagLine
from core.audience import Viewer
from gateway.api.common import group_audience_of, language_of, person_id, whole
from gateway.api.router import Area
from gateway.api.schemas import (
    BeginningQuery,
    Category,
    FollowBody,
    ListQuery,
    NotificationQuery,
    ReadBody,
    SearchParameters,
    Unread,
)
from gateway.request_context import services

area = Area("finding")


def search_query(viewer: Viewer, query: SearchParameters) -> SearchQuery:
    """The contract's query for an address's parameters."""
    return SearchQuery(
        q=query.q,
        kinds=query.kind,
        languages=[language_of(code) or code for code in query.lang],
        tags=query.tag,
        category=query.category,
        author_id=person_id(viewer, query.author),
        audience=group_audience_of(viewer, query.group),
        after_time=query.after,
        before_time=query.before,
        sort=query.sort,
        after=query.cursor,
        limit=query.limit,
    )


@area.get("/search")
def search(viewer: Viewer, query: SearchParameters) -> SearchResult:
    """Search everything that one may see. In a snippet matches stand between U+E000 and U+E001."""
    return services().search.search(viewer, search_query(viewer, query))


@area.get("/tags")
def list_tags(viewer: Viewer, query: BeginningQuery) -> Page[TagLine]:
    """Tags in use that begin with `q`, the most used first."""
    return whole(services().search.tags(viewer, query.q, query.limit))


@area.get("/categories")
def list_categories(viewer: Viewer) -> Page[Category]:
    """The categories of the blog and of the forum, named in the reader's language."""
    news = [
        Category(
            section="news",
            slug=one.slug,
            name=one.name,
            about=one.about,
            language=one.language,
            follow=f"news/{one.slug}",
        )
        for one in services().blog.categories(viewer)
    ]
    talk = [
        Category(
            section="talk",
            slug=one.slug,
            name=one.name,
            about=one.about,
            language=one.language,
            official=one.official,
            follow=f"talk/{one.slug}",
        )
        for one in services().forum.categories(viewer)
    ]
    return whole([*news, *talk])


@area.get("/notifications")
def list_notifications(viewer: Viewer, query: NotificationQuery) -> Page[NotificationView]:
    """One's notifications, the newest first."""
    return services().notify.notifications(viewer, query.unread, query.cursor, query.limit)


@area.get("/notifications/unread")
def count_unread(viewer: Viewer) -> Unread:
    """How many notifications one has not read."""
    return Unread(unread=services().notify.unread(viewer))


@area.post("/notifications/read")
def read_notifications(viewer: Viewer, body: ReadBody) -> Unread:
    """Mark notifications as read; returns how many still are not."""
    return Unread(unread=services().notify.mark_read(viewer, body.ids))


@area.get("/follows")
def list_follows(viewer: Viewer, query: ListQuery) -> Page[FollowView]:
    """What one follows."""
    return services().notify.follows(viewer, query.cursor, query.limit)


@area.get("/follows/{kind}/{path:id}")
def get_follow(viewer: Viewer, kind: FollowKind, id: str) -> FollowView:
    """Whether and how one follows something; 404 where one doesn't."""
    found = services().notify.follow_state(viewer, kind, id)
    if found is None:
        raise NotFound
    return found


@area.put("/follows/{kind}/{path:id}")
def follow(viewer: Viewer, kind: FollowKind, id: str, body: FollowBody) -> FollowView:
    """Follow something."""
    return services().notify.follow(viewer, kind, id, body.level)


@area.delete("/follows/{kind}/{path:id}")
def unfollow(viewer: Viewer, kind: FollowKind, id: str) -> None:
    """Follow something no longer."""
    services().notify.unfollow(viewer, kind, id)
