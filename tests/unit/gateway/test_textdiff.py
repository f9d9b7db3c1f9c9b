from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.markup_cut import boundary
from gateway.textdiff import MOST_STEPS, Comparisons, compare, counted

THAI = "กขคงจชซญดตถทธนบปผฝพฟภมยรลวศสหอฮ"
# Letters that are several characters: a Thai cluster, a family of emoji, a flag, a Hindi syllable, a Hangul letter.
CLUSTERS = [
    "ที่",
    "น้ำ",
    "👩‍👩‍👧",
    "👩‍👩‍👦",
    "🇩🇪",
    "🇫🇷",
    "👍🏽",
    "न्दी",
    "ति",
    "각",
    "é",
    "a",
    "雪",
    " ",
    "\n",
    "。",
    ".",
]
texts = st.lists(st.sampled_from(CLUSTERS), max_size=40).map("".join)


def halves(before: str, after: str) -> list[tuple[str, str]]:
    """The texts that the pieces make, each with the pieces."""
    pieces = compare(before, after)
    assert "".join(text for kind, text in pieces if kind != "added") == before
    assert "".join(text for kind, text in pieces if kind != "removed") == after
    return [(kind, text) for kind, text in pieces]


@given(st.text(max_size=200), st.text(max_size=200))
def test_both_texts_can_be_read_from_the_pieces(before: str, after: str) -> None:
    halves(before, after)


@given(st.text("ab\n 雪e\u0301", max_size=60), st.text("ab\n 雪e\u0301", max_size=60))
def test_they_can_where_the_texts_repeat_themselves(before: str, after: str) -> None:
    halves(before, after)


@given(texts, texts)
def test_no_letter_is_cut_in_two(before: str, after: str) -> None:
    pieces = halves(before, after)
    for of, text in (("added", before), ("removed", after)):
        at = 0
        for kind, piece in pieces:
            assert boundary(text, at) == at
            at += len(piece) if kind != of else 0


@given(st.text("ab\n 雪", max_size=80), st.text("ab\n 雪", max_size=80), st.integers(0, 300))
def test_the_steps_of_a_comparison_are_bounded(before: str, after: str, most: int) -> None:
    pieces, steps = counted(before, after, most)
    assert steps <= most + len(before) + len(after) + 3
    assert "".join(text for kind, text in pieces if kind != "added") == before
    assert "".join(text for kind, text in pieces if kind != "removed") == after


def test_whole_words_differ() -> None:
    assert compare("forty herons", "forty storks") == [
        ("same", "forty "),
        ("removed", "herons"),
        ("added", "storks"),
    ]


def test_a_word_is_whole_in_scripts_with_vowel_signs_too() -> None:
    assert compare("मैं हिन्दी में", "मैं हिन्दू में") == [
        ("same", "मैं "),
        ("removed", "हिन्दी"),
        ("added", "हिन्दू"),
        ("same", " में"),
    ]


def test_scripts_without_spaces_differ_by_their_letters() -> None:
    assert compare("雪の日", "雪の夜") == [("same", "雪の"), ("removed", "日"), ("added", "夜")]
    assert compare("ไปที่น้ำ", "ไปที่น้า")[0] == ("same", "ไปที่")


def test_lines_that_stay_are_the_same_whatever_is_put_between_them() -> None:
    lines = [f"line {number}\n" for number in range(200)]
    after = [*lines[:50], "new\n", *lines[50:150], *lines[151:]]
    assert compare("".join(lines), "".join(after)) == [
        ("same", "".join(lines[:50])),
        ("added", "new\n"),
        ("same", "".join(lines[50:150])),
        ("removed", lines[150]),
        ("same", "".join(lines[151:])),
    ]


def test_texts_with_little_in_common_are_replaced() -> None:
    assert [kind for kind, _ in compare("雪の日に歩くのが好き", "東京はの大都市です")] == ["removed", "added"]


def test_one_edit_in_a_long_text_without_spaces_takes_few_steps() -> None:
    text = "".join(random.Random(1).choices(THAI, k=9_990))
    pieces, steps = counted(text, text[:5000] + "ฬ" + text[5000:])
    assert pieces == [("same", text[:5000]), ("added", "ฬ"), ("same", text[5000:])]
    assert steps < 100


def test_edits_far_apart_in_it_take_as_many_steps_as_it_has_letters() -> None:
    text = "".join(random.Random(1).choices(THAI, k=9_990))
    pieces, steps = counted(text, "ฬ" + text[1:9_000] + "ฬ" + text[9_001:])
    assert [kind for kind, _ in pieces] == ["removed", "added", "same", "removed", "added", "same"]
    assert steps < 2 * len(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ab" * 5_000, "ba" * 5_000),
        ("雪の" * 25_000, "の雪" * 25_000),
        ("a b " * 12_500, "b a a " * 8_000),
        ("a\nb\n" * 12_500, "b\na\na\n" * 8_000),
        (
            "".join(random.Random(1).choices(THAI, k=50_000)),
            "".join(random.Random(2).choices(THAI, k=50_000)),
        ),
        ("🇩🇪" * 25_000, "🇫🇷" * 25_000),
        ("a" + "\u0301" * 49_999, "b" + "\u0301" * 49_999),
    ],
    ids=["ab", "kana", "words", "lines", "thai", "flags", "marks"],
)
def test_no_pair_of_texts_takes_more_steps_than_allowed(before: str, after: str) -> None:
    _, steps = counted(before, after)
    assert steps <= MOST_STEPS + max(len(before), len(after))
    halves(before, after)


def test_a_comparison_is_made_once() -> None:
    comparisons = Comparisons(most_characters=100)
    assert [comparisons.get("a b", "a c") for _ in range(3)] == [compare("a b", "a c")] * 3
    assert comparisons.get("a b", "a d") == compare("a b", "a d")
    assert comparisons.made == 2


def test_the_comparisons_that_are_kept_are_bounded_by_their_length() -> None:
    comparisons = Comparisons(most_characters=100)
    for number in range(10, 40):
        comparisons.get("", f"{number}" * 5)
        assert comparisons.characters <= 100
    comparisons.get("", "39" * 5)
    assert comparisons.made == 30
    comparisons.get("", "x" * 1000)
    assert comparisons.characters == 0
