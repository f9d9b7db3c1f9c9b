"""Folding: maps the spellings of a word that people treat as one to one form.

All scripts: NFKC, case folding, decimal digits of any script as ASCII, invisible joiners removed. Beyond that:

- Latin: accents are dropped, as most people leave them out when they search, except on the letters in `_KEPT`. Turkish
  and Azerbaijani have their own case of i.
- Greek: accents are dropped.
- Cyrillic: й ї ґ stay; ё becomes е, which is how most people write it. Apostrophes in a word are removed.
- Arabic: no tashkeel, no tatweel, one alef, ya for alef maqsura, ha for ta marbuta (as people type), Persian kaf and ya
  as the Arabic ones.
- Hebrew: no points, no acronym signs, final letters as the others.
- Devanagari: no nukta, chandrabindu as anusvara, and a nasal before a consonant as anusvara (हिन्दी, हिंदी).
- Han: simplified and traditional characters are one (`chinese`), except in Japanese and Korean.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from services.search.chinese import simplified
from services.search.scripts import APOSTROPHES, script

# Letters that sort apart from the bare letter in the language's CLDR collation, and that its speakers don't leave out
# when they type in a hurry. Wikimedia's search (CirrusSearch) keeps them too. Polish, Czech, Romanian, Vietnamese and
# others sort letters apart as well, but their speakers often type without accents, so these are folded.
_KEPT = {
    "sv": "åäö", "fi": "åäö", "et": "äöüõ", "da": "æøå", "nb": "æøå", "nn": "æøå", "no": "æøå", "fo": "æøð",
    "is": "æöðþ", "es": "ñ", "gl": "ñ", "eu": "ñ", "ast": "ñ", "tr": "ı", "az": "ı",
}  # fmt: skip
_SPELLED_OUT = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "ŧ": "t",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ı": "i",
        "ŋ": "n",
        "ƒ": "f",
    }
)
TURKIC = ("tr", "az")
"""Languages in which ı and i are two letters, each with its own capital."""

_OWN_HAN = ("ja", "ko")
_TURKISH = str.maketrans({"I": "ı", "İ": "i"})
_INVISIBLE = re.compile(f'[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\u0640{APOSTROPHES}"\u05f3\u05f4]')
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
_HEBREW = str.maketrans("ךםןףץ", "כמנפצ")
_CYRILLIC = str.maketrans({"ё": "е", "ѐ": "е", "ѝ": "и"})
_NASAL = re.compile("[ङञणनम]\u094d(?=[क-ह])")
_DEVANAGARI = str.maketrans({"\u093c": None, "\u0901": "\u0902"})


@lru_cache(maxsize=10_000)
def fold(word: str, language: str) -> str:
    """The folded form of one word; `language` is a code, or `""` for the rules that all languages share."""
    if word.isascii() and language not in TURKIC:
        return word.lower()
    word = fold_case(word, language)
    return _BY_SCRIPT.get(script(word), lambda text, _: text)(word, language)


@lru_cache(maxsize=10_000)
def fold_case(word: str, language: str) -> str:
    """The word in lower case, with its accents: the form that a stemmer knows."""
    if language in TURKIC:
        word = word.translate(_TURKISH)
    word = unicodedata.normalize("NFKC", _INVISIBLE.sub("", word))
    word = unicodedata.normalize("NFKC", word.casefold())
    return "".join(_digit(char) for char in _INVISIBLE.sub("", word))


@lru_cache(maxsize=10_000)
def fold_unspaced(letters: str, language: str) -> str:
    """The folded form of letters of a script without spaces."""
    folded = fold(letters, "")
    return folded if language.partition("-")[0] in _OWN_HAN else simplified(folded)


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
    return _without_marks(word).translate(_HEBREW)


def _greek(word: str, _language: str) -> str:
    return _without_marks(word).replace("ς", "σ")


def _devanagari(word: str, _language: str) -> str:
    return _NASAL.sub("\u0902", word.translate(_DEVANAGARI))


_BY_SCRIPT = {
    "latin": _latin,
    "arabic": _arabic,
    "hebrew": _hebrew,
    "cyrillic": _cyrillic,
    "greek": _greek,
    "devanagari": _devanagari,
}
