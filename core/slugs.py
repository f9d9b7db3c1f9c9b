"""Slugs and tags: the readable parts of URLs, in any script."""

import unicodedata

_LETTERS = ("L", "M", "N")


def slug(text: str, longest: int = 80) -> str:
    """The text as part of a URL: NFC, lower case, words of letters, marks and digits joined by ``-``.

    Letters of every script are kept: an Arabic title gives an Arabic slug. At most ``longest`` characters, cut between
    words if possible. Empty if the text has no letter and no digit.
    """
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    # Invisible format characters, such as zero-width joiners, are left out.
    visible = (char for char in lowered if unicodedata.category(char) != "Cf")
    spaced = "".join(char if unicodedata.category(char)[0] in _LETTERS else " " for char in visible)
    words = [word for word in spaced.split() if any(unicodedata.category(char)[0] != "M" for char in word)]
    return _cut("-".join(words), longest)


def tag(text: str) -> str:
    """The canonical form of a tag as somebody typed it: a slug of at most 40 characters.

    Raises ``ValueError`` if the text has no letter and no digit.
    """
    found = slug(text.removeprefix("#"), 40)
    if not found:
        raise ValueError(f"{text[:40]!r} has no letter and no digit")
    return found


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
