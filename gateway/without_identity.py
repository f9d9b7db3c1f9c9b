"""Paths whose requests say nothing of who makes them: what could is taken off before anything else reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import request
from werkzeug.http import dump_cookie, parse_cookie

from contracts.errors import Forbidden
from gateway.hosts import Wsgi
from gateway.request_context import LANGUAGE_COOKIE, THEME_COOKIE

MARK = "space.without_identity"
"""In the WSGI environment of a request that this was done to."""

PATHS = frozenset({"/contact-moderators"})

_KEPT = (LANGUAGE_COOKIE, THEME_COOKIE)
_DROPPED = ("HTTP_AUTHORIZATION", "HTTP_TRACEPARENT", "HTTP_USER_AGENT", "HTTP_REFERER")


class WithoutIdentity:
    """Takes session, other cookies and whatever else tells of a person off the requests for `PATHS`, and every cookie
    off their responses. The interface's language and theme stay."""

    def __init__(self, application: Wsgi) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").rstrip("/") not in PATHS:
            return self._application(environ, start_response)
        cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
        kept = {name: value for name, value in environ.items() if name not in _DROPPED}
        kept["HTTP_COOKIE"] = "; ".join(
            dump_cookie(name, cookies[name], path=None) for name in _KEPT if name in cookies
        )
        kept[MARK] = True

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            own = ("set-cookie", "cache-control")
            sent = [each for each in headers if each[0].lower() not in own]
            return start_response(status, [*sent, ("Cache-Control", "no-store")], *more)

        return self._application(kept, start)


def check_same_site() -> None:
    """Raise `Forbidden("form-expired")` for what another site made the browser send.

    There is no cookie that a token could be bound to. None is needed: what such a form can do, nobody needs this
    browser for, and a conversation is opened by a code that no other site knows.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        elsewhere = site not in ("same-origin", "none")
    else:
        elsewhere = origin is not None and urlsplit(origin).netloc != request.host
    if elsewhere:
        raise Forbidden("form-expired")
