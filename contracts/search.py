"""search: one index over all content, filtered by what the viewer may see."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import AwareDatetime, StringConstraints

from contracts.common import Command, Cursor, Event, Kind, Page, PageSize, Producer, View, WantedTag, safe
from contracts.events import FoundPlace
from core.audience import MEMBERS, PUBLIC, Viewer

Sort = Literal["relevance", "newest", "oldest", "distance"]
"""`distance`: the nearest to a place of `near:` first; by relevance where there is none."""


class SearchQuery(Command):
    """A search. `q` is in the syntax of `core.search_syntax`; what it filters by counts beside the other fields. An
    empty `q` finds everything, newest first.

    All words must occur. If nothing that the viewer may see has them all, it finds what has most of them, and similar
    words (`SearchResult.relaxed`).

    An item matches `kinds`, `languages` and `tags` if it has one of the values. `after_time` and `before_time` limit
    the time of the item: an event's start, otherwise the publication. With `once` a search for words finds of a topic
    and its replies only the one that matches best, and counts it once.

    `near` is a place as `near:` takes it, and beside those in `q`: an event matches if it takes place within `within`
    (`50km`, `30mi`; by default that of `q`, else 50 km) of one of them.
    """

    q: Annotated[str, StringConstraints(max_length=300)] = ""
    kinds: list[Kind] = []
    languages: list[str] = []
    tags: list[WantedTag] = []
    category: str | None = None
    author_id: str | None = None
    audience: str | None = None
    after_time: AwareDatetime | None = None
    before_time: AwareDatetime | None = None
    near: Annotated[str, StringConstraints(max_length=100)] | None = None
    within: Annotated[str, StringConstraints(max_length=20)] | None = None
    sort: Sort = "relevance"
    once: bool = False
    after: Cursor | None = None
    limit: PageSize = 20


class Hit(View):
    """One found item, in the language version that matches best. `snippet` is plain text; each match in it is between
    U+E000 and U+E001. `distance_km`: how far it is from the nearest place that the search names by `near:`."""

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
    distance_km: float | None = None


class Facet(View):
    """The number of hits that one value of a filter would give, of what the viewer may see. `label` is the value's name
    where that says more, in the language `label_language`."""

    value: str
    count: int
    label: str = ""
    label_language: str = ""


class SearchHint(View):
    """What of the query was left out, and why: a `code` of `core.search_syntax.Hint`, `author-unknown`, `group-unknown`
    or `place-unknown`; `text` is what it is about. `place-others`: several places have this name; of `places` the
    first, the largest, is meant. `index-renewed` is about the answer: some items may be missing, for after an upgrade
    the index is being renewed."""

    code: str
    text: str = ""
    places: list[FoundPlace] = []


class SearchResult(Page[Hit]):
    """A page of hits with facets. `total` is exact, unless there are `at_least` so many: then facets too may have more
    items than are counted. `years` are those of the items' times (UTC), `groups` slugs.

    `relaxed`: nothing has all the words of the query, so these are items that have most of them, or similar words.
    `did_you_mean` is the query with words that exist in the place of those that don't, `""` if there is none.
    """

    at_least: bool = False
    kinds: list[Facet] = []
    languages: list[Facet] = []
    tags: list[Facet] = []
    categories: list[Facet] = []
    groups: list[Facet] = []
    years: list[Facet] = []
    hints: list[SearchHint] = []
    relaxed: bool = False
    did_you_mean: str = ""


class TagLine(View):
    """A tag, and the number of items with it that the viewer may see."""

    tag: str
    items: int


class Suggestion(View):
    """One title with words that begin as typed. `id` is that of the item."""

    kind: Kind
    id: str = ""
    title: str
    path: str
    language: str


class ItemMatched(Event):
    """A new item matches searches that people follow, `searches` by their ids (`contracts.notify.SavedSearchChanged`).
    Once for each item; later changes of it match nothing anew. It is for notify, which knows who follows them.

    `published_at` is when the item became one, `item_audience` who may see it. `topic_id` is the topic of a topic or
    reply, `category` a category of the blog or the forum, as the kind says.
    """

    type: ClassVar[str] = "search.item.matched"
    kind: Kind
    item_id: str
    searches: list[str]
    published_at: AwareDatetime
    item_audience: str
    author_id: str
    titles: dict[str, str]
    original_language: str
    path: str
    tags: list[str] = []
    category: str | None = None
    topic_id: str | None = None

    def subject(self) -> str:
        return f"{self.kind}/{self.item_id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange: what people look for is nobody else's business.
        return MEMBERS if self.item_audience == PUBLIC else self.item_audience


class SearchApi(Producer, Protocol):
    """The calls of the search service. Items that the viewer may not see affect no result: neither hits nor totals,
    facets, suggestions and tags."""

    @safe
    def search(self, viewer: Viewer, query: SearchQuery) -> SearchResult: ...
    @safe
    def suggest(self, viewer: Viewer, prefix: str, limit: int) -> list[Suggestion]: ...
    @safe
    def tags(self, viewer: Viewer, prefix: str, limit: int) -> list[TagLine]: ...
    @safe
    def index_version(self) -> int:
        """A number that grows with each event after which the other calls may return something else."""
