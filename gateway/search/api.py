"""Search and tags as JSON."""

from __future__ import annotations

from contracts.common import Page
from contracts.search import SearchQuery, SearchResult, TagLine
from core.audience import Viewer
from gateway.api.common import group_audience_of, language_of, person_id, whole
from gateway.api.router import Area
from gateway.api.schemas import (
    BeginningQuery,
    SearchParameters,
)
from gateway.request_context import services

area = Area("search")


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
