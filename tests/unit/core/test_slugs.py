import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.slugs import slug, tag


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Hello, World!", "hello-world"),
        ("  Año nuevo:  2026 ", "año-nuevo-2026"),
        ("مرحبا بالعالم", "مرحبا-بالعالم"),
        ("हिन्दी विकि", "हिन्दी-विकि"),
        ("ウィキ・フェス 2026", "ウィキ-フェス-2026"),
        ("می\u200cخواهم", "میخواهم"),
        ("Cafe\u0301", "café"),
        ("!!! 🎉", ""),
        ("\u0301", ""),
        ("İstanbul", "istanbul"),
        ("Wiki\u3164Fest", "wiki-fest"),
        ("\u3164", ""),
        ("C++ and C#", "c-and-c"),
    ],
)
def test_a_title_becomes_an_address_in_its_own_script(title: str, expected: str) -> None:
    assert slug(title) == expected


def test_a_long_title_is_cut_between_words() -> None:
    assert slug("one two three four", 10) == "one-two"
    assert slug("a" * 30, 10) == "a" * 10
    assert slug("one two", 7) == "one-two"


def test_a_cut_never_divides_a_letter_from_its_marks() -> None:
    assert not slug("हि" * 10, 5).endswith("ह")


@given(st.text(max_size=60), st.integers(2, 30))
def test_a_slug_of_a_slug_is_itself_and_fits(text: str, longest: int) -> None:
    made = slug(text, longest)
    assert len(made) <= longest
    assert slug(made, longest) == made
    assert unicodedata.is_normalized("NFC", made)
    assert not made.startswith("-")
    assert not made.endswith("-")


def test_a_tag_has_one_form() -> None:
    assert tag("#Wiki Loves Monuments") == tag("wiki-loves-monuments") == "wiki-loves-monuments"
    assert tag("İstanbul") == tag("istanbul") == "istanbul"
    assert [tag(each) for each in ("C", "C++", "#c#", "Notepad++ 8", "a+b", "+1")] == [
        "c",
        "c++",
        "c#",
        "notepad++-8",
        "a-b",
        "1",
    ]
    for text in ("—", "#", "++", "\u3164", "\u200b"):
        with pytest.raises(ValueError, match="no letter"):
            tag(text)


@given(st.text(max_size=60))
def test_a_tag_of_a_tag_is_itself(text: str) -> None:
    try:
        made = tag(text)
    except ValueError:
        return
    assert tag(made) == made
    assert len(made) <= 40
