"""A feed as RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree as ET

from gateway.wiki.items import Item, bcp47

ATOM = "http://www.w3.org/2005/Atom"
_NAMESPACES = {
    "xmlns:atom": ATOM,
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
}
# XML 1.0 has no place for these, not even escaped.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# So that an empty feed, too, is the same bytes each time.
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Feed:
    """A feed's own data. `url` is the feed's address, `home` the page that it is the feed of; `names` go by item id.
    `style` is the address of a style sheet for browsers that open the feed."""

    id: str
    title: str
    description: str
    language: str
    url: str
    home: str
    site: str
    items: list[Item]
    style: str = ""
    names: dict[str, str] = field(default_factory=dict)

    @property
    def updated(self) -> datetime:
        """When the newest of its items last changed."""
        return max((item.updated for item in self.items), default=_LONG_AGO)


def rss(feed: Feed) -> bytes:
    """RSS 2.0; the whole text in `content:encoded`, each item's language in `dc:language`."""
    root = ET.Element("rss", {"version": "2.0", **_NAMESPACES})
    channel = ET.SubElement(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.home)
    _add(channel, "description", feed.description)
    _add(channel, "language", bcp47(feed.language))
    _add(channel, "lastBuildDate", format_datetime(feed.updated, usegmt=True))
    _add(channel, "docs", "https://www.rssboard.org/rss-specification")
    ET.SubElement(channel, "atom:link", {"href": feed.url, "rel": "self", "type": "application/rss+xml"})
    for item in feed.items:
        entry = ET.SubElement(channel, "item")
        _add(entry, "title", item.title)
        _add(entry, "link", item.url)
        _add(entry, "guid", item.id, isPermaLink="false")
        _add(entry, "pubDate", format_datetime(item.published.astimezone(UTC), usegmt=True))
        if item.updated != item.published:
            _add(entry, "atom:updated", _rfc3339(item.updated))
        if name := feed.names.get(item.id):
            _add(entry, "dc:creator", name)
        _add(entry, "dc:language", item.lang)
        for tag in item.tags:
            _add(entry, "category", tag)
        # Readers take it for HTML, and the summary is text: what looks like an element in it must stay text.
        _add(entry, "description", escape(item.summary, quote=False))
        _add(entry, "content:encoded", item.html)
    return _bytes(root, feed.style)


def atom(feed: Feed) -> bytes:
    """Atom, with `xml:lang` on each entry."""
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": bcp47(feed.language)})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "subtitle", feed.description)
    _add(root, "updated", _rfc3339(feed.updated))
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.url})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.home})
    _add(ET.SubElement(root, "author"), "name", feed.site)
    for item in feed.items:
        entry = ET.SubElement(root, "entry", {"xml:lang": item.lang})
        _add(entry, "id", item.id)
        _add(entry, "title", item.title)
        ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": item.url})
        _add(entry, "published", _rfc3339(item.published))
        _add(entry, "updated", _rfc3339(item.updated))
        if name := feed.names.get(item.id):
            _add(ET.SubElement(entry, "author"), "name", name)
        for tag in item.tags:
            ET.SubElement(entry, "category", {"term": _clean(tag)})
        _add(entry, "summary", item.summary, type="text")
        _add(entry, "content", item.html, type="html")
    return _bytes(root, feed.style)


def json_feed(feed: Feed) -> bytes:
    """JSON Feed 1.1."""
    items = []
    for item in feed.items:
        entry: dict[str, object] = {
            "id": item.id,
            "url": item.url,
            "title": item.title,
            "content_html": item.html,
            "summary": item.summary,
            "date_published": _rfc3339(item.published),
            "date_modified": _rfc3339(item.updated),
            "language": item.lang,
            "tags": item.tags,
        }
        if name := feed.names.get(item.id):
            entry["authors"] = [{"name": name}]
        if item.image:
            entry["image"] = item.image
        items.append(entry)
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.description,
        "home_page_url": feed.home,
        "feed_url": feed.url,
        "language": bcp47(feed.language),
        "items": items,
    }
    return json.dumps(whole, ensure_ascii=False).encode()


FORMATS: dict[str, tuple[str, Callable[[Feed], bytes]]] = {
    "rss": ("application/rss+xml", rss),
    "atom": ("application/atom+xml", atom),
    "json": ("application/feed+json", json_feed),
}


def _add(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = _clean(text)


def _clean(text: str) -> str:
    return _NO_XML.sub("", text)


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _bytes(root: ET.Element, style: str) -> bytes:
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    if style:
        head += f'<?xml-stylesheet type="text/css" href="{style}"?>\n'
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=False)
    return head.encode() + text
