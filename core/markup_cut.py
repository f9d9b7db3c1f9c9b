"""Shortens text: never inside a letter, and between words in scripts that separate words."""

import unicodedata

_JOINER = "\u200d"
_VIRAMAS = frozenset("\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2")
# Letters of Thai and Lao that stand beside a consonant and belong to it (SARA AM).
_VOWELS = frozenset("\u0e33\u0eb3")
_ENDS = frozenset("。．、，！？；：」』）】")


def cut(text: str, length: int) -> str:
    """At most ``length`` characters of the text, with ``…`` at the end if something was left out.

    The text is cut after a word or, in scripts without spaces, after a full stop or comma. If there is none in the last
    third it is cut between two letters.
    """
    if len(text) <= length:
        return text
    end = boundary(text, max(length - 1, 0))
    for at in range(end, end * 2 // 3, -1):
        if text[at].isspace() or text[at - 1] in _ENDS:
            end = at
            break
    return text[:end].rstrip() + "…"


def boundary(text: str, at: int) -> int:
    """The last position at or before ``at`` that is not inside a grapheme cluster, what a reader sees as one letter.

    Applies the main rules of Unicode Standard Annex 29: marks, joiners, conjuncts, flags, Hangul, CR LF.
    """
    at = min(at, len(text))
    while 0 < at < len(text) and is_inside_letter(text, at):
        at -= 1
    return at


def is_inside_letter(text: str, at: int) -> bool:
    """Whether a position, which is not the beginning, is inside a grapheme cluster."""
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return True
    if (
        unicodedata.category(after)[0] == "M"
        or after in _VOWELS
        or after == _JOINER
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    ):
        return True
    if "\U000e0020" <= after <= "\U000e007f":  # tag characters, which spell the flags of regions
        return True
    if before == _JOINER:
        return unicodedata.category(after)[0] in "SL"
    if before in _VIRAMAS:
        return unicodedata.category(after)[0] == "L"
    if _is_regional(before) and _is_regional(after):
        start = at
        while start > 0 and _is_regional(text[start - 1]):
            start -= 1
        return (at - start) % 2 == 1
    # Conjoining Hangul letters: a vowel or final consonant belongs to the letter before it.
    return "\u1160" <= after <= "\u11ff" and (
        "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    )


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
