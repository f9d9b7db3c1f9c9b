"""The searches that are followed, held in memory by the values that an item must have to match them."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bus.ops.greenlets import give_way
from services.search.elasticsearch.expressions import Query
from services.search.engine import Document
from services.search.following.queries import Compared, Key, compiled, keys_of, matches, required
from services.search.places import Places, nowhere
from services.search.tables import SavedSearch

_KEPT = 32
"""Of so many combinations of languages the searches are held by their values."""

_AT_ONCE = 10
"""Searches between whose compilation others run: it takes some milliseconds for one of many words."""

_VERSION = select(func.count(), func.max(SavedSearch.seq))
_SEARCHES = select(SavedSearch.id, SavedSearch.query)


class _ByValue:
    """The searches for items in some languages."""

    def __init__(self, searches: Mapping[str, str], languages: tuple[str, ...], places: Places) -> None:
        self.queries: dict[str, Query] = {}
        for search_id, text in searches.items():
            if len(self.queries) % _AT_ONCE == 0:
                give_way()
            self.queries[search_id] = compiled(text, languages, places)
        self._by_key: defaultdict[Key, list[str]] = defaultdict(list)
        self._always: list[str] = []
        for search_id, query in self.queries.items():
            keys = required(query)
            if keys is None:
                self._always.append(search_id)
            for key in keys or ():
                self._by_key[key].append(search_id)
        self._beginnings = sorted({len(value) for field, value in self._by_key if field == "prefix"})

    def candidates(self, item: Compared) -> list[str]:
        """Those that the item may match."""
        found = dict.fromkeys(self._always)
        for key in keys_of(item, self._beginnings):
            if key in self._by_key:
                found |= dict.fromkeys(self._by_key[key])
        return list(found)


class SavedSearches:
    """All searches that are followed, by id. `places`: the places of a name."""

    def __init__(self, searches: Mapping[str, str], places: Places = nowhere) -> None:
        self.searches = searches
        self._places = places
        self._by_languages: OrderedDict[tuple[str, ...], _ByValue] = OrderedDict()

    def matching(self, document: Document, item: Compared) -> list[str]:
        """The ids of the searches that an item matches, sorted."""
        searches = self._of(tuple(sorted({text.language for text in document.texts})))
        return sorted(each for each in searches.candidates(item) if matches(searches.queries[each], item))

    def _of(self, languages: tuple[str, ...]) -> _ByValue:
        found = self._by_languages.get(languages)
        if found is None:
            found = self._by_languages[languages] = _ByValue(self.searches, languages, self._places)
            if len(self._by_languages) > _KEPT:
                self._by_languages.popitem(last=False)
        self._by_languages.move_to_end(languages)
        return found


_held: WeakKeyDictionary[Any, tuple[tuple[int, int | None], SavedSearches]] = WeakKeyDictionary()
"""By the engine of a database, with the version of its table."""


def saved_searches(session: Session, places: Places) -> SavedSearches:
    """The searches that are followed, read again if one has come or gone. `places`: the places of a name."""
    engine = session.get_bind()
    count, seq = session.execute(_VERSION).one()
    version = (count, seq)
    held = _held.get(engine)
    if held is None or held[0] != version:
        rows = session.execute(_SEARCHES) if count else ()
        held = _held[engine] = version, SavedSearches({row.id: row.query for row in rows}, places)
    return held[1]
