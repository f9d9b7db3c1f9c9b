"""The part of the conformance suite of search's engine port that is about the syntax of queries.

The test module of an implementation subclasses `AskingConformance` and defines a fixture `engine`.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts.search import Facet, SearchHint, SearchQuery
from services.search.engine import Document, Engine, Reader, Text
from tests.unit.search.engine_conformance import INSIDER, PUBLIC, SOME_DAY, document, ids

GROUP = "group:0000000000000001"


def counts(facets: list[Facet]) -> dict[str, int]:
    """The facets by value."""
    return {each.value: each.count for each in facets}


def some_documents() -> list[Document]:
    """Five public items that differ in all that one may filter by, and a hidden group with an item."""
    return [
        document("walk", "Market walk", "Old maps of the harbour", tags=("maps",), category="general", author_id="p1"),
        document(
            "news", "Harbour news", "The market opens", kind="article", tags=("press",), category="community",
            author_id="p2", marks=("has:picture", "is:announcement"), at=SOME_DAY - timedelta(days=400),
        ),
        document("reply", "Market walk", "I bring a harbour map", kind="post", titled=False, author_id="p2"),
        document(
            "fest", "Hafenfest", "Der Markt am Hafen", "de", kind="event", at=SOME_DAY + timedelta(days=90),
            marks=("is:online", "spoken:de", "spoken:pt-br"),
        ),
        document("amira", "Amira", "", kind="person"),
        document("0000000000000001", "Cellar", kind="group", path="/groups/cellar--06h2", audience=GROUP),
        document("deep", "Harbour cellar", "market", audience=GROUP, category="hidden-category"),
    ]  # fmt: skip


NARROWED: tuple[tuple[str, set[str]], ...] = (
    ("harbour kind:article", {"news"}),
    ("harbour kind:article kind:post", {"news", "reply"}),
    ("harbour -kind:article", {"walk", "reply"}),
    ("tag:maps", {"walk"}),
    ("harbour -tag:maps", {"news", "reply"}),
    ("lang:de", {"fest"}),
    ("harbour category:general", {"walk"}),
    ("harbour -category:general", {"news", "reply"}),
    ("harbour author:@Ben", {"news", "reply"}),
    ("author:ben -author:amira harbour", {"news", "reply"}),
    ("harbour has:picture", {"news"}),
    ("is:announcement", {"news"}),
    ("harbour -is:announcement", {"walk", "reply"}),
    ("is:online", {"fest"}),
    ("spoken:pt-br", {"fest"}),
    ("spoken:fr", set()),
    ("spoken:fr spoken:de", {"fest"}),
    ("spoken:fr OR tag:maps", {"walk"}),
    ("harbour -spoken:de", {"walk", "news", "reply"}),
    ("after:2027", {"fest"}),
    ("harbour before:2026", {"news"}),
    ("harbour after:2026-11 before:2026-12", {"walk", "reply"}),
    ("maps OR news", {"walk", "news", "reply"}),
    ("news OR Hafenfest", {"news", "fest"}),
    ("tag:maps OR tag:press", {"walk", "news"}),
    ("tag:press OR Hafenfest", {"news", "fest"}),
    ("harbour tag:maps OR -author:ben", {"walk"}),
    ('"market walk" OR "market opens"', {"walk", "news"}),
    ("har* -maps", {"news"}),
    ("harbour in:title", {"news"}),
    ("harbour in:text", {"walk", "reply"}),
    ("market in:text kind:topic OR kind:article", {"news"}),
    ("group:cellar--06h2 harbour", {"walk", "news", "reply"}),
)
"""Queries, and which of `some_documents` they find for everybody."""


class AskingConformance:
    """The tests of the query syntax that every engine must pass."""

    @pytest.mark.parametrize(("q", "found"), NARROWED)
    def test_each_filter_narrows(self, engine: Engine, q: str, found: set[str]) -> None:
        engine.index(some_documents())
        engine.set_author_name("p1", "Amira_H")
        engine.set_author_name("p2", "Ben")
        assert set(ids(engine, q)) == found
        assert engine.search(SearchQuery(q=q), PUBLIC).total == len(found)

    def test_a_group_is_searched_by_those_who_may_know_of_it(self, engine: Engine) -> None:
        engine.index(some_documents())
        assert set(ids(engine, "group:cellar--06h2", INSIDER)) == {"deep", "0000000000000001"}
        assert ids(engine, "group:cellar--06h2 harbour", INSIDER) == ["deep"]
        assert counts(engine.search(SearchQuery(q="harbour"), INSIDER).groups) == {"cellar--06h2": 1}
        assert engine.search(SearchQuery(q="harbour"), INSIDER).groups[0].label == "Cellar"
        for group in ("cellar--06h2", "attic"):
            answer = engine.search(SearchQuery(q=f"harbour group:{group}"), PUBLIC)
            assert answer.hints == [SearchHint(code="group-unknown", text=group)]
            assert answer.groups == []

    def test_what_is_unknown_is_a_hint_and_the_rest_is_searched(self, engine: Engine) -> None:
        engine.index(some_documents())
        answer = engine.search(SearchQuery(q="harbour author:nobody kind:song OR"), PUBLIC)
        assert {each.code for each in answer.hints} == {"author-unknown", "filter-value", "or-edge"}
        assert answer.total == 3

    def test_facets_count_what_each_value_would_leave(self, engine: Engine) -> None:
        engine.index(some_documents())
        answer = engine.search(SearchQuery(q="harbour category:general"), PUBLIC)
        assert answer.total == 1
        assert counts(answer.categories) == {"general": 1, "community": 1}
        assert counts(answer.kinds) == {"topic": 1}
        assert counts(answer.years) == {"2026": 1}
        everything = engine.search(SearchQuery(), PUBLIC)
        assert counts(everything.categories) == {"general": 1, "community": 1}
        assert [each.value for each in everything.years] == ["2027", "2026", "2025"]
        assert everything.groups == []
        assert counts(engine.search(SearchQuery(), INSIDER).categories)["hidden-category"] == 1

    @pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
    def test_of_a_topic_the_best_alone_is_found(self, engine: Engine, sort: str) -> None:
        engine.index(
            [
                document("t1", "Bees", "bees", thread="t1"),
                document("r1", "Bees", "bees in the garden", kind="post", titled=False, thread="t1"),
                document("t2", "Garden", "roses", thread="t2"),
                document("r2", "Garden", "bees there", kind="post", titled=False, thread="t2"),
                document(
                    "r3", "Garden", "bees, and bees again, bees", kind="post", titled=False, thread="t2"
                ),
                document("a", "Bees", kind="article"),
            ]
        )
        query = SearchQuery.model_validate({"q": "bees", "sort": sort, "once": True, "limit": 2})
        first = engine.search(query, PUBLIC)
        assert (first.total, len(first.items)) == (3, 2)
        assert sum(each.count for each in first.kinds) >= 3
        second = engine.search(query.model_copy(update={"after": first.next}), PUBLIC)
        found = {hit.id for hit in (*first.items, *second.items)}
        assert len(found) == 3
        assert second.next is None
        if sort == "relevance":
            assert found == {"t1", "r3", "a"}
        assert engine.search(SearchQuery(q="bees"), PUBLIC).total == 5

    def test_what_has_most_of_the_words_is_found_if_nothing_has_all(self, engine: Engine) -> None:
        engine.index(
            [
                document("both", "Scanning old newspapers"),
                document("one", "Old trees"),
                document("other", "Newspapers"),
                *(document(f"w{n}", "Walk", "an old path") for n in range(9)),
            ]
        )
        answer = engine.search(SearchQuery(q="scanning old newspapers quickly"), PUBLIC)
        assert answer.relaxed
        assert answer.items[0].id == "both"
        assert not engine.search(SearchQuery(q="old newspapers"), PUBLIC).relaxed
        assert ids(engine, '"old newspapers" quickly') == ["both"], "a phrase is meant as it is"
        assert ids(engine, "quickly") == []
        assert ids(engine, "quickly slowly") == []

    @pytest.mark.parametrize(
        ("language", "written", "typed"),
        [
            ("en", "glossary", "glosary"), ("en", "newspaper", "newpsaper"), ("de", "Bibliothek", "Bibilothek"),
            ("ru", "библиотека", "билбиотека"), ("uk", "бібліотека", "біблоітека"), ("el", "βιβλιοθήκη", "βιβλιοθκη"),
        ],
    )  # fmt: skip
    def test_a_typing_error_finds_what_was_meant(
        self, engine: Engine, language: str, written: str, typed: str
    ) -> None:
        engine.index([document("it", written, language=language), document("else", "Other")])
        answer = engine.search(SearchQuery(q=f"{typed} -nothing"), PUBLIC)
        assert [hit.id for hit in answer.items] == ["it"]
        assert answer.relaxed
        assert answer.did_you_mean == f"{written.lower()} -nothing"

    def test_what_only_others_may_see_is_never_meant(self, engine: Engine) -> None:
        engine.index([document("hidden", "glossary", audience=GROUP), document("open", "glottal")])
        answer = engine.search(SearchQuery(q="glosary"), PUBLIC)
        assert (answer.items, answer.did_you_mean, answer.relaxed) == ([], "", False)
        assert engine.search(SearchQuery(q="glosary"), INSIDER).did_you_mean == "glossary"

    @pytest.mark.parametrize(
        ("language", "written", "typed"),
        [
            ("uk", "у міській бібліотеці", "бібліотека"), ("pl", "w bibliotece", "biblioteki"), ("bn", "বাজারের", "বাজার"),
            ("he", "העדכון", "עדכונים"), ("fa", "کتابخانه‌ها", "کتابخانه"), ("fi", "kaupunginkirjasto", "kirjasto"),
            ("de", "Stadtbibliothek", "Bibliothek"), ("ko", "도서관의", "도서관에서"),
            ("ja", "古い新聞をデジタル化", "新聞のデジタル化"),
            ("zh", "翻译者词汇表", "翻译词汇"), ("ka", "ბიბლიოთეკაში", "ბიბლიოთეკა"),
        ],
    )  # fmt: skip
    def test_forms_and_parts_of_words_are_found_where_no_stemmer_knows_them(
        self, engine: Engine, language: str, written: str, typed: str
    ) -> None:
        engine.index([document("it", "", f"x {written} y", language), document("else", "Other")])
        assert ids(engine, typed, Reader(("public",), (language,))) == ["it"]

    def test_a_word_that_was_taken_out_is_not_similar_any_more(self, engine: Engine) -> None:
        engine.index([document("a", "glossary"), document("b", "glossary")])
        engine.index([document("a", "other")])
        assert ids(engine, "glosary") == ["b"]
        engine.remove([document("b").key])
        assert ids(engine, "glosary") == []

    def test_a_similar_word_is_marked(self, engine: Engine) -> None:
        engine.index([document("a", texts=(Text("en", "x", "the old glossary here"),))])
        (hit,) = engine.search(SearchQuery(q="glosary"), PUBLIC).items
        assert hit.snippet == "the old \ue000glossary\ue001 here"
