"""Names that look alike, and names that are written to deceive (Unicode Technical Standard 39).

The confusable characters and the scripts of characters are Unicode's, from the package `confusable-homoglyphs`. Keys
are stored, so a new version of it needs a migration that computes them again.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from confusable_homoglyphs.categories import alias
from confusable_homoglyphs.confusables import confusables_data

from core.plain_text import has_invisible

MOST_MARKS = 4
"""The most combining marks on one letter (UTS 39, 5.4)."""

# UTS 39, 5.2, "highly restrictive": Latin may stand beside the scripts of one of the East Asian writing systems.
_TOGETHER = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
_WITHOUT_SPACES = frozenset({"HAN", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"})
_ANY_SCRIPT = frozenset({"COMMON", "INHERITED", "UNKNOWN"})


def look_alike_keys(name: str) -> frozenset[str]:
    """Two names look alike if they have a key in common.

    I looks like l, and i does not: so there are keys of the name in lower case, as it is written and in capitals, with
    case folded before or after the skeleton. Only those keep the case that tell ALlCE, which looks like ALICE, from all
    others: without it, all would look like ALI.
    """
    return frozenset(look_alike_forms(" ".join(name.split()))) - {""}


def look_alike_forms(text: str) -> tuple[str, ...]:
    """The forms in which a text of any length is compared; two words look alike if they have one in common."""
    compared = unicodedata.normalize("NFKC", text)
    lower = skeleton(compared.casefold()).casefold()
    written, capitals = skeleton(compared), skeleton(compared.upper())
    return skeleton(lower), skeleton(written.casefold()), written, capitals


def without_accents(text: str) -> str:
    """The text without combining marks on Latin letters."""
    if not text.isascii() and any(alias(char) == "LATIN" for char in text):
        text = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return text


def skeleton(text: str) -> str:
    """The text with each character as the one that it can be confused with (UTS 39, section 4)."""
    table = _prototypes()
    decomposed = unicodedata.normalize("NFD", text)
    # A long text has few different characters.
    unseen = {char for char in set(decomposed) if unicodedata.category(char) == "Cf" or has_invisible(char)}
    shown = {ord(char): "" if char in unseen else table.get(char, char) for char in set(decomposed)}
    return unicodedata.normalize("NFD", decomposed.translate(shown))


def mixes_scripts(name: str) -> bool:
    """Whether a name has letters of scripts that no language mixes, or digits of two scripts."""
    scripts = {alias(char) for char in name} - _ANY_SCRIPT
    zeros = {ord(char) - unicodedata.decimal(char) for char in name if unicodedata.category(char) == "Nd"}
    return len(zeros) > 1 or (len(scripts) > 1 and not any(scripts <= each for each in _TOGETHER))


def is_written_without_spaces(text: str) -> bool:
    """Whether a text has a letter of a script that puts no spaces between words."""
    return any(alias(char) in _WITHOUT_SPACES for char in text)


def piles_marks(name: str) -> bool:
    """Whether a letter carries more marks than any orthography needs, or the same mark twice in a row."""
    run = 0
    before = ""
    for char in unicodedata.normalize("NFD", name):
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if run > MOST_MARKS or (run > 1 and char == before):
            return True
        before = char
    return False


@cache
def _prototypes() -> dict[str, str]:
    """For each character that can be confused with others, the text that stands for all of them."""
    links: dict[str, set[str]] = defaultdict(set)
    for one, other in _pairs():
        links[one].add(other)
        links[other].add(one)
    found: dict[str, str] = {}
    for start in sorted(links):
        if start in found:
            continue
        alike, waiting = {start}, [start]
        while waiting:
            new = links[waiting.pop()] - alike
            alike |= new
            waiting += new
        chosen = min(alike, key=_preference)
        found |= dict.fromkeys(alike, chosen)
    # The characters of a longer text have prototypes of their own.
    single = {text: chosen for text, chosen in found.items() if len(text) == 1}
    return {text: "".join(single.get(char, char) for char in chosen) for text, chosen in single.items()}


def _pairs() -> Iterator[tuple[str, str]]:
    # The package has the right-to-left ones between marks of direction.
    for char, entries in confusables_data.items():
        for entry in entries:
            yield char.strip("\u200e"), entry["c"].strip("\u200e")


def _preference(text: str) -> tuple[bool, bool, bool, str]:
    # Several characters (rn for m) can't be mapped any further; then letters of English, lower case first.
    return (
        len(text) == 1,
        not (text.isascii() and text.islower()),
        not (text.isascii() and text.isalpha()),
        text,
    )
