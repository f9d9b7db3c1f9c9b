"""Answers that are kept until the index changes: the same search by who may see the same, in the same languages.

Each write counts the generation of the index up, in its own transaction, so an answer is right if it was made from the
generation that a reader's snapshot has.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from contracts.search import SearchQuery, SearchResult
from services.search.embedded.hits import run
from services.search.engine import Reader

MOST = 500
"""So many answers are kept of a generation."""

MOST_HITS = 5_000
"""So many hits are in them together: some 10 MB."""

Key = tuple[Reader, str]


class KeptAnswers:
    """The answers of one generation of an index."""

    def __init__(self) -> None:
        self._generation = -1
        self._hits = 0
        self._answers: OrderedDict[Key, SearchResult] = OrderedDict()

    def get(self, generation: int, key: Key) -> SearchResult | None:
        """The answer, if it was made from this generation."""
        return self._answers.get(key) if generation == self._generation else None

    def put(self, generation: int, key: Key, answer: SearchResult) -> None:
        """Keep an answer, unless one of a newer generation is kept."""
        if generation < self._generation:
            return
        if generation > self._generation:
            self._generation = generation
            self._answers.clear()
            self._hits = 0
        if key in self._answers:
            return
        self._answers[key] = answer
        self._hits += len(answer.items)
        while len(self._answers) > MOST or self._hits > MOST_HITS:
            _, oldest = self._answers.popitem(last=False)
            self._hits -= len(oldest.items)


# A rebuilt index has another engine.
_kept: WeakKeyDictionary[Engine, KeptAnswers] = WeakKeyDictionary()


def kept(
    session: Session, query: SearchQuery, reader: Reader, search: Callable[[], SearchResult]
) -> SearchResult:
    """The answer that is kept, or the one that is made now. The session only reads: what it sees is committed."""
    engine = session.connection().engine
    (generation,) = run(session, "SELECT number FROM generation", {}).fetchone()
    answers = _kept.setdefault(engine, KeptAnswers())
    key = reader, query.model_dump_json()
    answer = answers.get(generation, key)
    if answer is None:
        answer = search()
        answers.put(generation, key, answer)
    return answer


def count_up(cursor: sqlite3.Cursor) -> None:
    """Count the generation up: the index has changed."""
    cursor.execute("UPDATE generation SET number = number + 1")
