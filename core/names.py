"""Names of people: their shape, and how two are compared."""

from __future__ import annotations

import unicodedata

NAME_LENGTHS = range(2, 41)


def is_name(name: str) -> bool:
    """Whether this is a valid name of a person: 2 to 40 letters, marks, digits and ``_-.``, in NFC.

    A name starts with a letter or digit and does not end with ``.`` or ``-``, so that a mention can be followed by a
    full stop.
    """
    return (
        len(name) in NAME_LENGTHS
        and unicodedata.is_normalized("NFC", name)
        and all(map(may_be_in_name, name))
        and unicodedata.category(name[0])[0] in "LN"
        and name[-1] not in ".-"
    )


def may_be_in_name(char: str) -> bool:
    """Whether names may contain a character."""
    # Marks are parts of letters: names in Hindi or vocalised Arabic need them.
    return char in "_-." or unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Nd"


def name_key(name: str) -> str:
    """The form in which two names are compared: NFKC, casefolded (Unicode, 3.13, compatibility caseless matching)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
