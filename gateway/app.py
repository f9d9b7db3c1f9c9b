"""The gateway as one Flask application, made from settings and services by the composition root."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from flask import Flask

from bus.ops.tracing import begin_trace
from bus.rpc.context import within
from core.settings import Settings
from gateway import assets, csrf, errors, form_receipts, helpers, security
from gateway.services import Services

# Each module has a `blueprint`. A domain adds its line here.
BLUEPRINTS = (
    "gateway.signin.pages",
    "gateway.site.home",
    "gateway.site.display",
    "gateway.blog.pages",
    "gateway.blog.writing",
    "gateway.blog.board",
    "gateway.people.account",
    "gateway.forum.pages",
    "gateway.forum.writing",
    "gateway.events.pages",
    "gateway.events.writing",
    "gateway.events.map",
    "gateway.people.groups",
    "gateway.people.pages",
    "gateway.search.pages",
    "gateway.search.tags",
    "gateway.notify.pages",
    "gateway.site.about",
    "gateway.api.routes",
    "gateway.wiki.feeds",
    "gateway.wiki.streams",
    "gateway.wiki.api_php",
    "gateway.wiki.interwiki",
    "gateway.live.pages",
)

# A page's calls together get this long: past it, what is missing says so in its place.
SECONDS_FOR_A_PAGE = 8.0


def create_app(settings: Settings, services: Services) -> Flask:
    """The gateway's WSGI application. Raises `FileNotFoundError` when the browser's files are not installed."""
    app = Flask("gateway", static_folder=None)
    app.extensions["space.settings"] = settings
    app.extensions["space.services"] = services
    # Flask's own session carries the one-time notices after a redirect, nothing else.
    app.secret_key = hashlib.sha256(b"space-notices:" + settings.secret_key.encode()).digest()
    app.config.update(
        SESSION_COOKIE_NAME="space_notices",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https:"),
    )
    app.url_map.strict_slashes = False
    for guard in (security.guard, csrf.guard, form_receipts.guard, errors.guard):
        guard(app)
    assets.register(app, settings)
    helpers.register(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(name).blueprint)
    app.wsgi_app = _hurried(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _hurried(wsgi: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Give each request's calls one deadline and one trace together: the browser's or proxy's, or a fresh one."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        begin_trace(environ.get("HTTP_TRACEPARENT", ""))
        with within(SECONDS_FOR_A_PAGE):
            return wsgi(environ, start_response)

    return answer
