"""What browsers and search engines ask every site for: /robots.txt, /favicon.ico and the sitemap."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, request

from contracts.errors import NotFound
from gateway.assets import Assets
from gateway.request_context import services, settings
from gateway.site.sitemap import SECTIONS, Months, Sitemap

blueprint = Blueprint("crawlers", __name__)

_MONTH = re.compile(r"([12]\d\d\d)-(0[1-9]|1[0-2])(?:-([2-9]|[1-9]\d{1,3}))?", re.ASCII)

# Pages that are personal, that ask for an account, or that every query makes anew. Nothing secret stands here: what may
# not be seen is refused by the services. Signing in, the choice of a language and the search itself may be found; not
# each address they lead back to, and no results, as search engines ask.
_NOT_CRAWLED = (
    *(
        "/api/",
        "/api.php",
        "/live",
        "/v2/",
        "/search?",
        "/languages?",
        "/sign-in?",
        "/sign-in/",
        "/sign-up?",
        "/settings",
        "/drafts",
    ),
    *("/report?", "/decisions/", "/moderation", "/held"),
    *("/notifications", "/news/submit", "/news/board", "/talk/new", "/events/new", "/groups/new"),
    *("/*/edit", "/*/translate", "/*/history", "/*?*uselang="),
)


@blueprint.get("/robots.txt")
def robots() -> Response:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _NOT_CRAWLED)]
    lines += ["", f"Sitemap: {settings().base_url}/sitemap.xml", ""]
    return _public("\n".join(lines), "text/plain")


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    assets: Assets = current_app.extensions["space.assets"]
    response = Response(assets.files["img/favicon.ico"].data, mimetype="image/x-icon")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@blueprint.get("/sitemap.xml")
def sitemap_index() -> Response:
    return _public(_sitemap().index(), "application/xml")


@blueprint.get("/sitemap-pages.xml")
def sitemap_pages() -> Response:
    return _public(_sitemap().pages(), "application/xml")


@blueprint.get(f"/sitemap-<any({', '.join(SECTIONS)}):section>-<month>.xml")
def sitemap_month(section: str, month: str) -> Response:
    found = _MONTH.fullmatch(month)
    if found is None:
        raise NotFound
    first = datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)
    return _public(_sitemap().month(section, first, int(found[3] or 1)), "application/xml")


def _sitemap() -> Sitemap:
    months: Months = current_app.extensions["space.sitemap"]
    return Sitemap(services(), settings().base_url, months)


def _public(text: str, mimetype: str) -> Response:
    response = Response(text, mimetype=mimetype)
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
