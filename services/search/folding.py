"""Folding: maps the spellings of a word that its language treats as variants to one form.

All scripts: NFKC, case folding, decimal digits of any script as ASCII, invisible joiners removed. Beyond that:

- Latin: accents are dropped, except where the language has them as letters of their own: å ä ö in Swedish and Finnish,
  æ ø å in Danish and Norwegian, ñ in Spanish, and so on (`_KEPT`). Turkish and Azerbaijani have their own case of i.
- Greek: accents are dropped.
- Cyrillic: й ї ґ stay; ё becomes е, which is how most people write it.
- Arabic: no tashkeel, no tatweel, one alef, ya for alef maqsura, ha for ta marbuta (as people type), Persian kaf and ya
  as the Arabic ones.
- Hebrew: no points, no acronym signs.
- Devanagari: no nukta, chandrabindu as anusvara, and a nasal before a consonant as anusvara (हिन्दी, हिंदी).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from services.search.scripts import script

_KEPT = {
    "sv": "åäö", "fi": "åäö", "et": "äöüõ", "da": "æøå", "nb": "æøå", "nn": "æøå", "no": "æøå", "fo": "æøð",
    "is": "æöðþ", "es": "ñ",
}  # fmt: skip
_SPELLED_OUT = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ı": "i",
        "ŋ": "n",
        "ƒ": "f",
    }
)
_TURKISH = str.maketrans({"I": "ı", "İ": "i"})
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\u0640'\"\u05f3\u05f4]")
_ARABIC = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ې": "ي",
        "ة": "ه",
        "ۀ": "ه",
        "ہ": "ه",
        "ک": "ك",
    }
)
_CYRILLIC = str.maketrans({"ё": "е", "ѐ": "е", "ѝ": "и"})
_NASAL = re.compile("[ङञणनम]\u094d(?=[क-ह])")
_DEVANAGARI = str.maketrans({"\u093c": None, "\u0901": "\u0902"})


@lru_cache(maxsize=10_000)
def fold(word: str, language: str) -> str:
    """The folded form of one word; `language` is a code, or `""` for the rules that all languages share."""
    if word.isascii() and language not in ("tr", "az"):
        return word.lower()
    if language in ("tr", "az"):
        word = word.translate(_TURKISH)
    word = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    word = _INVISIBLE.sub("", word)
    word = "".join(_digit(char) for char in word)
    return _BY_SCRIPT.get(script(word), lambda text, _: text)(word, language)


def _digit(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def _latin(word: str, language: str) -> str:
    kept = _KEPT.get(language, "")
    if word.isascii():
        return word
    pieces = []
    for char in word:
        if char in kept:
            pieces.append(char)
        else:
            pieces.append(_without_marks(char).translate(_SPELLED_OUT))
    return "".join(pieces)


def _without_marks(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if unicodedata.category(char) != "Mn")


def _arabic(word: str, _language: str) -> str:
    return "".join(char for char in word if unicodedata.category(char) != "Mn").translate(_ARABIC)


def _cyrillic(word: str, _language: str) -> str:
    # Composed letters such as й stay; only separate stress marks are removed.
    return "".join(char for char in word if unicodedata.category(char) != "Mn").translate(_CYRILLIC)


def _hebrew(word: str, _language: str) -> str:
    return _without_marks(word)


def _greek(word: str, _language: str) -> str:
    return _without_marks(word).replace("ς", "σ")


def _devanagari(word: str, _language: str) -> str:
    return _NASAL.sub("\u0902", word.translate(_DEVANAGARI))


def _latin_before_stem(word: str, language: str) -> str:
    # The stemmer of the language needs the accents; `after_stem` drops them from its result.
    return word if language in _STEMMED_WITH_ACCENTS else _latin(word, language)


_STEMMED_WITH_ACCENTS = frozenset(
    [
        "ca",
        "cs",
        "da",
        "de",
        "en",
        "eo",
        "es",
        "et",
        "eu",
        "fi",
        "fr",
        "ga",
        "hu",
        "id",
        "it",
        "lt",
        "nb",
        "nl",
        "nn",
        "no",
        "pl",
        "pt",
        "ro",
        "sv",
        "tr",
    ]
)
_BY_SCRIPT = {
    "latin": _latin_before_stem,
    "arabic": _arabic,
    "hebrew": _hebrew,
    "cyrillic": _cyrillic,
    "greek": _greek,
    "devanagari": _devanagari,
}


def after_stem(word: str, language: str) -> str:
    """A stem with the accents dropped that its language does not have as letters of their own."""
    return _latin(word, language) if script(word) == "latin" else word
