"""/search: everything, with filters.

The text of the query is the only state: the filters beside the results show what it says, and are written into it when
they are sent (`core.search_syntax`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import get_args
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, request
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from contracts.search import Facet, Hit, SearchHint, SearchQuery, SearchResult, Sort
from core import languages
from core.saved_searches import canonical, is_narrow
from core.search_filters import FILTERS, HAS, IS
from core.search_syntax import Query, parse, with_filters
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.former_categories import Domain, slug_now
from gateway.forms import Form, build
from gateway.redirects import OF_EVERY_PAGE, redirect_to_page
from gateway.request_context import request_context, safe_next, services, settings, viewer
from gateway.search import near, sealed
from gateway.site.words import site_name

blueprint = Blueprint("search", __name__)

SORTS: tuple[Sort, ...] = get_args(Sort)
LONGEST = 300
"""The most characters of a query that are used."""

SIMILAR = 5
"""The most topics that are shown as similar."""

CONTROLS = {
    "kind": "kind", "language": "lang", "lang": "lang", "tag": "tag", "author": "author", "category": "category",
    "group": "group", "from": "after", "until": "before", "has": "has", "is": "is",
    "spoken": "spoken", "in": "in", "near": "near", "within": "within",
}  # fmt: skip
"""The filter of the query that a field of the form writes, by the field's name."""

# What encloses a match in a snippet (contracts.search).
_BEGIN, _END = "\ue000", "\ue001"


@dataclass(frozen=True)
class Choice:
    """A value of a filter, its name in a language, how many hits it would give, and whether it is chosen."""

    value: str
    label: str
    language: str
    count: int | None
    chosen: bool


@blueprint.get("/search")
def search() -> str | AnyResponse:
    form = Form(request.args)
    if any(name in request.args for name in CONTROLS):
        return redirect_to_page(_written(form), 302, OF_EVERY_PAGE)
    me, api, key = viewer(), services(), settings().key_for("search-cursor")
    typed = form.text("q")
    text = typed[:LONGEST]
    asked = parse(text)
    sort = form.get("sort")
    query = build(
        SearchQuery,
        q=text,
        sort=sort if sort in SORTS else "relevance",
        once=True,
        after=form.optional("after"),
    )
    found, away = None, False
    if text:
        (found,) = run_concurrently(optional("search", lambda: sealed.search(api.search, key, me, query)))
        away = found is None
    if found is not None and not found.total and (now := _with_categories_now(text, asked)) != text:
        return redirect_to_page(_address(now, query.sort), 301)
    load_people(*(hit.author_id for hit in (found.items if found else ())))
    hints = [*(found.hints if found else ())]
    if len(typed) > LONGEST:
        hints.append(SearchHint(code="query-long", text=str(LONGEST)))
    return render_template(
        "search/search.html",
        text=text, sort=query.sort, found=found, away=away, hints=hints, marked=marked, sorts=SORTS, longest=LONGEST,
        followable=canonical(text) if is_narrow(text) else "",
        path_of=lambda hit: safe_next(hit.path), feed=f"/feeds/search.atom?{urlencode({'q': text})}" if text else None,
        facets=_facets(asked, found) if found else [], asked=asked, options=(("has", HAS), ("is", IS)),
        radii=near.radii(asked.radius_km), place_words=near.place_words,
        others_of=lambda hint: near.others(hint.places, lambda place: _address(
            with_filters(text, {"near": [place]}), query.sort
        )),
        years=_years(text, found, query.sort) if found else [], with_text=lambda text: _address(text, query.sort),
        without_filters=_address(with_filters(text, dict.fromkeys(FILTERS, ())), query.sort),
    )  # fmt: skip


def _with_categories_now(text: str, asked: Query) -> str:
    """The text with the categories that those in it were merged into."""
    me = viewer()
    now = []
    for slug in asked.values("category"):
        domains: tuple[Domain, ...] = ("talk", "news")
        found = run_concurrently(
            *(optional("search", partial(slug_now, me, domain, slug)) for domain in domains)
        )
        now.append(next((each for each in found if each is not None), slug))
    return with_filters(text, {"category": now}) if now != [*asked.values("category")] else text


def _written(form: Form) -> str:
    """The address of the search whose text says what the sent filters say. Where the whole form was sent (`filters`),
    what is not chosen in it is taken out of the text."""
    changed: dict[str, list[str]] = {}
    for name, written in CONTROLS.items():
        values = form.words(name) if name == "author" else form.all(name)
        if values or form.checked("filters"):
            changed[written] = [*changed.get(written, ()), *values]
    if "within" in changed and not any(changed.get("near", ())):
        changed["within"] = []  # a distance from nowhere
    text = with_filters(form.text("q")[:LONGEST], changed)
    return _address(text, form.get("sort"))


def _address(text: str, sort: str) -> str:
    pairs = [("q", text), *([("sort", sort)] if sort in SORTS and sort != "relevance" else [])]
    return f"/search?{urlencode(pairs)}"


def _facets(asked: Query, found: SearchResult) -> list[tuple[str, list[Choice]]]:
    """The filters with their values and numbers of hits; chosen values first, even without a hit."""
    facets = []
    names = _category_names() if found.categories or asked.values("category") else {}
    for name, written, counted in (
        ("kind", "kind", found.kinds),
        ("language", "lang", found.languages),
        ("category", "category", found.categories),
        ("group", "group", found.groups),
        ("tag", "tag", found.tags),
    ):
        chosen = asked.values(written)
        values = {facet.value for facet in counted}
        choices = [Choice(value, value, "", None, True) for value in chosen if value not in values]
        choices += [
            _choice(facet, names if name == "category" else {}, facet.value in chosen) for facet in counted
        ]
        if choices:
            facets.append((name, choices))
    return facets


def _choice(facet: Facet, names: dict[str, tuple[str, str]], chosen: bool) -> Choice:
    label, language = names.get(facet.value, (facet.label, facet.label_language))
    return Choice(facet.value, label or facet.value, language, facet.count, chosen)


def _category_names() -> dict[str, tuple[str, str]]:
    """The names of the categories of the forum and the blog, each with its language, by slug."""
    me, api = viewer(), services()
    found = run_concurrently(
        optional("forum", lambda: api.forum.categories(me)), optional("blog", lambda: api.blog.categories(me))
    )
    return {line.slug: (line.name, line.language) for lines in found for line in lines or ()}


def _years(text: str, found: SearchResult, sort: str) -> list[tuple[str, int, str]]:
    """Each year with its number of hits, and the address of the search limited to it."""
    return [
        (
            year.value,
            year.count,
            _address(with_filters(text, {"after": [year.value], "before": [str(int(year.value) + 1)]}), sort),
        )
        for year in found.years
    ]


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


@blueprint.get("/search/similar")
def similar() -> Response:
    """The topics that are most like a title which is being written; the form of a new topic shows them."""
    words = " ".join(re.findall(r"\w+", request.args.get("q", "")[:LONGEST]))
    me, api = viewer(), services()
    query = build(SearchQuery, q=words.lower(), kinds=["topic"], limit=SIMILAR)
    found = api.search.search(me, query).items if len(words) > 3 else []
    return jsonify([_row(hit) for hit in found])


def _row(hit: Hit) -> dict[str, str]:
    code = hit.language
    shown = {"lang": languages.language(code).bcp47, "dir": languages.direction(code)}
    return {"title": hit.title, "path": safe_next(hit.path), **shown}


@blueprint.get("/opensearch.xml")
def description() -> Response:
    """How browsers search here from their own search field (OpenSearch 1.1)."""
    language = request_context().frame_language
    page = render_template(
        "search/opensearch.xml", base=settings().base_url, name=site_name(), language=language
    )
    response = Response(page, mimetype="application/opensearchdescription+xml")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
