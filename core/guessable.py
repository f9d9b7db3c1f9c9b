"""Passwords that are among the first to be tried: common ones, repeats and sequences (NIST SP 800-63B, 3.1.1.2).

The list of common passwords is that of the package `zxcvbn`. Its estimate is not used: it takes seconds for texts that
are made for it. What is here takes time in proportion to the length. So the package is not imported either: its other
lists, and what it makes of them, would take 12 MB for good.
"""

from __future__ import annotations

import runpy
import unicodedata
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

FEWEST_PARTS = 4
"""A password needs that many parts that don't follow from each other: `abcd1234` has two, `aabbaabb` two."""

_ROWS = (
    "1234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "azertyuiop", "qsdfghjklm",
    "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "ضصثقفغعهخح", "شسيبلاتنم", "קראטוןםפ",
)  # fmt: skip
_WORDS = frozenset(
    {
        "password", "passwort", "kennwort", "contraseña", "contrasena", "motdepasse", "пароль", "סיסמה", "סיסמא",
        "كلمةالسر", "كلمةالمرور", "पासवर्ड", "パスワード", "密码", "密碼", "wikipedia", "wikimedia", "changeme",
    }
)  # fmt: skip
"""What stands for "password" in the interface's languages, and what is near at hand here."""

_LEET = str.maketrans("0134578@$!", "oleastbasi")
_SHORT_REST = 4


def is_guessable(password: str) -> bool:
    """Whether a password is common, or a common one with few characters more, or repeats or follows a pattern."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    for text in {folded, "".join(folded.split())}:
        unit = _repeated(text)
        if _parts(unit) < FEWEST_PARTS or len(set(text)) < FEWEST_PARTS or _is_common(unit):
            return True
    return False


def _is_common(text: str) -> bool:
    core = text.strip("".join({char for char in text if not char.isalpha()}))
    known = _common()
    for each in {text, text.translate(_LEET)}:
        if each in known:
            return True
    for each in {core, core.translate(_LEET)}:
        # A word with a year or a few marks at its ends is tried as early as the word.
        if len(each) >= 4 and each in known and len(text) - len(core) <= _SHORT_REST:
            return True
    return core in _WORDS


def _repeated(text: str) -> str:
    """The shortest text whose repetition is `text`."""
    if not text:
        return text
    length = (text + text).index(text, 1)
    return text[:length]


def _parts(text: str) -> int:
    """How many parts a text has: runs in which each character follows from the one before, and single characters."""
    return 1 + sum(not _follows(one, other) for one, other in pairwise(text)) if text else 0


def _follows(one: str, other: str) -> bool:
    """Whether two characters are the same, or neighbours in a writing system or a row of a keyboard."""
    return abs(ord(one) - ord(other)) <= 1 or one + other in _neighbours()


@cache
def _neighbours() -> frozenset[str]:
    rows = [*_ROWS, *(row[::-1] for row in _ROWS)]
    return frozenset(one + other for row in rows for one, other in pairwise(row))


@cache
def _common() -> frozenset[str]:
    package = find_spec("zxcvbn")
    assert package
    assert package.origin
    lists = runpy.run_path(str(Path(package.origin).with_name("frequency_lists.py")))["FREQUENCY_LISTS"]
    return frozenset(lists["passwords"]) | _WORDS
