"""What members read: a page is made once for all who may see the same, and its holes are filled for each of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from flask import Flask
from flask.ctx import RequestContext
from flask.sessions import NullSession
from werkzeug.datastructures import MultiDict
from werkzeug.http import parse_cookie, quote_etag

from contracts.errors import SpaceError
from core.audience import Viewer
from gateway.cache.deflate import Piece
from gateway.cache.keys import NOTICES_COOKIE, Key, key_of
from gateway.cache.pages import Page
from gateway.cache.rendering import HOLES
from gateway.holes import Hole, avoided_people, fill, leave_open, split
from gateway.known_viewers import KnownViewers
from gateway.request_context import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    THEME_COOKIE,
    TIMEZONE_COOKIE,
    UNIDENTIFIED,
    VIEWER,
)
from gateway.services import Services

ANY_MEMBER = "z" * 16
"""The id of the viewer whom a page for members is made for. No person has it, so nothing on the page is one's own."""

_PAGES = re.compile(
    r"/(?:|news|talk|events|events/map|people|tags|search|about"
    r"|news/(?!submit$|board$)[^/]+|talk/c/[^/]+|talk/t/[^/]+/[^/]+|events/[^/]+/[^/]+|people/[^/]+|tags/[^/]+)"
)
"""The pages that differ between members of one class only where they have a hole, or show somebody's card."""

_VALUE = re.compile(r"[\w+/-]{1,64}", re.ASCII)
_COOKIES_PARSED = "space.cookies"
"""In a request's environment: its cookies."""

_COOKIES = (LANGUAGE_COOKIE, TIMEZONE_COOKIE, THEME_COOKIE)


def reader_of(app: Flask, environ: dict[str, Any]) -> Viewer | None:
    """The member who reads a page, if it may be one that is kept for members.

    Not for those with powers: what they may do is shown in many places, and they are few. Where `people` can't say who
    it is the environment says so, so that it is not asked again.
    """
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not _PAGES.fullmatch(environ.get("PATH_INFO", "")):
        return None
    cookies = _cookies_of(environ)
    token = cookies.get(SESSION_COOKIE)
    if not token or len(token) > 200 or NOTICES_COOKIE in cookies:
        return None
    services: Services = app.extensions["space.services"]
    known: KnownViewers = app.extensions["space.known_viewers"]
    try:
        found = known.viewer("session", token, services.people)
    except SpaceError:
        environ[UNIDENTIFIED] = True
        return None
    if found is None or found.in_office or found.scopes is not None:
        return None
    return found


def environ_of_class(environ: dict[str, Any], reader: Viewer) -> dict[str, Any]:
    """The request as anybody of the reader's class could send it, for a page with open holes."""
    cookies = _cookies_of(environ)
    kept = "; ".join(
        f"{name}={cookies[name]}" for name in _COOKIES if _VALUE.fullmatch(cookies.get(name, ""))
    )
    member = reader.model_copy(update={"person_id": ANY_MEMBER, "name": None})
    asked = {**environ, "HTTP_COOKIE": kept, VIEWER: member, HOLES: True}
    del asked[_COOKIES_PARSED]
    return asked


def _cookies_of(environ: dict[str, Any]) -> MultiDict[str, str]:
    """The request's cookies, parsed once."""
    found: MultiDict[str, str] | None = environ.get(_COOKIES_PARSED)
    if found is None:
        found = environ[_COOKIES_PARSED] = parse_cookie(environ.get("HTTP_COOKIE", ""))
    return found


class _Filling(RequestContext):
    """A request whose page is there already: its holes read who asks and where, and no view, notice or session."""

    def __init__(self, app: Flask, environ: dict[str, Any]) -> None:
        super().__init__(app, environ, session=NullSession())
        self.request.cookies = _cookies_of(environ)  # type: ignore[assignment] # an immutable one for who might change it

    def match_request(self) -> None:
        """Look up no view."""


def filled(page: Page, app: Flask, environ: dict[str, Any], reader: Viewer) -> list[Piece]:
    """The pieces of a page for one reader."""
    with _Filling(app, {**environ, VIEWER: reader}):
        leave_open()
        whole, shorter = pieces_of(page)
        # Not asked where nothing depends on it.
        pieces = whole if len(whole) > len(shorter) and avoided_people() else shorter
        return [piece for each in pieces for piece in _filled(each)]


def _filled(each: Piece | Hole) -> Iterator[Piece]:
    if isinstance(each, Piece):
        yield each
        return
    # What fills a hole may have holes itself, such as a form's token.
    for part in split(str(fill(each))):
        if isinstance(part, Hole):
            yield from _filled(part)
        elif part:
            yield Piece(part.encode(), True, each.lasts)


def pieces_of(page: Page) -> tuple[list[Piece | Hole], list[Piece | Hole]]:
    """A page's text between its holes, and the holes; found once. The second time for those who avoid nobody, as most
    do: without the holes that are empty for them, of which each post has two."""
    if page.pieces is None:
        parts = split(page.body.decode())
        page.pieces = (
            _joined(parts),
            _joined(each for each in parts if isinstance(each, str) or not each.avoids),
        )
    return page.pieces


def _joined(parts: Iterable[str | Hole]) -> list[Piece | Hole]:
    pieces: list[Piece | Hole] = []
    for is_text, some in groupby(parts, key=lambda each: isinstance(each, str)):
        if is_text:
            pieces.append(Piece("".join(map(str, some)).encode()))
        else:
            pieces += [each for each in some if isinstance(each, Hole)]
    return pieces


def key_of_member(asked: dict[str, Any], reader: Viewer) -> Key | None:
    """The key of the page that the reader's class gets, by the request of `environ_of_class`."""
    key = key_of(asked)
    return key and key._replace(audience=(reader.languages, reader.groups, reader.roles))


def etag_of(page: Page, pieces: list[Piece], encoding: str) -> str:
    """The entity tag of a filled page: another one when the page or what fills it is, but for its tokens."""
    digest = hashlib.sha256(page.etag.encode())
    for piece in pieces:
        if piece.filled and piece.lasts:
            digest.update(piece.data)
    return quote_etag(f"{digest.hexdigest()[:24]}-{encoding}" if encoding else digest.hexdigest()[:24])
