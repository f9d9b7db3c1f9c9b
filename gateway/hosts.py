"""Which names this site is served under: a request for another one is refused, and no address is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.sansio.utils import host_is_trusted

from contracts.errors import SpaceError
from core.settings import Settings
from gateway.paths import parts_of

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Always served: health checks, tests and `make run` use them, and nobody else's browser gets here by them."""

REFUSED = "space.host_refused"
"""In the WSGI environment: the request was for a name that is not this site's."""


class Misdirected(SpaceError):
    """This site has no such host name (RFC 9110, 15.5.20)."""

    kind = "misdirected"
    status = 421

    def __init__(self) -> None:
        super().__init__("host-unknown")


class TrustedHosts:
    """Marks requests whose `Host` is not one of this site's names, and replaces it by the public one."""

    def __init__(self, application: Wsgi, settings: Settings) -> None:
        public = urlsplit(settings.base_url)
        self._application = application
        self._public = public.netloc
        self._names = {*LOOPBACK, settings.host, public.hostname or "", *settings.trusted_hosts} - {""}
        self._is_trusted = lru_cache(maxsize=200)(self._find_trusted)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST")
        # Only HTTP/1.0 has requests without one.
        if host is None or not self._is_trusted(host):
            environ["HTTP_HOST"] = self._public
            environ[REFUSED] = host is not None
        return self._application(environ, start_response)

    def _find_trusted(self, host: str) -> bool:
        if host.startswith("["):
            # werkzeug compares the text up to the first colon.
            name, bracket, port = host.partition("]")
            return bracket == "]" and f"{name}]".lower() in self._names and _is_port(port)
        return host_is_trusted(host.lower(), self._names)


def _is_port(text: str) -> bool:
    return not text or (text[0] == ":" and text[1:].isascii() and text[1:].isdigit())


def install(app: Flask) -> None:
    """Refuse what `TrustedHosts` has marked, and let redirects within the site name a path only."""

    @app.before_request
    def refuse_other_hosts() -> None:
        if request.environ.get(REFUSED):
            raise Misdirected

    @app.after_request
    def redirect_to_a_path(response: Response) -> Response:
        # Flask's own redirects (of `//` in a path, for one) name the host of the request.
        parts = parts_of(response.headers.get("Location", ""))
        if parts.netloc == request.host:
            response.headers["Location"] = (
                "/"
                + parts.path.lstrip("/")
                + (f"?{parts.query}" if parts.query else "")
                + (f"#{parts.fragment}" if parts.fragment else "")
            )
        return response
