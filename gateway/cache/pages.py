"""The pages that are kept: their bytes, what they were made from, and which of them stay."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Generic, TypeVar

from werkzeug.http import quote_etag

from bus.ops.http_protocol import EncodedHeaders
from gateway import compression
from gateway.cache.deflate import Piece
from gateway.cache.log_ends import LogEnds
from gateway.holes import Hole
from gateway.times import Reading, fill_times, has_times

K = TypeVar("K")

_OVERHEAD = 6_000
"""What a page takes beside its bytes, roughly: headers, key, names of resources, objects."""

_MOST_DATED = 3
"""Of so many time zones a page's bytes are kept with their times filled."""

_MOST_HEADERS = 3
"""Of so many responses a page keeps its headers encoded."""

_NOT_IN_304 = {"content-type", "content-language", "content-disposition"}

_KEPT_SHARE = 0.8
"""The share of the space that pages have which were asked for again."""


@dataclass
class Page:
    """One response. `ends` are the ends of the logs of all services as they were known before it was made; `resources`
    is what it was made from, by service (`gateway.cache.resources`). It is right
    until an event changes one of them, and until `until` at the most. In `body` times are open; `dated` fills them.
    `people`: for whom it would be another one, with
    their own things on it; None: it is for one reader alone. `pieces`: a page for members, as `gateway.cache.members`
    takes it apart. `zone`: the time zone that it is for; None: for all."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    media_type: str
    resources: Mapping[str, Set[str]] = field(default_factory=dict)
    ends: Mapping[str, int] = field(default_factory=dict)
    until: datetime | None = None
    zone: str | None = None
    etag: str = ""
    people: frozenset[str] | None = None
    pieces: tuple[list[Piece | Hole], list[Piece | Hole]] | None = field(default=None, repr=False)
    _encoded: dict[str, bytes] = field(default_factory=dict, repr=False)
    _dated: dict[str | None, tuple[datetime, Page]] = field(default_factory=dict, repr=False)
    _encoded_headers: dict[object, EncodedHeaders] = field(default_factory=dict, repr=False)
    _right_at: int = field(default=-1, repr=False)

    def __post_init__(self) -> None:
        if not self.etag and self.status.startswith("200"):
            self.etag = hashlib.sha256(self.body).hexdigest()[:24]

    @cached_property
    def last_modified(self) -> str | None:
        """The `Last-Modified` header."""
        return next((value for name, value in self.headers if name.lower() == "last-modified"), None)

    def headers_of_304(self, etag: str) -> EncodedHeaders:
        """The headers of a response without content."""
        kept = self._encoded_headers.get(etag)
        if kept is None:
            own = (each for each in self.headers if each[0].lower() not in _NOT_IN_304)
            kept = self._remember_headers(etag, [*own, ("ETag", etag)])
        return kept

    def headers_of(self, etag: str, encoding: str, size: int) -> EncodedHeaders:
        """The headers of a response with so many bytes of content."""
        key = (etag, encoding, size)
        kept = self._encoded_headers.get(key)
        if kept is None:
            own = [*self.headers, ("Content-Length", str(size))]
            if etag:
                own.append(("ETag", etag))
            if encoding:
                own.append(("Content-Encoding", encoding))
            kept = self._remember_headers(key, own)
        return kept

    def _remember_headers(self, key: object, headers: list[tuple[str, str]]) -> EncodedHeaders:
        # A page for members has other ones for each of them.
        if len(self._encoded_headers) >= _MOST_HEADERS:
            self._encoded_headers.clear()
        kept = self._encoded_headers[key] = EncodedHeaders(headers)
        return kept

    @property
    def size(self) -> int:
        """The memory that it takes, in bytes, at the most: its body, and for each zone as much again and compressed."""
        copies = 1 + 2 * _MOST_DATED if self.has_times else 2
        return copies * len(self.body) + _OVERHEAD

    @cached_property
    def has_times(self) -> bool:
        """Whether there are times on it."""
        return has_times(self.body)

    def dated(self, reading: Reading) -> Page:
        """The page with its times as they are read now; made once a minute for all readers of a zone."""
        if not self.has_times:
            return self
        minute = reading.now.replace(second=0, microsecond=0)
        known = self._dated.pop(reading.zone, None)
        if known is None or known[0] != minute:
            known = minute, self._with_times(reading, known[1] if known else None)
        self._dated[reading.zone] = known
        if len(self._dated) > _MOST_DATED:
            del self._dated[next(iter(self._dated))]
        return known[1]

    def _with_times(self, reading: Reading, before: Page | None) -> Page:
        body = fill_times(self.body, reading)
        if before is not None and before.body == body:
            return before  # most times say the hour, the day or the year
        return replace(self, body=body, etag="", pieces=None, _encoded={}, _encoded_headers={}, _dated={})

    def is_right(self, now: LogEnds) -> bool:
        """Whether nothing that it was made from has changed since, as far as is known."""
        changes = now.changes
        if self._right_at != changes:
            if now.changed_since(self.ends, self.resources):
                return False
            self._right_at = changes
        return True

    def encoded(self, encoding: str) -> bytes:
        """The body in a content coding, compressed once; "" is the body itself."""
        if not encoding:
            return self.body
        if encoding not in self._encoded:
            self._encoded[encoding] = compression.compress_quickly(self.body, encoding)
        return self._encoded[encoding]

    def etag_of(self, encoding: str) -> str:
        """The strong entity tag of the body in a content coding; "" if it has none."""
        return quote_etag(f"{self.etag}-{encoding}" if encoding else self.etag) if self.etag else ""


class Pages(Generic[K]):
    """The pages of one process, within `most_bytes`.

    A segmented least-recently-used policy (Karedla, Love and Wherry 1994): a page that is asked for once may be pushed
    out by others of its kind alone, so that a crawler's walk over all pages leaves those that people read.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._new: OrderedDict[K, Page] = OrderedDict()
        self._again: OrderedDict[K, Page] = OrderedDict()
        self.bytes = 0
        self._again_bytes = 0

    def __len__(self) -> int:
        return len(self._new) + len(self._again)

    def __iter__(self) -> Iterator[K]:
        return iter([*self._new, *self._again])

    def get(self, key: K) -> Page | None:
        """The page with this key, which counts as asked for."""
        page = self._again.get(key)
        if page is not None:
            self._again.move_to_end(key)
            return page
        page = self._new.pop(key, None)
        if page is not None:
            self._keep(key, page)
        return page

    def put(self, key: K, page: Page) -> None:
        """Keep a page in place of the one with its key; one that would take a tenth of the space is not kept."""
        again = key in self._again
        self.drop(key)
        if page.size > self._most // 10:
            return
        self.bytes += page.size
        if again:
            self._keep(key, page)
        else:
            self._new[key] = page
        while self.bytes > self._most:
            oldest = self._new or self._again
            self.drop(next(iter(oldest)))

    def drop(self, key: K) -> None:
        """Forget the page with this key, if there is one."""
        page = self._new.pop(key, None)
        if page is None:
            page = self._again.pop(key, None)
            self._again_bytes -= page.size if page else 0
        self.bytes -= page.size if page else 0

    def _keep(self, key: K, page: Page) -> None:
        self._again[key] = page
        self._again_bytes += page.size
        while self._again_bytes > self._most * _KEPT_SHARE:
            other, demoted = self._again.popitem(last=False)
            self._again_bytes -= demoted.size
            self._new[other] = demoted
