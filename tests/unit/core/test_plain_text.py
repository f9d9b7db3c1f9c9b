"""What people write is stored without what can't be seen, or changes how other text is shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.plain_text import clean_line, clean_text, has_invisible, is_visible


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Two \t words\n", "Two words"),
        ("one\r\ntwo\u2028three\x85four", "one two three four"),
        ("a\x00b\x1bc\x7fd\ufffe", "abcd"),
        ("x \u202egnp.exe", "x gnp.exe"),
        ("\u2067a\u2069 \u202bb\u202c", "a b"),
        ("Cafe\u0301", "Café"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # the script needs it
        ("👩🏽\u200d💻", "👩🏽\u200d💻"),
        ("עברית\u200f!", "עברית\u200f!"),
        (".", "."),
        ("नमस्ते", "नमस्ते"),
    ],
)
def test_a_line(text: str, line: str) -> None:
    assert clean_line(text) == line


@pytest.mark.parametrize(
    "text",
    ["\u200b\u200b", "\u3164", "\u2800 \u00ad\ufe0f", "\u0301", "\U000e0041", "", "\u3164\n\u200b ", " \n"],
)
def test_what_shows_nothing_is_nothing(text: str) -> None:
    assert clean_line(text) == clean_text(text) == ""


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("one\r\ntwo\rthree\n\n    four\n", "one\ntwo\nthree\n\n    four\n"),
        ("a\u202eb\u202dc \u2067d\u2069", "abc \u2067d\u2069"),
        ("a\tb\x08", "a\tb"),
    ],
)
def test_a_text(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@pytest.mark.slow
@given(st.text())
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    line, cleaned = clean_line(text), clean_text(text)
    assert clean_line(line) == line
    assert clean_text(cleaned) == cleaned
    assert is_visible(line) is is_visible(text) is bool(line) is bool(cleaned)
    assert unicodedata.is_normalized("NFC", line)
    assert not any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in line)


def test_letters_that_show_as_nothing_are_found() -> None:
    assert has_invisible("a\u3164")
    assert has_invisible("a\ufe0f")
    assert not has_invisible("नमस्ते é 漢 🙂")
