"""The sitemap of public pages (https://www.sitemaps.org/protocol.html), as a stranger sees them.

The index names a file for each month in which articles were published, or topics or events created, and several for a
month with more than `PART` of them. A file is read from the services' lists, page by page, and what is no longer public
is gone at once. The number of pages in each month is counted anew after `COUNTED_FOR` at most.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import TypeVar

from contracts.blog import ArticleQuery
from contracts.common import MonthCount, Page
from contracts.errors import NotFound
from contracts.events import EventQuery
from contracts.forum import TopicQuery
from core import clock, paging
from core.audience import STRANGER, Viewer
from core.languages import language
from gateway import paths
from gateway.services import Services

T = TypeVar("T")

MOST_URLS = 50_000
"""The protocol's limit for one file."""

PART = 10_000
"""The pages of one file; the last one of a month has what came since they were counted, too."""

COUNTED_FOR = timedelta(minutes=5)

SECTIONS = ("news", "talk", "events")
_PAGES = ("/", "/news", "/talk", "/events", "/events/map", "/groups", "/tags", "/about")
_PAGE_SIZE = 100
_BEGINNING, _END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'


@dataclass(frozen=True)
class Entry:
    """One page. `published` puts it into its month; `languages` are those of its versions."""

    path: str
    published: datetime
    changed: datetime
    languages: tuple[str, ...] = ()


class Months:
    """How many public pages each month of each section has, kept for all requests of this process."""

    def __init__(self, api: Services, part: int = PART) -> None:
        self.part = part
        self._read: dict[str, Callable[[Viewer], list[MonthCount]]] = {
            "news": lambda viewer: api.blog.article_months(viewer),
            "talk": lambda viewer: api.forum.topic_months(viewer),
            "events": lambda viewer: api.events.event_months(viewer),
        }
        self._known: dict[str, tuple[datetime, list[MonthCount]]] = {}

    def of(self, section: str) -> list[MonthCount]:
        """The months of a section, the latest first."""
        now = clock.now()
        counted_at, found = self._known.get(section, (_BEGINNING, []))
        if not timedelta(0) <= now - counted_at < COUNTED_FOR:
            found = self._read[section](STRANGER)
            self._known[section] = (now, found)
        return found

    def parts(self, section: str, month: str) -> int:
        """The number of files of a month."""
        pages = next((each.items for each in self.of(section) if each.month == month), 0)
        return max(-(-pages // self.part), 1)


class Sitemap:
    """Reads the services' lists of public content."""

    def __init__(self, api: Services, base_url: str, months: Months) -> None:
        self._api = api
        self._base = base_url
        self._months = months

    def index(self) -> str:
        """The XML of the index."""
        files = ["pages"]
        for section in SECTIONS:
            for each in self._months.of(section):
                parts = self._months.parts(section, each.month)
                files += (_name(section, each.month, part) for part in range(1, parts + 1))
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

    def month(self, section: str, first: datetime, part: int = 1) -> str:
        """The XML of a file of a section's month, which begins at `first`. Raises `NotFound` for a part that it does
        not have."""
        parts = self._months.parts(section, f"{first:%Y-%m}")
        if not 1 <= part <= parts:
            raise NotFound
        size = self._months.part
        most, before = size if part < parts else MOST_URLS, (part - 1) * size
        entries = islice(self._entries(section, first), before, before + most)
        return self._file(map(self._url, entries))

    def _entries(self, section: str, first: datetime) -> Iterator[Entry]:
        if section == "events":
            return self._events(first)
        newest = self._published(section, _next_month(first), _PAGE_SIZE)
        return takewhile(lambda entry: entry.published >= first, newest)

    def _events(self, first: datetime) -> Iterator[Entry]:
        """The events that were created in a month."""
        query = EventQuery(
            created_from=first,
            created_to=_next_month(first),
            from_time=_BEGINNING,
            to_time=_END,
            once=True,
            limit=_PAGE_SIZE,
        )
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


def _name(section: str, month: str, part: int) -> str:
    return f"{section}-{month}" if part == 1 else f"{section}-{month}-{part}"


def _month_of(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return datetime(moment.year, moment.month, 1, tzinfo=UTC)


def _next_month(first: datetime) -> datetime:
    return _month_of(first + timedelta(days=31))
