"""Which requests may be answered by a kept page, and what tells their pages apart."""

from __future__ import annotations

from collections.abc import Set
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from werkzeug.http import parse_cookie

from gateway.hosts import REFUSED
from gateway.request_context import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    THEME_COOKIE,
    TIMEZONE_COOKIE,
    known_language,
    negotiated_language,
    theme,
    timezone,
)

NOTICES_COOKIE = "space_notices"
"""Flask's session: a notice that is shown once."""

_SECTIONS = ("news", "talk", "events", "groups", "people", "tags", "search", "feeds", "about", "api/v1")
_LONGEST_QUERY = 400
_LONGEST_REMEMBERED = 1_000

PARAMETERS = frozenset(
    {
        "after", "audience", "author", "category", "country", "date", "filters", "format", "from", "group", "has", "in",
        "is", "kind", "lang", "language", "languages", "month", "page", "q", "quote", "sort", "spoken", "tag", "until",
        "uselang", "v", "view",
    }
)  # fmt: skip
"""What the pages that are kept read of their query. All else, such as where a link was found, makes no other page."""


class Key(NamedTuple):
    """What a page depends on beside the services' data. Nothing in it is personal."""

    host: str
    scheme: str
    path: str
    query: tuple[str, ...]
    language: str
    timezone: str
    theme: str
    document: bool
    audience: tuple[tuple[str, ...], Set[str], Set[str]] | None = None
    """Of members: the languages that they read, and their groups and roles. None: strangers."""


def key_of(environ: dict[str, Any]) -> Key | None:
    """The key of a stranger's request for something that strangers share; None for any other."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or "HTTP_AUTHORIZATION" in environ:
        return None
    query: str = environ.get("QUERY_STRING", "")
    cookie: str = environ.get("HTTP_COOKIE", "")
    if len(query) > _LONGEST_QUERY or "HTTP_RANGE" in environ or environ.get(REFUSED):
        return None
    if SESSION_COOKIE in cookie and parse_cookie(cookie).get(SESSION_COOKIE):
        return None
    accept_language: str = environ.get("HTTP_ACCEPT_LANGUAGE", "")
    of = _key if len(cookie) + len(accept_language) < _LONGEST_REMEMBERED else _key.__wrapped__
    return of(
        environ.get("HTTP_HOST", ""),
        environ.get("wsgi.url_scheme", ""),
        environ.get("PATH_INFO", ""),
        query,
        cookie,
        accept_language,
        environ.get("HTTP_SEC_FETCH_DEST") == "document",
    )


# A page is asked for in the same words again and again.
@lru_cache(maxsize=2_000)
def _key(
    host: str, scheme: str, path: str, query: str, cookie: str, accept_language: str, document: bool
) -> Key | None:
    cookies = parse_cookie(cookie)
    if not _is_shared(path) or NOTICES_COOKIE in cookies:
        return None
    return Key(
        host,
        scheme,
        path,
        _parameters(path, query),
        known_language(cookies.get(LANGUAGE_COOKIE, "")) or _language(accept_language),
        timezone(cookies.get(TIMEZONE_COOKIE)) or "",
        theme(cookies.get(THEME_COOKIE)),
        document,
    )


def _is_shared(path: str) -> bool:
    first, _, rest = path.removeprefix("/").partition("/")
    return path == "/" or first in _SECTIONS or f"{first}/{rest.partition('/')[0]}" in _SECTIONS


def _parameters(path: str, query: str) -> tuple[str, ...]:
    pairs = [pair for pair in query.split("&") if pair]
    if not path.startswith(("/api/", "/feeds")):  # these refuse what they don't know
        pairs = [pair for pair in pairs if _name(pair) in PARAMETERS]
    # By name alone: of several values of one parameter the first may count.
    return tuple(sorted(pairs, key=_name))


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])


@lru_cache(maxsize=2_000)
def _language(header: str) -> str:
    """The language that is negotiated by the header; the header itself has thousands of forms."""
    return negotiated_language(header)
