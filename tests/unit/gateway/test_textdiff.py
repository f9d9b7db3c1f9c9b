from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.textdiff import LONGEST, compare


@given(st.text(max_size=200), st.text(max_size=200))
def test_both_texts_can_be_read_from_the_pieces(before: str, after: str) -> None:
    pieces = compare(before, after)
    assert "".join(text for kind, text in pieces if kind != "added") == before
    assert "".join(text for kind, text in pieces if kind != "removed") == after


def test_whole_words_differ() -> None:
    assert compare("forty herons", "forty storks") == [
        ("same", "forty "),
        ("removed", "herons"),
        ("added", "storks"),
    ]


def test_scripts_without_spaces_differ_by_their_signs() -> None:
    assert compare("雪の日", "雪の夜") == [("same", "雪の"), ("removed", "日"), ("added", "夜")]


def test_very_long_texts_are_not_compared() -> None:
    assert [kind for kind, _ in compare("a" * LONGEST, "b")] == ["removed", "added"]
