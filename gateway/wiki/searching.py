"""What `/api.php` finds: `list=search` and `list=prefixsearch`, both also as generators, and `action=opensearch`.

Sources: <https://www.mediawiki.org/wiki/API:Search>, <https://www.mediawiki.org/wiki/API:Prefixsearch> and
<https://www.mediawiki.org/wiki/API:Opensearch>.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from contracts.search import Hit, SearchQuery, Sort, Suggestion
from core.audience import Viewer
from gateway.request_context import services, settings
from gateway.wiki.mediawiki import Parameters, number_of, timestamp

_FARTHEST = 2000
_PAGE = 100
_SUGGESTED = 50
_SUGGESTED_IN_ALL = 200
"""The titles that begin as typed are found among so many."""
_SORTS: Mapping[str, Sort] = {
    "relevance": "relevance",
    "create_timestamp_desc": "newest",
    "create_timestamp_asc": "oldest",
    "last_edit_desc": "newest",
    "last_edit_asc": "oldest",
}


def listed(name: str, parameters: Parameters, viewer: Viewer, answer: dict[str, Any]) -> dict[str, Any]:
    """What `list=` of this name gives to `query`; adds to the answer how it goes on."""
    if name == "prefixsearch":
        found, _ = _beginning(parameters, viewer, answer, "ps")
        return {"prefixsearch": [{"ns": 0, "title": one.title, "pageid": number_of(one.id)} for one in found]}
    props = parameters.several("srprop", ("snippet", "timestamp", "titlesnippet"), "snippet|timestamp")
    info = parameters.several("srinfo", ("totalhits",), "totalhits")
    hits, total, _ = _searched(parameters, viewer, answer, "sr")
    results: dict[str, Any] = {"search": [_result(hit, props) for hit in hits]}
    return {"searchinfo": {"totalhits": total}, **results} if info else results


def generated(name: str, parameters: Parameters, viewer: Viewer, answer: dict[str, Any]) -> dict[str, Any]:
    """What `generator=` of this name gives to `query`: pages, in the order of their `index`."""
    if name == "prefixsearch":
        suggested, offset = _beginning(parameters, viewer, answer, "gps")
        found = [(one.id, one.title) for one in suggested]
    else:
        hits, _, offset = _searched(parameters, viewer, answer, "gsr")
        found = [(one.id, one.title) for one in hits]
    pages = [
        {"pageid": number_of(item_id), "ns": 0, "title": title, "index": offset + place}
        for place, (item_id, title) in enumerate(found, 1)
    ]
    if not pages:
        return {}
    return {"pages": pages if parameters.version == 2 else {str(page["pageid"]): page for page in pages}}


def opensearch(parameters: Parameters, viewer: Viewer) -> list[Any]:
    """What was typed, and the titles that begin so, with nothing about them, and their addresses."""
    beginning = parameters.needed("search")[:200]
    limit = parameters.number("limit", 10, 1, _SUGGESTED)
    found = services().search.suggest(viewer, beginning, limit)
    base = settings().base_url
    return [
        parameters.text("search"),
        [one.title for one in found],
        [""] * len(found),
        [base + one.path for one in found],
    ]


def _beginning(
    parameters: Parameters, viewer: Viewer, answer: dict[str, Any], prefix: str
) -> tuple[list[Suggestion], int]:
    """The titles that begin as typed, and the offset; `prefix` is that of the parameters."""
    typed = parameters.needed(f"{prefix}search")[:200]
    limit = parameters.number(f"{prefix}limit", 10, 1, _PAGE)
    offset = parameters.number(f"{prefix}offset", 0, 0, _SUGGESTED_IN_ALL)
    found = services().search.suggest(viewer, typed, min(offset + limit + 1, _SUGGESTED_IN_ALL))
    if len(found) > offset + limit:
        _goes_on(answer, prefix, offset + limit, "ps")
    return found[offset : offset + limit], offset


def _searched(
    parameters: Parameters, viewer: Viewer, answer: dict[str, Any], prefix: str
) -> tuple[list[Hit], int, int]:
    """The hits, their number in all, and the offset; `prefix` is that of the parameters."""
    words = parameters.needed(f"{prefix}search")[:300]
    limit = parameters.number(f"{prefix}limit", 10, 1, _PAGE)
    offset = parameters.number(f"{prefix}offset", 0, 0, _FARTHEST)
    sort = _SORTS[parameters.one_of(f"{prefix}sort", tuple(_SORTS), "relevance")]
    hits, total, more = _hits(viewer, SearchQuery(q=words, sort=sort, limit=limit), offset)
    if more and offset + limit < _FARTHEST:
        _goes_on(answer, prefix, offset + limit, "sr")
    return hits, total, offset


def _goes_on(answer: dict[str, Any], prefix: str, offset: int, of_list: str) -> None:
    """Say by which offset the answer goes on; `of_list` is the prefix where it is no generator."""
    answer.pop("batchcomplete", None)
    going = answer.setdefault("continue", {})
    going[f"{prefix}offset"] = offset
    going["continue"] = "-||" if prefix == of_list else f"{prefix}offset||"


def _hits(viewer: Viewer, query: SearchQuery, offset: int) -> tuple[list[Hit], int, bool]:
    """The hits from `offset` on, their number in all, and whether there are more after these.

    The search goes by cursors, so what lies before is passed by in large steps.
    """
    search = services().search
    after: str | None = None
    while offset > 0:
        step = min(offset, _PAGE)
        passed = search.search(viewer, query.model_copy(update={"limit": step, "after": after}))
        offset, after = offset - step, passed.next
        if after is None:
            return [], passed.total or 0, False
    page = search.search(viewer, query.model_copy(update={"after": after}))
    return page.items, page.total or 0, page.next is not None


def _result(hit: Hit, props: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"ns": 0, "title": hit.title, "pageid": number_of(hit.id)}
    if "snippet" in props:
        found["snippet"] = _marked(hit.snippet)
    if "titlesnippet" in props:
        found["titlesnippet"] = html.escape(hit.title, quote=False)
    if "timestamp" in props:
        found["timestamp"] = timestamp(hit.at)
    # More than MediaWiki gives: what it is, and where.
    return found | {"url": settings().base_url + hit.path, "kind": hit.kind, "language": hit.language}


def _marked(snippet: str) -> str:
    escaped = html.escape(snippet, quote=False)
    return escaped.replace("\ue000", '<span class="searchmatch">').replace("\ue001", "</span>")
