"""Space as an app on somebody's phone: the manifest, the service worker, and the page for when there is no network."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, render_template, request

from core import languages
from gateway.assets import Assets
from gateway.i18n import messages
from gateway.i18n.messages import message
from gateway.request_context import request_context
from gateway.site.words import site_name, tagline

blueprint = Blueprint("installed", __name__)

_BACKGROUND = "#ffffff"
_SHORTCUTS = (
    ("space-notify-title", "/notifications"),
    ("space-frame-nav-news", "/news"),
    ("space-frame-nav-talk", "/talk"),
    ("space-frame-nav-events", "/events"),
)


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """What a browser shows of the site when it is installed, in the language of the page that names it.

    The same `id` in each language: it is one app."""
    lang = messages.shown_in(request_context().frame_language)
    icons = [
        _icon("img/icon-192.png", "192x192", "any"),
        _icon("img/icon-512.png", "512x512", "any"),
        _icon("img/icon-maskable-512.png", "512x512", "maskable"),
        _icon("img/badge-96.png", "96x96", "monochrome"),
    ]
    found = {
        "id": "/",
        "name": site_name(),
        "short_name": site_name()[:12],
        "description": str(tagline().striptags()),
        "lang": languages.language(lang).bcp47,
        "dir": languages.direction(lang),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": _BACKGROUND,
        "theme_color": _BACKGROUND,
        "icons": icons,
        "shortcuts": [{"name": message(key, lang), "url": path} for key, path in _SHORTCUTS],
    }
    response = Response(json.dumps(found, ensure_ascii=False), mimetype="application/manifest+json")
    return _fresh(response)


@blueprint.get("/service-worker.js")
def service_worker() -> Response:
    """The service worker: at the root, so that it is for all pages, and asked for anew each time, so that a browser has
    no older one than the server."""
    assets: Assets = current_app.extensions["space.assets"]
    return _fresh(Response(assets.files["js/service_worker.js"].data, mimetype="text/javascript"))


@blueprint.get("/offline")
def offline() -> Response:
    """The one page that a browser keeps for when there is no network: the same for everybody, with nothing of whoever
    asks for it."""
    lang = messages.shown_in(request_context().frame_language)
    return _fresh(Response(render_template("site/offline.html", lang=lang), mimetype="text/html"))


def _icon(name: str, sizes: str, purpose: str) -> dict[str, str]:
    assets: Assets = current_app.extensions["space.assets"]
    return {"src": assets.url(name), "sizes": sizes, "type": "image/png", "purpose": purpose}


def _fresh(response: Response) -> Response:
    """Kept, but never without asking whether it has changed."""
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
