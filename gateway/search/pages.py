"""/search: everything, with filters."""

from __future__ import annotations

from typing import get_args
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from contracts.common import Kind
from contracts.search import SearchQuery, SearchResult, Sort
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.forms import Form, build
from gateway.i18n.messages import message
from gateway.request_context import request_context, safe_next, services, settings, viewer
from gateway.search import sealed

blueprint = Blueprint("search", __name__)

KINDS: tuple[Kind, ...] = get_args(Kind)
SORTS: tuple[Sort, ...] = get_args(Sort)
# What encloses a match in a snippet (contracts.search).
_BEGIN, _END = "\ue000", "\ue001"


@blueprint.get("/search")
def search() -> AnyResponse:
    form = Form(request.args)
    me, api, key = viewer(), services(), settings().key_for("search-cursor")
    author = form.text("author")
    author_id = None
    if author:
        (cards,) = run_concurrently(lambda: api.people.cards_by_name(me, [author.removeprefix("@")]))
        author_id = cards[0].id if cards else None
        if not cards:
            form.error("author", message("space-search-author-unknown", request_context().language))
    asked = any(form.all(name) for name in ("q", "kind", "language", "tag", "author", "category"))
    query = build(
        SearchQuery,
        q=form.text("q"),
        kinds=form.all("kind"),
        languages=form.all("language"),
        tags=form.all("tag"),
        category=form.optional("category"),
        author_id=author_id,
        sort=form.get("sort") or "relevance",
        after=form.optional("after"),
    )
    found = None
    away = False
    if asked and form.valid:
        (found,) = run_concurrently(optional("search", lambda: sealed.search(api.search, key, me, query)))
        away = found is None
    load_people(*(hit.author_id for hit in (found.items if found else ())))
    filtered = bool(query.kinds or query.languages or query.tags or author or query.category)
    page = render_template(
        "search/search.html",
        form=form, found=found, away=away, asked=asked, filtered=filtered, marked=marked, sorts=SORTS,
        path_of=lambda hit: safe_next(hit.path),
        feed=_feed(form) if asked and form.valid else None, facets=_facets(form, found) if found else [],
    )  # fmt: skip
    return make_response(page, 200 if form.valid else 422)


def _feed(form: Form) -> str:
    """The address of this search's feed, with the parameters of the API."""
    pairs = [
        *((name, value) for name in ("q", "kind", "tag", "category") for value in form.all(name)),
        *(("lang", value) for value in form.all("language")),
        *(("author", value.removeprefix("@")) for value in form.all("author")),
    ]
    return f"/feeds/search.atom?{urlencode(pairs)}"


def _facets(form: Form, found: SearchResult) -> list[tuple[str, list[tuple[str, int | None]]]]:
    """The filters with their values and numbers of hits; chosen values first, even without a hit."""
    facets = []
    for name, counted in (("kind", found.kinds), ("language", found.languages), ("tag", found.tags)):
        counts = {facet.value: facet.count for facet in counted}
        chosen = [value for value in form.all(name) if value not in counts]
        values = [*((value, None) for value in chosen), *counts.items()]
        if values:
            facets.append((name, values))
    return facets


def marked(snippet: str) -> Markup:
    """A snippet as HTML, with its matches in `<mark>`."""
    html = str(escape(snippet)).replace(_BEGIN, "<mark>").replace(_END, "</mark>")
    return Markup(html)


@blueprint.get("/search/suggest")
def suggest() -> Response:
    """Titles that begin with the typed text, for the search field."""
    me, api, text = viewer(), services(), request.args.get("q", "").strip()
    found = api.search.suggest(me, text, 8) if 0 < len(text) <= 100 else []
    return jsonify([{"title": one.title, "path": one.path, "kind": one.kind} for one in found])
