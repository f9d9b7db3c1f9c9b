"""The sitemap of public pages (https://www.sitemaps.org/protocol.html), as a stranger sees them.

The index names a file for each month in which articles or topics were published or events take place. A file is read
from the services' lists, page by page, so that no request costs more than one month; nothing is stored, and what is no
longer public is gone at once.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TypeVar

from contracts.blog import ArticleQuery
from contracts.common import Page
from contracts.events import EventQuery
from contracts.forum import TopicQuery
from core import clock, paging
from core.audience import STRANGER
from core.languages import language
from gateway import paths
from gateway.services import Services

T = TypeVar("T")

MOST_URLS = 50_000
"""The protocol's limit for one file."""

SECTIONS = ("news", "talk", "events")
_PAGES = ("/", "/news", "/talk", "/events", "/events/map", "/groups", "/tags", "/about")
_PAGE_SIZE = 100
_EVENTS_BACK, _EVENTS_AHEAD = timedelta(days=365), timedelta(days=540)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'


@dataclass(frozen=True)
class Entry:
    """One page. `published` puts it into its month; `languages` are those of its versions."""

    path: str
    published: datetime
    changed: datetime
    languages: tuple[str, ...] = ()


class Sitemap:
    """Reads the services' lists of public content."""

    def __init__(self, api: Services, base_url: str) -> None:
        self._api = api
        self._base = base_url

    def index(self) -> str:
        """The XML of the index."""
        files = [
            "pages",
            *(f"{section}-{month:%Y-%m}" for section in SECTIONS for month in self._months(section)),
        ]
        locations = "".join(
            f"<sitemap><loc>{self._base}/sitemap-{name}.xml</loc></sitemap>\n" for name in files
        )
        return f"{_HEAD}<sitemapindex {_NAMESPACES}>\n{locations}</sitemapindex>\n"

    def pages(self) -> str:
        """The XML of the file of pages that list things: sections, categories and groups."""
        found = [
            *_PAGES,
            *(paths.talk_category_path(each.slug) for each in self._api.forum.categories(STRANGER)),
        ]
        cursor = None
        while len(found) < MOST_URLS:
            page = self._api.people.groups(STRANGER, cursor, _PAGE_SIZE)
            found += (paths.group_path(each.slug) for each in page.items)
            cursor = page.next
            if cursor is None:
                break
        return self._file(f"<url><loc>{html.escape(self._base + path)}</loc></url>\n" for path in found)

    def month(self, section: str, first: datetime) -> str:
        """The XML of the file of a section's month, which begins at `first`."""
        entries: dict[str, Entry] = {}
        for entry in self._entries(section, first):
            entries.setdefault(entry.path, entry)
            if len(entries) == MOST_URLS:
                break
        return self._file(map(self._url, entries.values()))

    def _months(self, section: str) -> Iterator[datetime]:
        """The months that have a file, the latest first; for each, one list of one entry is read."""
        if section == "events":
            month = _month_of(clock.now() + _EVENTS_AHEAD)
            while month >= clock.now() - _EVENTS_BACK:
                if next(self._events(month, 1), None) is not None:
                    yield month
                month = _month_of(month - timedelta(days=1))
            return
        before = clock.now()
        while newest := next(self._published(section, before, 1), None):
            before = _month_of(newest.published)
            yield before

    def _entries(self, section: str, first: datetime) -> Iterator[Entry]:
        if section == "events":
            return self._events(first, _PAGE_SIZE)
        newest = self._published(section, _next_month(first), _PAGE_SIZE)
        return takewhile(lambda entry: entry.published >= first, newest)

    def _events(self, first: datetime, size: int) -> Iterator[Entry]:
        """The events with a date in a month."""
        query = EventQuery(from_time=first, to_time=_next_month(first), once=True, limit=size)
        for line in _all(lambda after: self._api.events.events(STRANGER, query.model_copy(update=after))):
            path = paths.event_path(line.id, line.slug)
            yield Entry(path, line.starts_at, line.changed_at, tuple(line.languages))

    def _published(self, section: str, before: datetime, size: int) -> Iterator[Entry]:
        """What was published in a section before a time, the newest first."""
        # No id sorts before the empty one, so the list begins with what is older than `before`.
        start = paging.cursor(before, "-")
        if section == "news":
            query = ArticleQuery(after=start, limit=size)
            for article in _all(
                lambda after: self._api.blog.articles(STRANGER, query.model_copy(update=after))
            ):
                published = article.published_at or article.created_at
                path = paths.article_path(article.slug)
                yield Entry(path, published, article.changed_at, tuple(article.languages))
            return
        wanted = TopicQuery(sort="new", after=start, limit=size)
        for topic in _all(lambda after: self._api.forum.topics(STRANGER, wanted.model_copy(update=after))):
            path = paths.topic_path(topic.id, topic.slug)
            yield Entry(path, topic.created_at, topic.last_post_at, tuple(topic.languages))

    def _file(self, urls: Iterable[str]) -> str:
        return f"{_HEAD}<urlset {_NAMESPACES}>\n{''.join(urls)}</urlset>\n"

    def _url(self, entry: Entry) -> str:
        address = html.escape(self._base + entry.path)
        alternates = "".join(
            f'<xhtml:link rel="alternate" hreflang="{language(code).bcp47}" href="{address}?lang={code}"/>'
            for code in entry.languages
            if len(entry.languages) > 1
        )
        changed = entry.changed.astimezone(UTC)
        return f"<url><loc>{address}</loc><lastmod>{changed:%Y-%m-%dT%H:%M:%SZ}</lastmod>{alternates}</url>\n"


def _all(read: Callable[[dict[str, str]], Page[T]]) -> Iterator[T]:
    """The items of a list, page after page. `read` takes the fields of its query that continue it."""
    page = read({})
    yield from page.items
    while page.next is not None:
        page = read({"after": page.next})
        yield from page.items


def _month_of(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return datetime(moment.year, moment.month, 1, tzinfo=UTC)


def _next_month(first: datetime) -> datetime:
    return _month_of(first + timedelta(days=31))
