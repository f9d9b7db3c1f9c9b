"""The syntax of a search accepts any text, and a form's filters and the text say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.search_filters import FILTERS
from core.search_syntax import (
    MOST_CLAUSES,
    AnyOf,
    Filter,
    Hint,
    Not,
    Phrase,
    Query,
    Word,
    parse,
    with_filters,
)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("old market", (Word("old"), Word("market"))),
        ('"old market" hall', (Phrase("old market"), Word("hall"))),
        ("„alte Halle“", (Phrase("alte Halle"),)),
        ("market -walk", (Word("market"), Not(Word("walk")))),
        ('-"old market"', (Not(Phrase("old market")),)),
        ("wiki*", (Word("wiki", prefix=True),)),
        ("a b OR c d", (Word("a"), AnyOf((Word("b"), Word("c"))), Word("d"))),
        ("a OR b OR tag:maps", (AnyOf((Word("a"), Word("b"), Filter("tag", "maps"))),)),
        ("well-known foo:bar 10:30", (Word("well-known"), Word("foo:bar"), Word("10:30"))),
        ('צה"ל עברי', (Word('צה"ל'), Word("עברי"))),
        ("-tag:maps", (Not(Filter("tag", "maps")),)),
        ("… - ** ()", ()),
        ("or and OR-gate", (Word("or"), Word("and"), Word("OR-gate"))),
    ],
)
def test_words_phrases_exclusions_and_alternatives(text: str, nodes: tuple[object, ...]) -> None:
    assert parse(text).nodes == nodes
    assert parse(text).hints == ()


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("author:@Amira_H", "author", ("Amira_H",)),
        ('AUTHOR:"Amira H"', "author", ("Amira H",)),
        ("tag:#Old-Maps tag:help", "tag", ("old-maps", "help")),
        ("kind:Topic", "kind", ("topic",)),
        ("lang:pt_BR", "lang", ("pt-br",)),
        ("category：general", "category", ("general",)),
        ("group:walkers", "group", ("walkers",)),
        ("group:Walkers--06H229", "group", ("walkers--06h229",)),
        ("after:2026", "after", ("2026-01-01",)),
        ("before:2026-3", "before", ("2026-03-01",)),
        ("after:2026-03-09", "after", ("2026-03-09",)),
        ('near:"New  York"', "near", ("New York",)),
        ("near:リスボン near:38.720,-9.14", "near", ("リスボン", "38.72,-9.14")),
        ('near:"−0.00001, 179.5"', "near", ("-0.00001,179.5",)),
        ("has:seats", "has", ("seats",)),
        ("has:picture", "has", ("picture",)),
        ("is:announcement", "is", ("announcement",)),
        ("is:online spoken:PT_br", "spoken", ("pt-br",)),
    ],
)
def test_filters_have_canonical_values(text: str, name: str, values: tuple[str, ...]) -> None:
    found = parse(f"word {text}")
    assert found.values(name) == values
    assert found.nodes == (Word("word"),)
    assert found.hints == ()


def test_all_words_may_be_limited_to_the_title() -> None:
    assert parse("walk in:title").within == "title"
    assert parse("walk in:text OR in:title").within == "text"
    assert parse("walk").within == ""


@pytest.mark.parametrize(
    ("text", "km"),
    [
        ("near:Suva", 50),
        ("near:Suva within:20", 20),
        ("near:Suva within:20KM", 20),
        ("near:Suva within:12.5mi", 12.5 * 1.609344),
        ('near:Suva within:"7 km"', 7),
        ("near:Suva within:7km within:9km", 9),
        ("walk OR within:7km near:Suva", 7),
        ("-near:Suva within:7km", 7),
    ],
)
def test_a_distance_is_for_the_whole_query(text: str, km: float) -> None:
    found = parse(text)
    assert found.radius_km == pytest.approx(km)
    assert found.hints == ()
    assert found.values("within") == ()


@pytest.mark.parametrize(
    ("text", "hint", "nodes"),
    [
        ("maps kind:song", Hint("filter-value", "kind:song"), (Word("maps"),)),
        ("maps lang:klingonese", Hint("filter-value", "lang:klingonese"), (Word("maps"),)),
        ("maps after:2026-02-30", Hint("filter-value", "after:2026-02-30"), (Word("maps"),)),
        ("maps before:soon", Hint("filter-value", "before:soon"), (Word("maps"),)),
        ("maps tag:!!", Hint("filter-value", "tag:!!"), (Word("maps"),)),
        ("maps -in:title", Hint("filter-value", "-in:title"), (Word("maps"),)),
        ("maps near:91,0", Hint("filter-value", "near:91,0"), (Word("maps"),)),
        ("maps near:0,-180.5", Hint("filter-value", "near:0,-180.5"), (Word("maps"),)),
        ("maps near:12", Hint("filter-value", "near:12"), (Word("maps"),)),
        ("maps near:Suva within:far", Hint("filter-value", "within:far"), (Word("maps"),)),
        ("maps near:Suva within:0km", Hint("filter-value", "within:0km"), (Word("maps"),)),
        ("maps near:Suva within:30000km", Hint("filter-value", "within:30000km"), (Word("maps"),)),
        ("maps near:Suva -within:5km", Hint("filter-value", "-within:5km"), (Word("maps"),)),
        ("maps within:5km", Hint("within-alone"), (Word("maps"),)),
        ("author: maps", Hint("filter-empty", "author"), (Word("maps"),)),
        ('"old maps', Hint("quote-open"), (Phrase("old maps"),)),
        ("maps OR", Hint("or-edge"), (Word("maps"),)),
        ("OR maps", Hint("or-edge"), (Word("maps"),)),
        ("old OR OR maps", Hint("or-edge"), (AnyOf((Word("old"), Word("maps"))),)),
    ],
)
def test_a_slip_is_a_hint_and_the_rest_is_searched(text: str, hint: Hint, nodes: tuple[object, ...]) -> None:
    found = parse(text)
    assert found.hints == (hint,)
    assert found.nodes == nodes


def test_too_many_words_are_left_out_with_a_hint() -> None:
    found = parse(" ".join(f"w{n}" for n in range(MOST_CLAUSES + 5)))
    assert len(found.nodes) == MOST_CLAUSES
    assert found.hints == (Hint("clauses-many", str(MOST_CLAUSES)),)
    assert parse("a " * MOST_CLAUSES).hints == ()


@given(st.text(alphabet='ab"-: OR*“”«»\x00#@٣京taginkdlser0123456789', max_size=60) | st.text(max_size=40))
def test_any_text_is_a_query(text: str) -> None:
    found = parse(text)
    assert isinstance(found, Query)
    # Filters that are written anew say the same as before.
    chosen = {
        name: found.values(name)
        for name in FILTERS
        if name not in ("in", "within")
        and found.values(name)
        and not any("OR" in value for value in found.values(name))
    }
    if not found.hints:
        assert set(parse(with_filters(text, chosen)).filters) == set(found.filters)


def test_a_form_takes_filters_away_and_adds_them() -> None:
    text = 'old tag:maps "x y" tag:"help wanted" -tag:spam lang:de'
    assert with_filters(text, {"tag": ["a b", "c"], "kind": ["topic"]}) == (
        'old "x y" -tag:spam lang:de tag:"a b" tag:c kind:topic'
    )
    assert with_filters(text, {"tag": [], "lang": [], "author": [""]}) == 'old "x y" -tag:spam'
    assert with_filters("a OR tag:b", {"tag": ["c"]}) == "a OR tag:b tag:c"
    assert with_filters('author:x"y', {"author": ['x"y']}) == '"y " author:xy'
    assert with_filters("maps OR", {"tag": ["c"]}) == "maps tag:c"
    assert parse(with_filters('"old maps', {"tag": ["c"]})).values("tag") == ("c",)
