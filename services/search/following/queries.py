"""A followed search as a query that one item is compared with, in the language of Elasticsearch.

It is compiled by what also makes the queries of the index there, so an item matches where a search on either engine
finds it. Different are three things. Words are analysed by the languages of the item alone, since those of other texts
don't concern it. Nothing is relaxed. And the name of nobody, or of no group, matches nothing, where a search leaves it
out and says so.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from core.audience import group_of
from core.gazetteer import City
from core.search_syntax import parse
from services.search.elasticsearch.asking import all_of
from services.search.elasticsearch.conditions import Conditions
from services.search.elasticsearch.expressions import NOTHING, Query, compile_expression
from services.search.elasticsearch.mapping import point_of, source
from services.search.engine import Document
from services.search.folding import fold
from services.search.places import Circle, Places, nowhere
from services.search.query_building import build_match

_FILTERS = (
    "author", "tag", "group", "category", "has", "is", "spoken", "near", "lang", "kind", "after", "before",
)  # fmt: skip
TEXTS = ("title", "words", "body")
"""The fields of terms."""

_TEXT = "text"
_KEYED = ("author_id", _TEXT, "tags", "audience", "category", "marks", "languages", "kind")
"""The fields that searches are looked up by, the rarest values first."""

Key = tuple[str, str]
"""A field, and a value that an item must have there."""


class _Known(Conditions):
    """Conditions in which people are known by their folded names and groups by their slugs, as in `Compared`."""

    def __init__(self, within: str, languages: Sequence[str], radius_km: float, places: Places) -> None:
        super().__init__(None, within, languages, radius_km)  # type: ignore[arg-type]
        self._named = places

    def filter(self, name: str, values: Sequence[str]) -> Query | None:
        # Where there is no such place, nothing is near it.
        return super().filter(name, values) or (NOTHING if name == "near" and values else None)

    def _places(self, name: str) -> Sequence[City]:
        return self._named(name)

    def _people(self, name: str) -> list[str]:
        return [fold(name, "")]

    def _groups(self, slug: str) -> list[str]:
        return [slug]


@lru_cache(maxsize=20_000)
def compiled(text: str, languages: tuple[str, ...], places: Places = nowhere) -> Query:
    """The query of a search for items in these languages. `places`: the places of a name."""
    asked = parse(text)
    match = build_match(asked, languages, {each: [fold(each, "")] for each in asked.texts})
    conditions = _Known(match.within, languages, asked.radius_km, places)
    wanted = [conditions.of(node) for node in match.conditions]
    wanted += [conditions.filter(name, asked.values(name)) for name in _FILTERS if asked.values(name)]
    found = [each for each in wanted if each is not None]
    if match.clauses:
        found.append(compile_expression(match.required))
    if match.excluded:
        found.append({"bool": {"must_not": [compile_expression(match.excluded)]}})
    return all_of(found) if found else NOTHING


@dataclass(frozen=True)
class Compared:
    """An item as queries see it. `texts` are the terms of each field in order, `values` the values of all fields."""

    texts: Mapping[str, list[str]]
    values: Mapping[str, frozenset[Any]]

    @property
    def terms(self) -> frozenset[str]:
        """The terms of all texts."""
        return frozenset().union(*(self.values[field] for field in TEXTS))

    # A long text is compared with thousands of beginnings and phrases: none of them goes through all of it.

    @cached_property
    def _in_order(self) -> dict[str, list[str]]:
        """The different terms of each field, sorted."""
        return {field: sorted(self.values[field]) for field in TEXTS}

    @cached_property
    def _places(self) -> dict[str, dict[str, list[int]]]:
        """Where each term stands in each field."""
        found: dict[str, dict[str, list[int]]] = {}
        for field in TEXTS:
            found[field] = defaultdict(list)
            for at, term in enumerate(self.texts[field]):
                found[field][term].append(at)
        return found

    def has_beginning(self, field: str, beginning: str) -> bool:
        """Whether a term of a field begins so."""
        terms = self._in_order[field]
        at = bisect_left(terms, beginning)
        return at < len(terms) and terms[at].startswith(beginning)

    def has_phrase(self, field: str, phrase: list[str], prefix: bool) -> bool:
        """Whether these terms, two at least, stand side by side in a field; with `prefix` the last one may be a
        beginning. Looked for is the whole one that stands in the fewest places."""
        places, terms = self._places[field], self.texts[field]
        whole = phrase[:-1] if prefix else phrase
        if any(term not in places for term in whole):
            return False
        rarest = min(range(len(whole)), key=lambda each: len(places[whole[each]]))
        for place in places[whole[rarest]]:
            first = max(place - rarest, 0)
            *before, last = terms[first : first + len(phrase)]
            if before == phrase[:-1] and (last.startswith(phrase[-1]) if prefix else last == phrase[-1]):
                return True
        return False


def compared(document: Document, author: str | None, group: str | None) -> Compared:
    """An item, with the folded name of its author and the slug of its group."""
    fields = source(document) | {
        "author_id": author,
        "audience": group if group_of(document.audience) else None,
    }
    texts = {field: fields[field].split() for field in TEXTS}
    values = {
        field: frozenset(each if isinstance(each, list) else [each])
        for field, each in fields.items()
        if field not in TEXTS and field != "shown"
    }
    return Compared(texts, {**values, **{field: frozenset(terms) for field, terms in texts.items()}})


def matches(query: Query, item: Compared) -> bool:
    """Whether an item matches a query of the kinds that `compiled` makes."""
    ((kind, inner),) = query.items()
    return _KINDS[kind](inner, item)


def _bool(inner: Mapping[str, Any], item: Compared) -> bool:
    should = inner.get("should")
    return (
        all(matches(each, item) for each in inner.get("filter", ()))
        and not any(matches(each, item) for each in inner.get("must_not", ()))
        and (should is None or any(matches(each, item) for each in should))
    )


def _terms(inner: Mapping[str, Any], item: Compared) -> bool:
    ((field, wanted),) = inner.items()
    return not item.values[field].isdisjoint(wanted)


def _prefix(inner: Mapping[str, Any], item: Compared) -> bool:
    ((field, wanted),) = inner.items()
    return item.has_beginning(field, wanted["value"])


def _phrase(inner: Mapping[str, Any], item: Compared) -> bool:
    ((field, phrase),) = inner.items()
    return item.has_phrase(field, phrase["query"].split(), prefix=False)


def _phrase_prefix(inner: Mapping[str, Any], item: Compared) -> bool:
    ((field, phrase),) = inner.items()
    return item.has_phrase(field, phrase["query"].split(), prefix=True)


def _range(inner: Mapping[str, Any], item: Compared) -> bool:
    ((field, limits),) = inner.items()
    least, end = limits.get("gte"), limits.get("lt")
    return any(
        (least is None or value >= least) and (end is None or value < end) for value in item.values[field]
    )


def _geo_distance(inner: Mapping[str, Any], item: Compared) -> bool:
    center = inner["point"]["lat"], inner["point"]["lon"]
    circle = Circle(center, float(inner["distance"].removesuffix("km")))
    return any(each is not None and circle.has(point_of(each)) for each in item.values["point"])


_KINDS: Mapping[str, Callable[[Mapping[str, Any], Compared], bool]] = {
    "bool": _bool,
    "terms": _terms,
    "prefix": _prefix,
    "match_phrase": _phrase,
    "match_phrase_prefix": _phrase_prefix,
    "range": _range,
    "geo_distance": _geo_distance,
    "match_none": lambda _inner, _item: False,
}


def required(query: Query) -> frozenset[Key] | None:
    """Values of which an item must have one to match; None if no value can tell. A key of `prefix` is a beginning."""
    ((kind, inner),) = query.items()
    if kind == "match_none":
        return frozenset()
    if kind == "terms":
        ((field, wanted),) = inner.items()
        return frozenset((_named(field), value) for value in wanted)
    if kind == "geo_distance":
        return frozenset({("kind", "event")})  # nothing else takes place anywhere
    if kind == "prefix":
        ((field, wanted),) = inner.items()
        return frozenset({("prefix", wanted["value"])})
    if kind in ("match_phrase", "match_phrase_prefix"):
        ((_, phrase),) = inner.items()
        return frozenset({(_TEXT, phrase["query"].split()[0])})
    if kind == "bool":
        found = [each for part in inner.get("filter", ()) if (each := required(part)) is not None]
        if "should" in inner:
            parts = [required(part) for part in inner["should"]]
            if all(part is not None for part in parts):
                found.append(frozenset[Key]().union(*(part for part in parts if part is not None)))
        return min(found, key=_frequency, default=None)
    return None


def _named(field: str) -> str:
    return _TEXT if field in TEXTS else field


def _frequency(keys: frozenset[Key]) -> tuple[int, int]:
    """How many items probably have one of the keys, to compare: by the field, then by the number of values."""
    places = [_KEYED.index(field) if field in _KEYED else _KEYED.index("tags") for field, _ in keys]
    return max(places, default=-1), len(keys)


def keys_of(item: Compared, beginnings: Sequence[int]) -> set[Key]:
    """The keys that an item has; `beginnings` are the lengths of those of `prefix`."""
    found = {
        (field, value)
        for field in _KEYED
        if field != _TEXT
        for value in item.values[field]
        if value is not None
    }
    for term in item.terms:
        found.add((_TEXT, term))
        found.update(("prefix", term[:length]) for length in beginnings if len(term) >= length)
    return found
