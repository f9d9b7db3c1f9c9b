"""Runs a query on Elasticsearch: one page of hits, with total and facets, of what the reader may see.

The audiences are a filter of every query and of every count, so nothing hidden is counted anywhere. A query that finds
nothing is asked again, relaxed (`relaxing`).

A cursor is the sort key of the page's last hit; the order is total, so pages neither repeat nor leave out an item that
stays as it is. Where a thread is found once a cursor is a number of hits, for Elasticsearch can't go on after a key
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.errors import invalid
from contracts.search import Hit, SearchHint, SearchQuery, SearchResult
from core.search_syntax import Query as Asked
from services.search import rules
from services.search.cursors import cursor_key
from services.search.elasticsearch import facets
from services.search.elasticsearch.asking import Asking, by_time
from services.search.elasticsearch.conditions import Conditions
from services.search.elasticsearch.expressions import Query, compile_expression
from services.search.elasticsearch.facets import Selection
from services.search.elasticsearch.mapping import document
from services.search.elasticsearch.relaxing import relax
from services.search.elasticsearch.scoring import Weighed, rarities, scored
from services.search.indexing import micros
from services.search.marking import Marker
from services.search.places import Point, centers, distance_km
from services.search.query_building import MatchExpression, build_match
from services.search.snippets import best_text, snippet

MOST_ONCE = 10_000
"""The most hits that pages go through where a thread is found once."""

_BY_SCORE = [{"_score": "desc"}, {"at": "desc"}, {"kind": "asc"}, {"id": "asc"}]


def search(asking: Asking, query: SearchQuery) -> SearchResult:
    """One page of hits. Raises `Invalid` with the fault `cursor-shape`."""
    asked = rules.asked(query)
    languages = asking.languages() if asked.nodes else []
    match = build_match(asked, languages, asking.authors(asked.texts) if asked.texts else {})
    conditions = Conditions(asking, match.within, languages, asked.radius_km)
    selected = _selection(asking, query, asked, match, conditions)
    near = centers(asked, asking.places)
    found = _page(asking, query, match, selected, near)
    meant, relaxed = "", False
    if not facets.total_of(found, selected)[0] and match.clauses:
        other = relax(asking, query.q, match)
        if other is not None:
            wider = selected.relaxed(other.words)
            page = _page(asking, query, other.match, wider, near, other.weighed)
            if facets.total_of(page, wider)[0]:
                relaxed, meant = True, other.meant
                match, selected, found = other.match, wider, page
    counted = facets.facets_of(found)
    total, at_least = facets.total_of(found, selected)
    hits = found["hits"]["hits"]
    return SearchResult(
        items=_hits(asking, query, asked, match, hits[: query.limit], near),
        next=_next(query, selected, near, hits) if len(hits) > query.limit else None,
        total=total,
        at_least=at_least,
        kinds=counted["kind"],
        languages=counted["language"],
        tags=counted["tag"],
        categories=counted["category"],
        groups=facets.named_groups(asking, counted["group"]),
        years=counted["year"],
        hints=[*(SearchHint(code=each.code, text=each.text) for each in asked.hints), *conditions.hints],
        relaxed=relaxed,
        did_you_mean=meant,
    )


def _selection(
    asking: Asking, query: SearchQuery, asked: Asked, match: MatchExpression, conditions: Conditions
) -> Selection:
    wanted = [conditions.of(node) for node in match.conditions]
    wanted += [
        conditions.filter(name, asked.values(name))
        for name in ("author", "after", "before", "has", "is", "spoken", "near")
    ]
    filters: list[Query] = [asking.visible, *(each for each in wanted if each is not None)]
    filters += [
        {"term": {name: getattr(query, name)}}
        for name in ("author_id", "audience")
        if getattr(query, name) is not None
    ]
    if query.after_time is not None:
        filters.append({"range": {"at": {"gte": micros(query.after_time)}}})
    if query.before_time is not None:
        filters.append({"range": {"at": {"lt": micros(query.before_time)}}})
    categories = [] if query.category is None else [query.category]
    chosen = {
        "kind": conditions.filter("kind", [*query.kinds, *asked.values("kind")]),
        "language": conditions.filter("lang", [*query.languages, *asked.values("lang")]),
        "tag": conditions.filter("tag", [*query.tags, *asked.values("tag")]),
        "category": conditions.filter("category", [*categories, *asked.values("category")]),
        "group": conditions.filter("group", asked.values("group")),
    }
    words = [compile_expression(match.required)] if match.clauses else []
    return Selection(
        matching=(*filters, *words),
        excluded=(compile_expression(match.excluded),) if match.excluded else (),
        chosen={facet: condition for facet, condition in chosen.items() if condition is not None},
        once=query.once and bool(match.clauses),
    )


def _page(
    asking: Asking,
    query: SearchQuery,
    match: MatchExpression,
    selected: Selection,
    near: Sequence[Point],
    weighed: Weighed | None = None,
) -> dict[str, Any]:
    """The answer of the index: one hit more than the page, and all counts. `weighed`: the clauses with their rarities,
    where they are known. `near`: the places that all items are near to."""
    by_distance = _by_distance(query, near)
    ranked = query.sort in ("relevance", "distance") and bool(match.clauses) and not by_distance
    body, order = selected.query, by_time(rising=query.sort == "oldest")
    if by_distance:
        order = [_distance(near), *_BY_SCORE[1:]]
    elif ranked:
        if weighed is None:
            # The rarity of one clause alone changes no order.
            one = len(match.clauses) == 1
            weighed = [(match.clauses[0], 1.0)] if one else rarities(asking, match.clauses)
        own = asking.reader.languages[0] if asking.reader.languages else ""
        body, order = scored(body, weighed, own), _BY_SCORE
    place: dict[str, Any] = {}
    if selected.once and not by_distance:  # threads have no points
        place = {"collapse": {"field": "thread"}, "from_": _offset(query.after)}
    elif query.after is not None:
        scored_key = ranked or by_distance
        key = cursor_key(query.after, scored=scored_key)
        names = (("score",) if scored_key else ()) + ("at", "kind", "id")
        place = {"search_after": [key[name] for name in names]}
    return asking.ask(
        query=body,
        post_filter=selected.chosen_query,
        aggs=facets.aggregations(selected),
        sort=order,
        size=query.limit + 1,
        track_total_hits=True,
        track_scores=ranked,
        **place,
    )


def _by_distance(query: SearchQuery, near: Sequence[Point]) -> bool:
    return query.sort == "distance" and bool(near)


def _distance(near: Sequence[Point]) -> dict[str, Any]:
    """The order by the distance from the nearest of some places."""
    points = [{"lat": latitude, "lon": longitude} for latitude, longitude in near]
    return {"_geo_distance": {"point": points, "order": "asc", "unit": "m", "mode": "min"}}


def _offset(cursor: str | None) -> int:
    """The number of hits before a page. Raises `Invalid` with the fault `cursor-shape`."""
    if cursor is None:
        return 0
    number = cursor.removeprefix("hits-")
    if not cursor.startswith("hits-") or not number.isdecimal() or len(number) > 5:
        raise invalid("after", "cursor-shape")
    return min(int(number), MOST_ONCE)


def _next(
    query: SearchQuery, selected: Selection, near: Sequence[Point], hits: list[dict[str, Any]]
) -> str | None:
    """The cursor of the page after this one."""
    if not selected.once or _by_distance(query, near):
        return "_".join(str(each) for each in hits[query.limit - 1]["sort"])
    shown = _offset(query.after) + query.limit
    return f"hits-{shown}" if shown + query.limit < MOST_ONCE else None


def _hits(
    asking: Asking,
    query: SearchQuery,
    asked: Asked,
    match: MatchExpression,
    page: list[dict[str, Any]],
    near: Sequence[Point],
) -> list[Hit]:
    only = tuple(dict.fromkeys((*query.languages, *asked.values("lang"))))
    top = max((hit["_score"] or 0.0 for hit in page), default=0.0) or 1.0
    marker = Marker(match.groups)
    found = []
    for hit in page:
        item = document(hit["_source"])
        text = best_text(item.texts, asking.reader.languages, only, match.groups)
        found.append(
            Hit(
                kind=item.key.kind,
                id=item.key.id,
                path=item.path,
                language=text.language,
                title=text.title,
                snippet=snippet(text, marker),
                author_id=item.author_id,
                tags=list(item.tags),
                category=item.category,
                audience=item.audience,
                at=item.at,
                score=round((hit["_score"] or 0.0) / top, 1),
                distance_km=distance_km(item.point, near),
            )
        )
    return found
