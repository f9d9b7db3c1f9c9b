"""What a text may cost: counted, never timed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import markup
from core.markup_budget import (
    MAX_ADDRESSES,
    MAX_BRACKETS,
    MAX_CELLS,
    MAX_NESTING,
    MAX_STEPS,
    MAX_TOKENS,
    Budget,
    is_surely_within,
)
from core.markup_parse import parse


def render(text: str) -> str:
    return markup.render(text, wiki_url="https://meta.example/wiki/$1", language="en")


def table(columns: int, rows: int) -> str:
    """A table whose rows have only their first cell."""
    return f"|{'a|' * columns}\n|{'-|' * columns}\n" + "x\n" * rows


def repeated(piece: str, length: int = 50_000) -> str:
    return (piece * length)[:length]


def cost_of(text: str) -> tuple[str, Budget]:
    """The limit that a text exceeds, or "", and what was counted until then."""
    budget = Budget()
    try:
        parse(text, budget=budget)
    except markup.OverBudget as over:
        return over.code, budget
    return "", budget


OVER = {
    "markup-cells": [table(1000, 20_000), table(1000, 2), table(10, 250), repeated("|a|\n|-|\n")],
    "markup-nested": [">" * 41 + " a", "- " * 21 + "a", "*a _b " * 30 + "b_ a* " * 30],
    "markup-too-much": [
        repeated("- a\n"),
        repeated("*a*"),
        repeated("# a\n"),
        repeated("@abc "),
        repeated("\\*"),
    ],
    "markup-lines": [
        ">" * 39 + " a\n" + repeated("b\n", 40_000),
        repeated("a\n"),
        "![" * 1900 + "](/u)" * 1900,
    ],
    "markup-brackets": ["[" * (MAX_BRACKETS + 1)],
    "markup-addresses": [
        "[a]: /" + "u" * 30_000 + "\n\n" + "[a] " * 3_000,
        "[a]: /" + "雪" * 3_000 + "\n\n" + "![a] " * 3_000,
    ],
    "too-long": ["a" * (markup.MAX_BYTES + 1), "雪" * (markup.MAX_BYTES // 3 + 1)],
}
"""Texts that are too much, by the limit that they exceed. All but the last ones are within what people may send."""


@pytest.mark.slow
@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in OVER.items() for text in texts])
def test_a_text_that_is_too_much_is_found_before_the_work_is_done(code: str, text: str) -> None:
    found, budget = cost_of(text)
    assert found == code
    assert budget.cells <= MAX_CELLS + 1
    assert budget.tokens <= MAX_TOKENS + 1
    assert budget.steps <= MAX_STEPS + 1


@pytest.mark.slow
@pytest.mark.parametrize("text", [texts[0] for texts in OVER.values()], ids=list(OVER))
def test_it_is_shown_as_it_was_typed(text: str) -> None:
    shown = render(text)
    assert len(shown) <= len(text) * 6
    assert "<table" not in shown
    assert markup.mentions(text + " @amina") == []
    assert len(markup.excerpt(text)) <= 280
    assert markup.plain(text).strip() == text.strip()
    assert markup.without_quotes(text) == text.strip()


REASONABLE = {
    "long article in Thai": "น้ำที่" * 8_000,
    "a list of 1,000 links": "".join(
        f"- [Page {n}](https://example.org/wiki/{n}) – ok\n" for n in range(1000)
    ),
    "a table of 180 rows": "|a|b|c|d|e|f|g|h|i|j|\n" + "|-" * 10 + "|\n" + "|1|2|3|4|5|6|7|8|9|10|\n" * 180,
    "a poem": "a line of a poem\n" * 2_900,
    "ten people in a mail": "".join(f"{'>' * depth} said {depth}\n" for depth in range(10, 0, -1)),
    "a nested list": "".join(f"{'  ' * depth}- item\n" for depth in range(15)),
    "600 wiki links": "[[Page|label]] and " * 600,
}


@pytest.mark.parametrize("name", REASONABLE)
def test_what_people_write_is_within_the_budget(name: str) -> None:
    markup.check(REASONABLE[name])


def test_nothing_is_lost_at_the_deepest_level() -> None:
    assert "at the bottom" in render(">" * MAX_NESTING + " at the bottom")
    assert "at the bottom" in render(">" * (MAX_NESTING + 5) + " at the bottom")


PIECES = [
    *(
        "[",
        "]",
        "](",
        "![",
        "[[",
        "]]",
        "(",
        ")",
        "|",
        "|-",
        "\n",
        "\n\n",
        "> ",
        ">",
        "- ",
        "1. ",
        "  ",
        "    ",
        "\t",
    ),
    *(
        "`",
        "``",
        "*",
        "**",
        "_",
        "~~",
        "<",
        "<a",
        "<http://a",
        "&",
        "&amp;",
        "&#65;",
        "@",
        "@ab",
        "#",
        "=",
        "---",
        "\\",
    ),
    *(
        "http://",
        "https://a.b",
        "[a]: /u",
        "[a]",
        '"',
        "'",
        "a",
        "b ",
        "雪",
        "ก",
        "🙂",
        "\ufe00",
        "!",
        ":",
        "x" * 40,
    ),
]


@pytest.mark.slow
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), st.integers(3 * MAX_NESTING, 400))
def test_the_work_grows_no_faster_than_the_text(pieces: list[str], times: int) -> None:
    # Brackets that nothing closes are searched once for each level, so the text is longer than the deepest nesting.
    unit = "".join(pieces)
    once, twice = cost_of(unit * times), cost_of(unit * times * 2)
    if not once[0] and not twice[0] and once[1].steps > 2_000:
        assert twice[1].steps <= 2.5 * once[1].steps
        assert twice[1].tokens <= 2.5 * once[1].tokens + 10


def test_all_addresses_together_are_limited() -> None:
    text = "[a]: /" + "u" * 9_000 + "\n\n" + "[a] " * 2_000
    assert cost_of(text)[0] == "markup-addresses"
    shorter = "[a]: /" + "u" * 90 + "\n\n" + "[a] " * 2_000
    assert len(render(shorter)) < MAX_ADDRESSES + 200_000


ORDINARY = (
    "I read [the notes](https://example.org/notes) and agree: **Saturday** suits most of us. @Ama?\n\n" * 3
)


@pytest.mark.parametrize(
    "text", ["", "Yes.", ORDINARY, "> Said before.\n\n- one\n- two\n\n1. three\n", "雪" * 4_000]
)
def test_most_texts_are_known_to_be_within_the_budget_without_parsing(text: str) -> None:
    assert is_surely_within(text)
    markup.check(text)


@pytest.mark.slow
@pytest.mark.parametrize("text", [text for texts in OVER.values() for text in texts])
def test_no_text_that_is_too_much_passes_unparsed(text: str) -> None:
    assert not is_surely_within(text)


FULL = [
    f"{markers}{'![' * brackets}{filling}{'](/u)' * brackets}{emphasis}"[:4_000]
    for markers in ("", "> " * 15, "- " * 15, "1. " * 15, "- > 1. " * 5)
    for brackets in (0, 8)
    for emphasis in ("", "*a _b " * 10 + "b_ a* " * 10)
    for filling in ("a\n" * 100, "@ab " * 900, "\\!" * 1_700, "&amp;" * 700, "http://a " * 400, "雪 " * 1_700)
]
"""As much of each kind as passes unparsed, and some too much."""


@pytest.mark.slow
@pytest.mark.parametrize("text", FULL)
def test_what_passes_unparsed_is_far_within_the_budget(text: str) -> None:
    over, budget = cost_of(text)
    if is_surely_within(text):
        assert not over
        assert budget.tokens <= MAX_TOKENS / 2
        assert budget.steps <= MAX_STEPS / 2


@pytest.mark.slow
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=60), st.integers(1, 40))
def test_whatever_passes_unparsed_is_within_the_budget(pieces: list[str], times: int) -> None:
    text = "".join(pieces) * times
    if is_surely_within(text):
        assert not cost_of(text)[0]
