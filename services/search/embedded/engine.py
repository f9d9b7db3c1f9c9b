"""The search engine in the service's own database: SQLite with FTS5.

The index is written in the transaction that moves the subscription's offset, so the two always agree.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from contracts.search import SearchQuery, SearchResult, Suggestion, TagLine
from services.search.analysis import plain_terms, tokens
from services.search.documents import canonical_tags
from services.search.embedded import search, suggest, vocabulary
from services.search.embedded.facets import GROUP, YEAR
from services.search.embedded.hits import EPOCH, micros
from services.search.engine import Document, Key, Reader, Text
from services.search.folding import fold

_AGING = timedelta(days=8 * 365)
"""After this time an item's `boost` is 1/e of a new item's."""

_BETWEEN = " \ue000 "
"""Separates two versions of a text, so that no phrase matches across the boundary."""

_ITEM = (
    "INSERT INTO item (row, kind, id, audience, author_id, category, at, boost, length, thread)"
    " VALUES (:row, :kind, :id, :audience, :author_id, :category, :at, :boost, :length, :thread)"
)
_WORDS = "INSERT INTO words (rowid, title, tags, body, author) VALUES (:row, :title, :tags, :body, :author)"
_TITLES = "INSERT INTO titles (rowid, title) VALUES (:row, :plain)"
_LANGUAGE = "INSERT INTO item_language VALUES (:row, :value)"
_TAG = "INSERT INTO item_tag VALUES (:row, :value)"
_MARK = "INSERT INTO item_mark VALUES (:row, :value)"
_TEXT = (
    "INSERT OR REPLACE INTO item_text (row, path, texts, keywords, titled, terms)"
    " VALUES (:row, :path, :texts, :keywords, :titled, :terms)"
)


class EmbeddedEngine:
    """`Engine` on a session of the search database."""

    def __init__(self, session: Session) -> None:
        self._session = session
        # The driver's own cursor, in the session's transaction: indexing one item takes about ten small statements, and
        # SQLAlchemy's overhead would double their cost.
        self._connection = session.connection().connection
        self._cursor = self._connection.cursor()

    def index(self, documents: Sequence[Document]) -> None:
        for document in documents:
            self._index(document)

    def add_copies(self, of: Key, copies: Sequence[Document]) -> None:
        """Add documents that differ from `of`, which is in the index, in their keys, paths, times and titles alone: for
        an import. Their text is analysed already. None of them may be in the index."""
        row = self._row(of)
        assert row is not None, of
        known = self._known_terms(row)
        (last,) = self._run("SELECT max(seq) FROM sqlite_sequence WHERE name = 'item'").fetchone()
        rows: list[dict[str, Any]] = []
        for number, document in enumerate(copies, last + 1):
            terms = known | _title_terms(document)
            rows.append({"row": number} | _light(document, terms) | terms | _shown(document, terms))
        for statement in (_ITEM, _WORDS, _TITLES, _TEXT):
            self._cursor.executemany(statement, rows)
        for statement, values in (
            (_LANGUAGE, {text.language for text in copies[0].texts}),
            (_TAG, set(copies[0].tags)),
            (_MARK, set(copies[0].marks)),
        ):
            pairs = [{"row": each["row"], "value": value} for each in rows for value in sorted(values)]
            self._cursor.executemany(statement, pairs)
        self._count(row, len(copies))
        for each in rows:
            vocabulary.change(self._many_of, compared_terms(each), ())

    def remove(self, keys: Sequence[Key]) -> None:
        for key in keys:
            row = self._row(key)
            if row is not None:
                self._count(row, -1)
                known = self._known_terms(row)
                self._forget_terms(row, known)
                vocabulary.change(self._many_of, (), compared_terms(known))
                for table in ("item_language", "item_tag", "item_mark", "item_text", "item"):
                    self._run(f"DELETE FROM {table} WHERE row = :row", row=row)  # noqa: S608 - names above

    def set_author_name(self, author_id: str, name: str) -> None:
        self._run(
            "INSERT INTO author_name VALUES (:author_id, :folded)"
            " ON CONFLICT (author_id) DO UPDATE SET folded = excluded.folded",
            author_id=author_id,
            folded=fold(name, ""),
        )

    def search(self, query: SearchQuery, reader: Reader) -> SearchResult:
        return search.search(self._session, query, reader)

    def suggest(self, prefix: str, limit: int, reader: Reader) -> list[Suggestion]:
        return suggest.suggest(self._session, prefix, limit, reader)

    def tags(self, prefix: str, limit: int, reader: Reader) -> list[TagLine]:
        return suggest.tags(self._session, prefix, limit, reader)

    def document(self, key: Key) -> Document | None:
        """The document with this key, if it is in the index."""
        return next(self._documents("WHERE kind = :kind AND id = :id", kind=key.kind, id=key.id), None)

    def documents(self) -> Iterator[Document]:
        return self._documents("ORDER BY kind, id")

    def reindex(self) -> None:
        """Analyse every document of the index again."""
        rows = [row for (row,) in self._run("SELECT row FROM item ORDER BY row").fetchall()]
        for row in rows:
            (document,) = self._documents("WHERE item.row = :row", row=row)
            self._index(replace(document, tags=canonical_tags(document.tags)))
        for (name,) in self._run("SELECT DISTINCT folded FROM author_name").fetchall():
            self._run(
                "UPDATE author_name SET folded = :folded WHERE folded = :name",
                folded=fold(name, ""),
                name=name,
            )

    def _documents(self, which: str, **values: Any) -> Iterator[Document]:
        rows = self._connection.cursor().execute(
            "SELECT kind, id, path, audience, at, texts, author_id, category, keywords, titled, thread,"  # noqa: S608
            " (SELECT json_group_array(tag) FROM item_tag WHERE item_tag.row = item.row),"
            " (SELECT json_group_array(mark) FROM item_mark WHERE item_mark.row = item.row)"
            f" FROM item JOIN item_text USING (row) {which}",
            values,
        )
        for (
            kind, item_id, path, audience, at, texts, author_id, category, keywords, titled, thread, tags, marks
        ) in rows:  # fmt: skip
            yield Document(
                key=Key(kind, item_id),
                path=path,
                audience=audience,
                at=EPOCH + timedelta(microseconds=at),
                texts=tuple(Text(*text) for text in json.loads(texts)),
                author_id=author_id,
                category=category,
                tags=tuple(json.loads(tags)),
                keywords=tuple(json.loads(keywords)),
                titled=bool(titled),
                thread=thread,
                marks=tuple(json.loads(marks)),
            )

    def _index(self, document: Document) -> None:
        terms = document_terms(document)
        light = _light(document, terms)
        row = self._row(document.key)
        if row is None:
            self._run(_ITEM, row=None, **light)
            row = int(self._cursor.lastrowid)
            known = None
        else:
            known = self._known_terms(row)
            self._count(row, -1)
            self._run(
                "UPDATE item SET audience = :audience, author_id = :author_id, category = :category, at = :at,"
                " boost = :boost, length = :length, thread = :thread WHERE row = :row",
                row=row,
                **{name: value for name, value in light.items() if name not in ("kind", "id")},
            )
            self._run("DELETE FROM item_language WHERE row = :row", row=row)
            self._run("DELETE FROM item_tag WHERE row = :row", row=row)
            self._run("DELETE FROM item_mark WHERE row = :row", row=row)
        if known != terms:
            if known is not None:
                self._forget_terms(row, known)
            before, after = compared_terms(known or {}), compared_terms(terms)
            vocabulary.change(self._many_of, after - before, before - after)
            self._run(_WORDS, row=row, **terms)
            self._run(_TITLES, row=row, **terms)
        languages = {text.language for text in document.texts}
        self._many(_LANGUAGE, row, languages)
        self._many(_TAG, row, set(document.tags))
        self._many(_MARK, row, set(document.marks))
        self._run(_TEXT, row=row, **_shown(document, terms))
        self._count(row, 1)

    def _row(self, key: Key) -> int | None:
        found = self._run("SELECT row FROM item WHERE kind = :kind AND id = :id", kind=key.kind, id=key.id)
        row = found.fetchone()
        return None if row is None else int(row[0])

    def _known_terms(self, row: int) -> dict[str, str]:
        (packed,) = self._run("SELECT terms FROM item_text WHERE row = :row", row=row).fetchone()
        terms: dict[str, str] = json.loads(zlib.decompress(packed))
        return terms

    def _forget_terms(self, row: int, terms: dict[str, str]) -> None:
        self._run(
            "INSERT INTO words (words, rowid, title, tags, body, author)"
            " VALUES ('delete', :row, :title, :tags, :body, :author)",
            row=row,
            **{name: terms[name] for name in ("title", "tags", "body", "author")},
        )
        self._run(
            "INSERT INTO titles (titles, rowid, title) VALUES ('delete', :row, :plain)",
            row=row,
            plain=terms["plain"],
        )

    def _count(self, row: int, by: int) -> None:
        """Add 1 to, or with -1 subtract it from, the tallies of the item's facets."""
        self._run(
            "INSERT INTO tally (facet, value, audience, items)"  # noqa: S608 - constants
            " SELECT facet, value, (SELECT audience FROM item WHERE row = :row), :by FROM ("
            "  SELECT 'kind' AS facet, kind AS value FROM item WHERE row = :row"
            "  UNION ALL SELECT 'language', language FROM item_language WHERE row = :row"
            "  UNION ALL SELECT 'tag', tag FROM item_tag WHERE row = :row"
            "  UNION ALL SELECT 'category', category FROM item WHERE row = :row"
            f"  UNION ALL SELECT 'group', {GROUP} FROM item WHERE row = :row"
            f"  UNION ALL SELECT 'year', {YEAR} FROM item WHERE row = :row) WHERE value IS NOT NULL"
            " ON CONFLICT (facet, value, audience) DO UPDATE SET items = items + excluded.items",
            row=row,
            by=by,
        )

    def _run(self, sql: str, **values: Any) -> Any:
        return self._cursor.execute(sql, values)

    def _many_of(self, sql: str, rows: list[dict[str, Any]]) -> None:
        self._cursor.executemany(sql, rows)

    def _many(self, sql: str, row: int, values: set[str]) -> None:
        if values:
            self._cursor.executemany(sql, [{"row": row, "value": value} for value in sorted(values)])


def _light(document: Document, terms: dict[str, str]) -> dict[str, Any]:
    """The columns of `item`."""
    return {
        "kind": document.key.kind,
        "id": document.key.id,
        "audience": document.audience,
        "author_id": document.author_id,
        "category": document.category,
        "at": micros(document.at),
        "thread": document.thread,
        "length": length_of(terms),
        "boost": boost_at(document.at),
    }


def length_of(terms: dict[str, str]) -> int:
    """The number of a document's terms."""
    return sum(len(terms[name].split()) for name in ("title", "tags", "body"))


def boost_at(at: datetime) -> float:
    """The factor of the score of an item of that time."""
    return math.exp((at - EPOCH) / _AGING) / 1000


def _shown(document: Document, terms: dict[str, str]) -> dict[str, Any]:
    """The columns of `item_text`."""
    return {
        "path": document.path,
        "texts": _json([[text.language, text.title, text.body] for text in document.texts]),
        "keywords": _json(document.keywords),
        "titled": document.titled,
        "terms": zlib.compress(_json(terms).encode(), 3),
    }


def document_terms(document: Document) -> dict[str, str]:
    """The values of the full-text columns of a document, which any engine indexes."""
    bodies = [segment for text in document.texts for segment in _segments(text.body, text.language)]
    words = [*document.keywords, *(tag.replace("-", " ") for tag in document.tags if document.titled)]
    languages = dict.fromkeys(text.language for text in document.texts)
    tags = [segment for word in words for language in languages for segment in _segments(word, language)]
    titles = _title_terms(document)
    return {
        "title": titles["title"],
        "tags": _BETWEEN.join(dict.fromkeys(tags)),
        "body": _BETWEEN.join(bodies),
        "author": f"author:{document.author_id}" if document.author_id else "",
        "plain": titles["plain"],
    }


def _title_terms(document: Document) -> dict[str, str]:
    titles, plain = [], []
    for text in document.texts if document.titled else ():
        titles += _segments(text.title, text.language)
        plain += plain_terms(text.title)
    return {"title": _BETWEEN.join(titles), "plain": " ".join(dict.fromkeys(plain))}


def _segments(text: str, language: str) -> list[str]:
    """The terms of a text in order, and after them each further term."""
    found = list(tokens(text, language))
    ordered = " ".join(token.term for token in found if not token.further)
    return [ordered, *dict.fromkeys(token.term for token in found if token.further)]


def compared_terms(terms: dict[str, str]) -> set[str]:
    """The terms of an item that similar words may be found by."""
    words = " ".join(terms[name] for name in ("title", "tags", "body") if name in terms).split()
    return vocabulary.compared(set(words))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
