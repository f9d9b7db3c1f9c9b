"""The index in Elasticsearch: its settings, its fields, and the document of an item.

Texts are analysed by Space (`services.search.analysis`), as for the embedded engine: `title`, `words` and `body` hold
terms with spaces between. So both engines find the same, in languages too for which a server has no analyzer.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from services.search.engine import Document, Key, Text
from services.search.indexing import EPOCH, boost_at, compared_terms, document_terms, length_of, micros
from services.search.places import Point
from services.search.ranking import K1, USUAL_LENGTH, B

REFRESH = "500ms"
"""How soon what was written can be found."""

_TERMS = {"type": "text", "analyzer": "whitespace", "norms": False, "index_options": "positions"}
_NAME = {"type": "keyword", "norms": False}

SETTINGS: dict[str, Any] = {
    # One shard: counts of facets are exact. Replicas as the cluster can hold.
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1",
    "refresh_interval": REFRESH,
    "max_result_window": 10_000,
}

FIELDS = 2
"""The version of the fields: an index of an earlier one is given those that it lacks."""

MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    # What is only searched is not stored again.
    "_source": {"excludes": ["title", "words", "body", "plain", "compared"]},
    "properties": {
        "kind": _NAME,
        "id": _NAME,
        "audience": _NAME,
        "author_id": _NAME,
        "category": _NAME,
        "languages": _NAME,
        "tags": _NAME,
        "marks": _NAME,
        "thread": _NAME,
        "year": _NAME,
        "path": _NAME,
        "compared": _NAME,
        "at": {"type": "long"},
        "boost": {"type": "double", "index": False},
        "brevity": {"type": "double", "index": False},
        "title": _TERMS,
        "words": _TERMS,
        "body": _TERMS,
        "plain": _TERMS,
        "point": {"type": "geo_point"},
        "shown": {"type": "object", "enabled": False},
    },
}


def item_id(key: Key) -> str:
    """The id of a document in the index."""
    return f"{key.kind}-{key.id}"


def source(document: Document) -> dict[str, Any]:
    """What the index has of a document."""
    terms = document_terms(document)
    return {
        "kind": document.key.kind,
        "id": document.key.id,
        "audience": document.audience,
        "author_id": document.author_id,
        "category": document.category,
        "languages": sorted({text.language for text in document.texts}),
        "tags": sorted(set(document.tags)),
        "marks": sorted(set(document.marks)),
        "thread": document.thread or f"{document.key.kind}{document.key.id}",
        "year": f"{document.at.astimezone(UTC):%Y}",
        "path": document.path,
        "compared": sorted(compared_terms(terms)),
        "at": micros(document.at),
        "boost": boost_at(document.at),
        "brevity": (K1 + 1) / (1 + K1 * (1 - B + B * length_of(terms) / USUAL_LENGTH)),
        "title": terms["title"],
        "words": terms["tags"],
        "body": terms["body"],
        "plain": terms["plain"],
        "point": None if document.point is None else "{!r},{!r}".format(*document.point),
        "shown": {
            "thread": document.thread,
            "texts": [[text.language, text.title, text.body] for text in document.texts],
            "keywords": list(document.keywords),
            "titled": document.titled,
        },
    }


def removed(key: Key) -> dict[str, Any]:
    """What the index has of a removed item: nothing that anybody finds.

    It stays, with its version, so that an older version that arrives later does not bring the item back. A rebuild
    leaves it out.
    """
    return {"kind": key.kind, "id": key.id}


def document(source: dict[str, Any]) -> Document:
    """The document of what the index has."""
    shown = source["shown"]
    return Document(
        key=Key(source["kind"], source["id"]),
        path=source["path"],
        audience=source["audience"],
        at=EPOCH + timedelta(microseconds=source["at"]),
        texts=tuple(Text(*text) for text in shown["texts"]),
        author_id=source["author_id"],
        category=source["category"],
        tags=tuple(source["tags"]),
        keywords=tuple(shown["keywords"]),
        titled=shown["titled"],
        thread=shown["thread"],
        marks=tuple(source["marks"]),
        point=None if source.get("point") is None else point_of(source["point"]),
    )


def point_of(written: str) -> Point:
    """Latitude and longitude as the field `point` has them."""
    latitude, longitude = map(float, written.split(","))
    return latitude, longitude
