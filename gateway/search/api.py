"""Search and tags as JSON."""

from __future__ import annotations

from contracts.common import Page
from contracts.search import SearchQuery, SearchResult, TagLine
from core.audience import Viewer
from gateway.api.common import contract_query, whole
from gateway.api.router import Area
from gateway.api.schemas import BeginningQuery, SearchParameters
from gateway.request_context import services, settings
from gateway.search import sealed

area = Area("search")


@area.get("/search")
def search(viewer: Viewer, query: SearchParameters) -> SearchResult:
    """Search everything that one may see. In a snippet matches stand between U+E000 and U+E001."""
    asked = contract_query(SearchQuery, viewer, query)
    return sealed.search(services().search, settings().key_for("search-cursor"), viewer, asked)


@area.get("/tags")
def list_tags(viewer: Viewer, query: BeginningQuery) -> Page[TagLine]:
    """Tags in use that begin with `q`, the most used first."""
    return whole(services().search.tags(viewer, query.q, query.limit))
