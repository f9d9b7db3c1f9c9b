"""`/wiki/<path>`: where interwiki links from wikis lead (`[[space:News/a-title]]`), sent on to the page itself."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlencode

from flask import Blueprint, request
from werkzeug.wrappers import Response

from contracts.errors import SpaceError
from core import slugs
from core.audience import STRANGER
from gateway import paths
from gateway.redirects import OF_EVERY_PAGE, redirect_to_page
from gateway.request_context import request_context, services

blueprint = Blueprint("interwiki", __name__)

# The first part of a path on this site: `[[space:talk/t/…]]` is that page.
_SECTIONS = {
    "about", "conduct", "events", "groups", "moderation", "news", "notifications", "people", "search", "settings",
    "tags", "talk", "transparency",
}  # fmt: skip


def _tag(name: str) -> str:
    try:
        return paths.tag_path(slugs.tag(name))
    except ValueError:
        return _search(name)


def _person(name: str) -> str:
    # A name here has no blanks, and a wiki shows its `_` as one.
    return paths.person_path(name.replace(" ", "_"))


def _search(words: str) -> str:
    return f"/search?{urlencode({'q': words})}" if words else "/search"


# The namespaces that a wiki's own writers know.
_NAMESPACES: dict[str, Callable[[str], str]] = {
    "user": _person,
    "person": _person,
    "group": lambda name: paths.group_path(slugs.slug(name)),
    "tag": _tag,
    "category": _tag,
    "news": lambda title: paths.article_path(slugs.slug(title)),
    "article": lambda title: paths.article_path(slugs.slug(title)),
    "topic": paths.topic_path,
    "post": paths.post_path,
    "event": paths.event_path,
}


@blueprint.get("/wiki/")
@blueprint.get("/wiki/<path:page>")
def interwiki(page: str = "") -> Response:
    """Send the reader on. A page that is none is looked for by its title, and else searched."""
    page = page.strip("/ ")
    name, colon, rest = page.replace("_", " ").partition(":")
    namespace, rest = name.strip().lower(), rest.strip()
    if colon and namespace == "special":
        return redirect_to_page(_search(request.args.get("search", "")), 302, OF_EVERY_PAGE)
    if colon and rest and namespace in _NAMESPACES:
        return redirect_to_page(_NAMESPACES[namespace](rest), 301, OF_EVERY_PAGE)
    first, *more = [part for part in page.split("/") if part] or [""]
    if first.lower() in _SECTIONS:
        path = "/" + "/".join(quote(part, safe="") for part in (first.lower(), *more))
        return redirect_to_page(path, 301, OF_EVERY_PAGE)
    if not page:
        return redirect_to_page("/", 302, OF_EVERY_PAGE)
    title = page.replace("_", " ")
    return redirect_to_page(_titled(title) or _search(title), 302, OF_EVERY_PAGE)


def _titled(title: str) -> str | None:
    """The public page of just this title, if there is one."""
    viewer = STRANGER.model_copy(update={"languages": (request_context().reading_language,)})
    try:
        found = services().search.suggest(viewer, title[:200], 5)
    except SpaceError:
        return None  # the search page says what is wrong
    return next((one.path for one in found if one.title.casefold() == title.casefold()), None)
