"""Character classes by script: which characters make words, which scripts have no spaces, what is one letter."""

from __future__ import annotations

import re
import unicodedata

UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    "\u0e80-\u0ecf"  # Lao
    "\u1000-\u103f\u104a-\u109f\uaa60-\uaa7f"  # Burmese
    "\u1780-\u17d3\u17dc-\u17dd"  # Khmer
    "\u1100-\u11ff\uac00-\ud7af"  # Hangul: spaces part phrases there, not words
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3105-\u312f"  # kana, bopomofo
    "\uff66-\uff9f"  # kana of half width
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
"""Letters of scripts that are written without spaces between words, as the inside of a character class."""

_SCRIPTS = (
    ("arabic", re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")),
    ("hebrew", re.compile("[\u0590-\u05ff\ufb1d-\ufb4f]")),
    ("cyrillic", re.compile("[\u0400-\u052f]")),
    ("greek", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("devanagari", re.compile("[\u0900-\u097f]")),
    ("armenian", re.compile("[\u0530-\u058f]")),
    ("bengali", re.compile("[\u0980-\u09ff]")),
    ("georgian", re.compile("[\u10a0-\u10ff]")),
    ("tamil", re.compile("[\u0b80-\u0bff]")),
    ("latin", re.compile("[A-Za-z\u00aa-\u024f\u1e00-\u1eff\uff21-\uff5a]")),
)


def _marks() -> str:
    """Combining marks as ranges of a character class: vowel signs and accents belong to a word, but not to `\\w`."""
    ranges: list[list[int]] = []
    for code in (*range(0x300, 0x20000), *range(0xE0100, 0xE01F0)):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


MARKS = _marks()
APOSTROPHES = "'`\u00b4\u02b9-\u02bf\u02c8\u02ee\u2018\u2019\u201b\u2032\uff07"
"""The signs that people write for an apostrophe, an okina or a glottal stop, as the inside of a character class."""

# Invisible joiners and the soft hyphen occur inside words. Hebrew writes acronyms with a sign (or a quote) before the
# last letter.
_LETTERS = f"(?:[^\\W_\u02b9-\u02bf\u02c8\u02ee]++|[{MARKS}]++)"
_CYRILLIC = "[\u0400-\u052f]"
_INSIDE = (
    "[\u00ad\u200c\u200d\u2060\u05f3\u05f4]|(?<=[\u05d0-\u05ea])[\"'](?=[\u05d0-\u05ea])"
    f"|(?<={_CYRILLIC})[{APOSTROPHES}](?={_CYRILLIC})"
)
WORD = re.compile(f"{_LETTERS}(?:{_LETTERS}|{_INSIDE})*+")
"""One word as it is written: letters, digits and marks of any script. An apostrophe is part of a Cyrillic word
(м'ята); in Latin script it separates two words (l'eau)."""

_HYPHENS = "\\-\u2010\u2011"
JOINT = re.compile(f"[{APOSTROPHES}{_HYPHENS}]")
"""What joins two parts of a word."""

_LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff"
_LATIN_PART = f"[{_LATIN}][{_LATIN}\u0300-\u036f]*+"
JOINED = re.compile(f"(?<![\\w\u0300-\u036f]){_LATIN_PART}(?:[{APOSTROPHES}{_HYPHENS}]{_LATIN_PART})++")
"""A Latin word with apostrophes or hyphens, which some people write without them (Hawaiʻi, Hawaii; e-mail, email)."""

# The sound marks of half-width kana are letters to Unicode, but become one with the kana before.
_CLUSTER = re.compile(f".[{MARKS}\u200c\u200d\uff9e\uff9f]*", re.DOTALL)


DIGIT = re.compile("[0-9]")

_UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")


def is_unspaced(word: str) -> bool:
    """Whether a word has a letter of a script without spaces."""
    return _UNSPACED_LETTER.search(word) is not None


def script(word: str) -> str:
    """The script of a word, by its first letter of a script in `_SCRIPTS`; `""` if there is none."""
    if word.isascii():
        return "latin"
    best, name = len(word), ""
    for each, pattern in _SCRIPTS:
        found = pattern.search(word, 0, best)
        if found is not None:
            best, name = found.start(), each
    return name


def clusters(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Start and end of each letter with its combining marks."""
    return [match.span() for match in _CLUSTER.finditer(text, start, end)]
