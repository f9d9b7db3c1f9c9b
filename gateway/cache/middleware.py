"""The cache of pages as a WSGI application in front of another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from flask import Flask
from werkzeug.http import dump_cookie, is_resource_modified

from bus.ops.metrics import KEPT_BYTES, PAGE_SAMPLES, PAGES
from core import clock
from core.audience import Viewer
from gateway import compression
from gateway.cache import members, moments, surrogates
from gateway.cache.calls import MOST
from gateway.cache.deflate import gzipped
from gateway.cache.kept import KeptAnswers
from gateway.cache.keys import Key, key_of
from gateway.cache.log_ends import PRODUCERS, SEARCH, LogEnds
from gateway.cache.pages import Page, Pages
from gateway.cache.rendering import ENVIRON, Rendering
from gateway.hosts import Wsgi
from gateway.request_context import SESSION_COOKIE, VIEWER, WROTE_COOKIE
from gateway.times import Reading

log = logging.getLogger(__name__)

MOST_BYTES = 48_000_000
SECONDS_UNSHARED = 10
"""For so long a page that members don't share is not tried to be shared again."""

MOST_REMEMBERED = 10_000

LONGEST_AWAY = timedelta(minutes=10)
"""How long a page is shown while a service does not reply, also in place of one in which a part is missing."""

SAMPLE_EVERY = 2_000
"""Of so many kept pages that are sent, one is made again and compared."""

SECONDS_BETWEEN_SAMPLES = 5.0
"""It takes as long as fifty pages that are kept, so under load it is done less often."""

WROTE_SECONDS = 10
_WROTE = f"{WROTE_COOKIE}="

SECONDS_FOR_ANOTHER = 4.0
"""How long a request waits for another one that makes the same page."""

# A kept page is sent in the coding, and as the part, that its reader asks for.
_ON_THE_WAY_OUT = (
    "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_RANGE",
)  # fmt: skip
_NOT_KEPT = {"date", "content-length", "content-encoding", "etag", "set-cookie"}
_SAFE = {"GET", "HEAD", "OPTIONS"}


_HITS, _MISSES, _AWAY = (PAGES.labels(result) for result in ("hit", "miss", "away"))


class PageCache:
    """Answers what strangers and members read from memory, as long as no event has changed what the page was made from.

    Exact: a page counts for the ends of the logs as they were known before it was made, so one that an event overtook
    while it was made is not kept. A page is made once, also when many ask for it at the same time. What members read is
    made once for all who may see the same, and filled for each of them; see `gateway.cache.members`.
    """

    def __init__(
        self,
        app: Flask,
        pages: Wsgi,
        ends: LogEnds,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._app = app
        self._network = app.extensions["space.settings"].purge_target is not None
        self._application = pages
        self.ends = ends
        self.pages: Pages[Key] = Pages(most_bytes)
        self._calls = KeptAnswers[Any](self.ends, most=MOST)
        self.sample_every = SAMPLE_EVERY
        self.most_remembered = MOST_REMEMBERED
        self.seconds_between_samples = SECONDS_BETWEEN_SAMPLES
        self._next_sample = 0.0
        self._hits = 0
        secure = app.extensions["space.settings"].base_url.startswith("https:")
        self._wrote = dump_cookie(
            WROTE_COOKIE, "1", max_age=WROTE_SECONDS, secure=secure, httponly=True, samesite="Lax"
        )
        self._making: dict[Key, threading.Event] = {}
        self._unshared: dict[Key, datetime] = {}
        """Pages that members of one class don't share, and until when it is not tried again."""
        self._by_zone: set[Key] = set()
        """Pages that are others in another time zone, not only by their times."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        cookies = environ.get("HTTP_COOKIE", "")
        if _WROTE in cookies and SESSION_COOKIE in cookies:
            self.ends.doubt()  # perhaps through another process, of whose events this one learns a little later
        key = key_of(environ)
        if key is not None:
            page = self._page(key, environ)
            if self._network:
                start_response = surrogates.kept_by_network(page, start_response)
            return _send(page, environ, start_response, _reading(key))
        reader = members.reader_of(self._app, environ)
        if reader is None:
            return self._other(environ, start_response)
        asked = members.environ_of_class(environ, reader)
        if (key := members.key_of_member(asked, reader)) and self._may_be_shared(key):
            page = self._page(key, asked)
            if page.people is None:
                self._remember_unshared(key)
            elif reader.person_id not in page.people:
                return self._send_filled(page, environ, reader, start_response, _reading(key))
        return self._other({**environ, VIEWER: reader}, start_response)

    def _stored_under(self, key: Key) -> Key:
        """The key of the page that is kept for a request: without the time zone, on which few pages depend."""
        if not key.timezone:
            return key
        for_all = key._replace(timezone="")
        return key if for_all in self._by_zone else for_all

    def _kept(self, key: Key) -> Page | None:
        """The page that is kept for a request, whether or not it is right now."""
        page = self.pages.get(self._stored_under(key))
        # Which pages depend on the zone is forgotten now and then, so the page says it as well.
        return None if page is not None and page.zone not in (None, key.timezone) else page

    def _may_be_shared(self, key: Key) -> bool:
        until = self._unshared.get(key)
        return until is None or until < clock.now()

    def _remember_unshared(self, key: Key) -> None:
        if len(self._unshared) >= self.most_remembered:
            self._unshared.clear()
        self._unshared[key] = clock.now() + timedelta(seconds=SECONDS_UNSHARED)

    def _page(self, key: Key, environ: dict[str, Any]) -> Page:
        if page := self._right(key):
            self._hits += 1
            if self._hits >= self.sample_every and monotonic() >= self._next_sample:
                self._hits, self._next_sample = 0, monotonic() + self.seconds_between_samples
                self._sample(key, page, environ)
            return page
        return self._made_once(key, environ)

    def _send_filled(
        self, page: Page, environ: dict[str, Any], reader: Viewer, start_response: Any, reading: Reading
    ) -> Iterable[bytes]:
        """A page for members as this one gets it."""
        page = page.dated(reading)
        pieces = members.filled(page, self._app, environ, reader)
        # Brotli can't put pieces together that are compressed already.
        encoding = "gzip" if compression.encoding_for(environ.get("HTTP_ACCEPT_ENCODING"), ("gzip",)) else ""
        etag = members.etag_of(page, pieces, encoding)
        return _respond(
            page,
            etag,
            encoding,
            lambda: gzipped(pieces) if encoding else b"".join(piece.data for piece in pieces),
            environ,
            start_response,
        )

    def _sample(self, key: Key, page: Page, environ: dict[str, Any]) -> None:
        """Make a kept page again and compare the two, unless it is no longer right then: the proof that it is exact."""
        now, _ = self._run(key, environ, Rendering())
        if now.status.startswith("200") and self._right(key) is page:
            same = now.body == page.body
            PAGE_SAMPLES.labels("same" if same else "different").inc()
            if not same:
                log.error("a kept page was not that of now: %s", key.path.split("/")[1])
                self.pages.drop(self._stored_under(key))
                self._calls.forget()

    def _made_once(self, key: Key, environ: dict[str, Any]) -> Page:
        """The page, made here or by another request that is making it already."""
        stored = self._stored_under(key)
        if (other := self._making.get(stored)) is not None:
            other.wait(SECONDS_FOR_ANOTHER)
            return self._right(key) or self._make(key, environ)
        made = self._making[stored] = threading.Event()
        try:
            return self._make(key, environ)
        finally:
            del self._making[stored]
            made.set()

    def _other(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            wrote = environ["REQUEST_METHOD"] not in _SAFE and int(status[:3]) < 400
            if wrote and SESSION_COOKIE in environ.get("HTTP_COOKIE", ""):
                # For another process; what this one keeps is in doubt since the call (`gateway.cache.watched`).
                headers = [*headers, ("Set-Cookie", self._wrote)]
            return start_response(status, headers, exc_info)

        return self._application(environ, start)

    def _right(self, key: Key) -> Page | None:
        """The page, if it is right now."""
        page = self._kept(key)
        if page is None or page.until is None or clock.now() >= page.until:
            return None
        proved = self.ends.prove(page.resources)
        if not page.is_right(self.ends):
            self.pages.drop(self._stored_under(key))
            return None
        if not proved and self.ends.unproved_for(page.resources) > LONGEST_AWAY:
            return None
        (_HITS if proved else _AWAY).inc()
        return page

    def _make(self, key: Key, environ: dict[str, Any]) -> Page:
        _MISSES.inc()
        proved = self.ends.prove(PRODUCERS)
        ends, midnight = self.ends.known, moments.next_day(clock.now())
        rendering = Rendering(kept_calls=self._calls if proved else None, known_ends=ends)
        page, cookies = self._run(key, environ, rendering)
        if rendering.incomplete and (before := self._before(key)):
            return before
        if rendering.shared and not cookies and rendering.resources.keys() <= {*PRODUCERS, SEARCH}:
            page.people = frozenset(rendering.people)
        page.resources, page.ends = rendering.resources, ends
        if proved and page.people is not None and page.is_right(self.ends):
            page.until = min(rendering.until or midnight, midnight)
            if rendering.by_zone:
                page.zone = key.timezone
                self._remember_by_zone(key)
            self.pages.put(self._stored_under(key), page)
            KEPT_BYTES.set(self.pages.bytes)
        page.headers += cookies
        return page

    def _remember_by_zone(self, key: Key) -> None:
        if len(self._by_zone) >= self.most_remembered:
            self._by_zone.clear()
        self._by_zone.add(key._replace(timezone=""))

    def _run(
        self, key: Key, environ: dict[str, Any], rendering: Rendering
    ) -> tuple[Page, list[tuple[str, str]]]:
        """A page made now, and its cookies; `rendering` notes what it is made from."""
        asked = {name: value for name, value in environ.items() if name not in _ON_THE_WAY_OUT}
        # The query as the key has it: the page repeats it in links.
        asked |= {"REQUEST_METHOD": "GET", "QUERY_STRING": "&".join(key.query), ENVIRON: rendering}
        return _run(self._application, asked)

    def _before(self, key: Key) -> Page | None:
        """The page of before, for a while, if nothing has happened since as far as is known."""
        page = self._kept(key)
        if page is None or page.until is None or not page.is_right(self.ends):
            return None
        if clock.now() > page.until + LONGEST_AWAY or self.ends.unproved_for(page.resources) > LONGEST_AWAY:
            return None
        _AWAY.inc()
        return page


def _reading(key: Key) -> Reading:
    return Reading(key.timezone or None, clock.now())


def _run(application: Wsgi, environ: dict[str, Any]) -> tuple[Page, list[tuple[str, str]]]:
    """The application's whole response, and its cookies."""
    started: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        started[:] = [status, headers]
        return lambda data: None

    chunks = application(environ, start)
    try:
        body = b"".join(chunks)
    finally:
        if close := getattr(chunks, "close", None):
            close()
    status, headers = started
    kept = [(name, value) for name, value in headers if name.lower() not in _NOT_KEPT]
    if compression.is_compressible(media_type_of(headers)):
        _vary_on_encoding(kept)
    cookies = [(name, value) for name, value in headers if name.lower() == "set-cookie"]
    return Page(status, kept, body, media_type_of(headers)), cookies


def media_type_of(headers: list[tuple[str, str]]) -> str:
    """The media type that a response's headers name; "" for none."""
    types = [value for name, value in headers if name.lower() == "content-type"]
    return types[0].partition(";")[0].strip() if types else ""


def _send(page: Page, environ: dict[str, Any], start_response: Any, reading: Reading) -> Iterable[bytes]:
    """The page as this client wants it: 304 if it has it, else compressed as it accepts."""
    page = page.dated(reading)
    encoding = ""
    if compression.is_compressible(page.media_type) and len(page.body) >= compression.SMALLEST:
        encoding = compression.encoding_for(environ.get("HTTP_ACCEPT_ENCODING"))
    etag = page.etag_of(encoding)
    return _respond(page, etag, encoding, lambda: page.encoded(encoding), environ, start_response)


def _respond(
    page: Page,
    etag: str,
    encoding: str,
    data_of: Callable[[], bytes],
    environ: dict[str, Any],
    start_response: Any,
) -> Iterable[bytes]:
    if etag and _has_it(page, etag, environ):
        start_response("304 Not Modified", page.headers_of_304(etag))
        return []
    data = data_of()
    start_response(page.status, page.headers_of(etag, encoding, len(data)))
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [data]


def _has_it(page: Page, etag: str, environ: dict[str, Any]) -> bool:
    """Whether the client has this very page."""
    if environ.get("HTTP_IF_NONE_MATCH") == etag:
        return True  # as nearly every browser asks, which need not be parsed
    if "HTTP_IF_NONE_MATCH" not in environ and "HTTP_IF_MODIFIED_SINCE" not in environ:
        return False
    return not is_resource_modified(environ, etag, None, page.last_modified, ignore_if_range=True)


def _vary_on_encoding(headers: list[tuple[str, str]]) -> None:
    for at, (name, value) in enumerate(headers):
        if name.lower() == "vary":
            if "accept-encoding" not in value.lower():
                headers[at] = (name, f"{value}, Accept-Encoding")
            return
    headers.append(("Vary", "Accept-Encoding"))
