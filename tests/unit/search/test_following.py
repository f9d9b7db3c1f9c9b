"""Followed searches: an item matches them where a search for the same text finds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts.search import SearchQuery
from core.audience import group_of
from core.database import Database
from core.search_syntax import parse
from services.search.embedded import EmbeddedEngine
from services.search.engine import Document, Text
from services.search.following.queries import Compared, compared, compiled, required
from services.search.following.saved import SavedSearches
from tests.unit.search.asking_conformance import NARROWED, some_documents
from tests.unit.search.engine_conformance import INSIDER, PUBLIC, document
from tests.unit.search.near_conformance import NEAR, places
from tests.unit.search.near_conformance import some_documents as some_events
from tests.unit.search.worlds import QUERIES, documents

NAMES = {"p1": "amira", "p2": "ben"}
SLUGS = {"0000000000000001": "cellar--06h2"}


def matching(searches: Sequence[str], item: Document) -> set[str]:
    """Those of the searches that an item matches."""
    author = NAMES.get(item.author_id or "")
    slug = SLUGS.get(group_of(item.audience) or "")
    saved = SavedSearches({each: each for each in searches}, places)
    return {*saved.matching(item, compared(item, author, slug))}


@pytest.fixture
def engine(database: Database) -> Iterator[EmbeddedEngine]:
    with database.writing() as session:
        engine = EmbeddedEngine(session, places)
        for person_id, name in NAMES.items():
            engine.set_author_name(person_id, name)
        yield engine


@pytest.mark.parametrize(("q", "found"), [each for each in NARROWED if not each[0].startswith("group:")])
def test_each_filter_narrows_a_followed_search_as_a_search(q: str, found: set[str]) -> None:
    amira = q.replace("@Ben", "Ben")
    assert {
        each.key.id for each in some_documents() if matching([amira], each) and each.audience == "public"
    } == found


@pytest.mark.parametrize(("q", "found"), NEAR)
def test_a_followed_search_near_a_place_finds_what_a_search_finds(q: str, found: set[str]) -> None:
    assert {
        each.key.id for each in some_events() if matching([q], each) and each.audience == "public"
    } == found


def test_nothing_is_near_an_unknown_place() -> None:
    event = document("one", "Walk", kind="event", point=(38.7, -9.1))
    assert matching(["walk near:Nowhereville", "walk near:Lisbon"], event) == {"walk near:Lisbon"}


def test_a_group_is_named_by_its_slug() -> None:
    inside = next(each for each in some_documents() if each.key.id == "deep")
    assert matching(["group:cellar--06h2 harbour", "group:attic harbour"], inside) == {
        "group:cellar--06h2 harbour"
    }


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ('"b c d"', True), ('"a b"', True), ('"c d"', True), ('"b d"', False), ('"d a"', False), ('"a a b"', True),
        ('"a b c d e"', False), ('"d d"', False), ("b-c-d", True), ('"x a"', False), ("c* -e*", True), ("d*", True),
        ("e*", False), ('"b cel*"', False),
    ],
)  # fmt: skip
def test_phrases_and_beginnings_are_found_wherever_they_stand(q: str, found: bool) -> None:
    item = document("one", "Title", "a a b a b c d", "zxx")
    assert matching([q], item) == ({q} if found else set())


class CountedText(str):
    """A term that counts how often it was compared with a beginning."""

    compared = 0

    def startswith(self, *wanted: Any) -> bool:
        """See `str.startswith`."""
        CountedText.compared += 1
        return super().startswith(*wanted)


def test_a_beginning_is_not_compared_with_every_term() -> None:
    terms = [CountedText(f"{number:05}") for number in range(10_000)]
    texts: dict[str, list[str]] = {"title": [], "words": [], "body": [*terms]}
    item = Compared(texts, {field: frozenset(found) for field, found in texts.items()})
    assert item.has_beginning("body", "0999")
    assert not item.has_beginning("body", "1")
    assert CountedText.compared < 5


def test_who_or_what_is_unknown_matches_nothing() -> None:
    assert not any(
        matching(["harbour author:nobody", "harbour group:attic"], each) for each in some_documents()
    )


@pytest.mark.parametrize(
    ("text", "language", "q"),
    [
        ("Bibliotheken im Norden", "de", "bibliothek"),
        ("The editors were editing", "en", "edited"),
        ("東京の地図を作る", "ja", "地図"),
        ("المكتبة الجديدة", "ar", "مكتبه"),
        ("книги о городе", "ru", "книга"),
        ("L'eau claire", "fr", '"eau claire"'),
        ("An edit-a-thon", "en", "editathon"),
    ],
)
def test_words_match_by_the_rules_of_the_language(text: str, language: str, q: str) -> None:
    assert matching([q], document("one", "", text, language)) == {q}
    assert matching([q], document("one", "Other", "nothing of it", language)) == set()


def test_a_followed_search_is_never_relaxed(engine: EmbeddedEngine) -> None:
    item = document("one", "Glossary", "of terms")
    engine.index([item])
    assert engine.search(SearchQuery(q="glosary"), PUBLIC).relaxed
    assert matching(["glosary", "glossary atlas"], item) == set()


def test_words_of_two_versions_match_together() -> None:
    item = document("one", "Karte", "", "de")
    both = (*item.texts, Text("en", "Map", "of the old markets"))
    assert matching(["karten market"], document("one", texts=both)) == {"karten market"}


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(world=st.lists(documents, max_size=6, unique_by=lambda each: each.key))
def test_the_same_is_found_as_by_the_search(engine: EmbeddedEngine, world: list[Document]) -> None:
    engine.remove([each.key for each in engine.documents()])
    engine.index(world)
    asked = [q for q in QUERIES if parse(q).nodes or parse(q).filters]
    expected: dict[str, set[tuple[str, str]]] = {}
    for q in asked:
        answer = engine.search(SearchQuery(q=q, limit=100), INSIDER)
        expected[q] = set() if answer.relaxed else {(hit.kind, hit.id) for hit in answer.items}
    matched = {each.key: matching(asked, each) for each in world}
    for q in asked:
        assert {(key.kind, key.id) for key, found in matched.items() if q in found} == expected[q], q


def test_each_search_is_looked_up_by_what_few_items_have() -> None:
    def fields(q: str) -> set[str] | None:
        keys = required(compiled(q, ("en",)))
        return None if keys is None else {field for field, _ in keys}

    assert fields("kind:topic market") == {"text", "author_id"}
    assert fields("kind:topic tag:maps") == {"tags"}
    assert fields("lang:de author:ben") == {"author_id"}
    assert "prefix" in (fields("mar* -maps") or ())
    assert fields("after:2026 tag:maps OR tag:press") == {"tags"}
    assert fields("-maps") is None
    assert fields("near:1,2") == {"kind"}


def test_few_of_a_thousand_searches_are_compared_with_an_item() -> None:
    searches = {str(number): f"word{number} kind:topic" for number in range(1_000)}
    saved = SavedSearches(searches)
    item = document("one", "word7", "word8 and other words")
    assert saved.matching(item, compared(item, None, None)) == ["7", "8"]
    assert sorted(saved._of(("en",)).candidates(compared(item, None, None))) == ["7", "8"]
