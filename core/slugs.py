"""Words for addresses: slugs and tags, in any script."""

import unicodedata

_LETTERS = ("L", "M", "N")


def slug(text: str, longest: int = 80) -> str:
    """The text as part of an address: NFC, lower case, words of letters, marks and digits joined by ``-``.

    Letters of every script stay as they are: an Arabic title has an Arabic address. At most ``longest`` characters,
    cut between words where there is a place. Empty if the text has no letter and no digit.
    """
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    # Invisible signs that shape letters (zero-width joiners and the like) are part of no word's address.
    visible = (char for char in lowered if unicodedata.category(char) != "Cf")
    spaced = "".join(char if unicodedata.category(char)[0] in _LETTERS else " " for char in visible)
    words = [word for word in spaced.split() if any(unicodedata.category(char)[0] != "M" for char in word)]
    return _cut("-".join(words), longest)


def tag(text: str) -> str:
    """The one form of a tag, however it was typed: a slug of at most 40 characters. ``ValueError`` if
    nothing is left."""
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
        # A vowel sign without its letter is no text: the cut goes before the letter.
        if unicodedata.category(joined[longest])[0] == "M":
            cut = cut.rstrip("".join({char for char in cut if unicodedata.category(char)[0] == "M"}))[:-1]
    return cut.rstrip("-")
