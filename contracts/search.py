"""search: one index over everything, filtered by who asks."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, StringConstraints

from contracts.common import Command, Cursor, Kind, Page, PageSize, Producer, View, safe
from core.audience import Viewer

Sort = Literal["relevance", "newest", "oldest"]


class SearchQuery(Command):
    """What to look for. All words must occur; `"…"` is a phrase, `-word` excludes. An empty `q` lists all,
    newest first.

    `kinds`, `languages`, `tags` are or-lists; `author` and `group` are names; times bound the item's date
    (an event's start).
    """

    q: Annotated[str, StringConstraints(max_length=300)] = ""
    kinds: list[Kind] = []
    languages: list[str] = []
    tags: list[str] = []
    category: str | None = None
    author_id: str | None = None
    audience: str | None = None
    after_time: AwareDatetime | None = None
    before_time: AwareDatetime | None = None
    sort: Sort = "relevance"
    after: Cursor | None = None
    limit: PageSize = 20


class Hit(View):
    """One found item, in the version that matched best. `snippet` is plain text where matches stand
    between U+E000 and U+E001."""

    kind: Kind
    id: str
    path: str
    language: str
    title: str
    snippet: str = ""
    author_id: str | None = None
    tags: list[str] = []
    category: str | None = None
    audience: str = "public"
    at: AwareDatetime
    score: float = 0.0


class Facet(View):
    """How many hits one value of a filter would leave. Counts only what the viewer may see."""

    value: str
    count: int


class SearchResult(Page[Hit]):
    """A page of hits with facets; `total` is exact."""

    kinds: list[Facet] = []
    languages: list[Facet] = []
    tags: list[Facet] = []


class TagLine(View):
    """A tag and how many items that the viewer may see carry it."""

    tag: str
    items: int


class Suggestion(View):
    """One title that begins as typed."""

    kind: Kind
    title: str
    path: str
    language: str


class SearchApi(Producer, Protocol):
    """What search answers. An item that the viewer may not see counts nowhere: hits, totals, facets,
    suggestions, tags."""

    @safe
    def search(self, viewer: Viewer, query: SearchQuery) -> SearchResult: ...
    @safe
    def suggest(self, viewer: Viewer, prefix: str, limit: int) -> list[Suggestion]: ...
    @safe
    def tags(self, viewer: Viewer, prefix: str, limit: int) -> list[TagLine]: ...
