"""Slugs and tags: the readable parts of URLs, in any script."""

import re
import unicodedata

from core.plain_text import has_invisible

_LETTERS = ("L", "M", "N")


def slug(text: str, longest: int = 80) -> str:
    """The text as part of a URL: NFC, lower case, words of letters, marks and digits joined by ``-``.

    Letters of every script are kept: an Arabic title gives an Arabic slug. At most ``longest`` characters, cut between
    words if possible. Empty if the text has no letter and no digit.
    """
    return _cut("-".join(_words(text)), longest)


def tag(text: str) -> str:
    """The canonical form of a tag as somebody typed it: a slug of at most 40 characters.

    A word may end in ``+`` and ``#``: ``C``, ``C++`` and ``C#`` are three tags. Raises ``ValueError`` if the text has
    no letter and no digit.
    """
    found = _cut("-".join(_words(text.removeprefix("#"), ends="+#")), 40)
    if not found:
        raise ValueError(f"{text[:40]!r} has no letter and no digit")
    return found


def _words(text: str, ends: str = "") -> list[str]:
    """The words of a text in lower case, each with those of the characters ``ends`` that follow it."""
    # "İ".lower() is "i" and a dot above: the same name would be another word in capitals.
    lowered = unicodedata.normalize("NFC", text).lower().replace("i\u0307", "i")
    lowered = unicodedata.normalize("NFC", lowered)
    spaced = ""
    for char in lowered:
        category = unicodedata.category(char)
        if category == "Cf":
            continue  # format characters, such as zero-width joiners, are left out
        follows = bool(spaced) and spaced[-1] != " "
        if (category[0] in _LETTERS and not has_invisible(char)) or (char in ends and follows):
            spaced += char
        else:
            spaced += " "
    if ends:
        # Within a word they separate: "maps+photos" is two words.
        spaced = re.sub(rf"[{re.escape(ends)}]+(?=[^\s{re.escape(ends)}])", " ", spaced)
    return [word for word in spaced.split() if any(unicodedata.category(char)[0] in "LN" for char in word)]


def _cut(joined: str, longest: int) -> str:
    if len(joined) <= longest:
        return joined
    cut = joined[: longest + 1].rpartition("-")[0]
    if len(cut) < longest // 2:
        cut = joined[:longest]
        # A letter must not lose its vowel sign, so the cut is moved before the letter.
        if unicodedata.category(joined[longest])[0] == "M":
            cut = cut.rstrip("".join({char for char in cut if unicodedata.category(char)[0] == "M"}))[:-1]
    return cut.rstrip("-")
