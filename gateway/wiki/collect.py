"""What goes into a feed: public things only, asked for as a stranger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from bus.rpc.concurrency import gather
from contracts.blog import ArticleQuery
from contracts.errors import NotFound
from contracts.events import EventQuery, EventView
from contracts.forum import TopicQuery
from contracts.search import Hit, SearchQuery
from core import clock
from core.audience import Viewer
from gateway.services import Services
from gateway.shown_names import shown_name
from gateway.wiki.items import Item, Writer

T = TypeVar("T")

MOST_IN_A_CALENDAR = 500
_PAGE = 100
_BACK = timedelta(days=90)
_SIDE_BY_SIDE = 20


class Collector:
    """Collects as `viewer`: a stranger with the feed's reading order, so nothing that is not public can come."""

    def __init__(self, api: Services, writer: Writer, viewer: Viewer) -> None:
        if viewer.signed_in:
            raise ValueError("a feed is for strangers")
        self._api = api
        self._writer = writer
        self._viewer = viewer

    def news(self, query: ArticleQuery) -> list[Item]:
        """Published articles, the newest first."""
        blog, viewer = self._api.blog, self._viewer
        ids = [line.id for line in blog.articles(viewer, query).items]
        views = blog.articles_by_id(viewer, ids, query.language) if ids else []
        return [self._writer.article(view) for view in views]

    def talk(self, query: TopicQuery, discussions: bool = True) -> list[Item]:
        """Topics, the newest first; without `discussions` those that are not about an article."""
        forum, viewer = self._api.forum, self._viewer
        lines = forum.topics(viewer, query).items
        ids = [line.id for line in lines if discussions or line.article_id is None]
        views = forum.topics_by_id(viewer, ids, query.language) if ids else []
        return [self._writer.topic(view) for view in views]

    def events(self, query: EventQuery) -> list[Item]:
        """The next date of each event, the soonest first."""
        events, viewer = self._api.events, self._viewer
        lines = events.events(viewer, query.model_copy(update={"once": True})).items
        views = self._events_at([(line.id, line.occurrence) for line in lines])
        return [self._writer.event(view) for view in views]

    def everything(self, tag: str | None, language: str | None, limit: int) -> list[Item]:
        """News, talk and events together, what was made last first."""
        groups = gather(
            lambda: self.news(ArticleQuery(tag=tag, language=language, limit=limit)),
            lambda: self.talk(
                TopicQuery(tag=tag, language=language, sort="new", limit=limit), discussions=False
            ),
            lambda: self.events(EventQuery(tag=tag, limit=limit)),
        )
        items = [item for group in groups for item in group]
        return sorted(items, key=lambda item: (item.published, item.id), reverse=True)[:limit]

    def found(self, query: SearchQuery) -> list[Item]:
        """What a search finds, in full, in the version that matched."""
        hits = self._api.search.search(self._viewer, query).items
        return _all([partial(self._whole, hit) for hit in hits])

    def calendar(self, query: EventQuery) -> list[EventView]:
        """Every event with a date from three months back to a year ahead, the soonest first."""
        events, viewer = self._api.events, self._viewer
        # By whole days: a feed that is kept (`gateway.cache`) is made anew at midnight.
        start = query.from_time or clock.midnight(clock.now()) - _BACK
        query = query.model_copy(update={"once": True, "limit": _PAGE, "from_time": start})
        ids: dict[str, None] = {}
        while True:
            page = events.events(viewer, query)
            ids |= dict.fromkeys(line.id for line in page.items)
            if page.next is None or len(ids) >= MOST_IN_A_CALENDAR:
                break
            query = query.model_copy(update={"after": page.next})
        return self._events_in_full(list(ids)[:MOST_IN_A_CALENDAR])

    def found_events(self, query: SearchQuery) -> list[EventView]:
        """The events that a search finds, as a calendar."""
        hits = self._api.search.search(self._viewer, query.model_copy(update={"kinds": ["event"]})).items
        return self._events_in_full([hit.id for hit in hits])

    def event(self, event_id: str) -> EventView:
        """One event. Raises `NotFound`."""
        return self._api.events.event(self._viewer, event_id, None, None)

    def names(self, items: list[Item]) -> dict[str, str]:
        """The authors' names by item id."""
        ids = sorted({item.author_id for item in items if item.author_id})
        if not ids:
            return {}
        lang = next(iter(self._viewer.languages), "en")
        names = {card.id: shown_name(card, lang) for card in self._api.people.cards(self._viewer, ids)}
        return {item.id: names[item.author_id] for item in items if item.author_id in names}

    def _events_in_full(self, ids: list[str]) -> list[EventView]:
        return self._events_at([(each, None) for each in ids])

    def _events_at(self, dates: list[tuple[str, str | None]]) -> list[EventView]:
        found: list[EventView] = []
        for start in range(0, len(dates), _PAGE):
            ids, occurrences = zip(*dates[start : start + _PAGE], strict=True)
            found += self._api.events.events_by_id(self._viewer, list(ids), list(occurrences), None)
        return found

    def _whole(self, hit: Hit) -> Item:
        api, viewer = self._api, self._viewer
        if hit.kind == "article":
            return self._writer.article(api.blog.article(viewer, hit.id, hit.language))
        if hit.kind == "topic":
            return self._writer.topic(api.forum.topic(viewer, hit.id, hit.language))
        if hit.kind == "event":
            return self._writer.event(api.events.event(viewer, hit.id, None, hit.language))
        if hit.kind == "post":
            post = api.forum.post(viewer, hit.id)
            if post.deleted:
                raise NotFound
            return self._writer.post(post, hit.title, hit.tags)
        return self._writer.hit(hit)


def _all(thunks: Sequence[Callable[[], T]]) -> list[T]:
    """The answers, asked some at a time, side by side; without what went away meanwhile."""

    def or_none(thunk: Callable[[], T]) -> Callable[[], T | None]:
        def ask() -> T | None:
            try:
                return thunk()
            except NotFound:
                return None

        return ask

    answers: list[T | None] = []
    for start in range(0, len(thunks), _SIDE_BY_SIDE):
        answers += gather(*(or_none(thunk) for thunk in thunks[start : start + _SIDE_BY_SIDE]))
    return [answer for answer in answers if answer is not None]
