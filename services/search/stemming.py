"""Stemming: reduces the inflected forms of a word to one stem.

Most languages use the algorithms of the Snowball project. Arabic has light rules of its own (at most one article and
one ending are removed, as in Larkey's light stemming), because Snowball's stem of a noun differs with and without the
article. Hebrew words lose their one-letter prefixes and the endings of the plural. Other languages without an
algorithm of Snowball have `light_stemming`. Before they are stemmed, English words get their American spelling.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

import snowballstemmer

from services.search import light_stemming
from services.search.folding import fold

_ALGORITHMS = {
    "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech", "da": "danish", "nl": "dutch",
    "en": "english", "eo": "esperanto", "et": "estonian", "fi": "finnish", "fr": "french", "de": "german",
    "el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "nb": "norwegian", "fa": "persian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sr": "serbian",
    "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_SCRIPTS = {
    "ar": "arabic", "fa": "arabic", "he": "hebrew", "hy": "armenian", "el": "greek", "hi": "devanagari",
    "ne": "devanagari", "ru": "cyrillic", "ta": "tamil", "yi": "hebrew", **light_stemming.SCRIPTS,
}  # fmt: skip
# Languages that are close enough for the rules of another. Serbian's know both of its scripts.
_SAME = {
    "nn": "nb", "no": "nb", "arz": "ar", "ary": "ar", "simple": "en", "sco": "en", "als": "de", "bar": "de", "lb": "de",
    "hr": "sr", "bs": "sr", "sh": "sr", "gl": "es", "ast": "es", "oc": "ca", "fy": "nl", "ms": "id",
}  # fmt: skip
_BOTH_SCRIPTS = {"sr": ("latin", "cyrillic")}
_HEBREW_PREFIXES = "והבלמשכ"
_ARABIC_ARTICLES = ("وال", "بال", "كال", "فال", "لل", "ال")
_ARABIC_PRONOUNS = ("هما", "ها", "هم", "نا", "كم", "ي")
_ARABIC_ENDINGS = ("ات", "ان", "ون", "ين", "يه", "ه", "ي")
# Frequent endings that Snowball knows only with their accents.
_ACCENTED_ENDINGS = {
    "es": (("cion", "ción"), ("sion", "sión")),
    "pt": (("cao", "ção"), ("coes", "ções"), ("sao", "são"), ("soes", "sões")),
}
_lock = threading.Lock()
_stemmers: dict[str, Any] = {}


def analyser_name(language: str, script: str) -> str:
    """The name of the stemming rules for a word of `script` in a text of `language`; `""` if there are none."""
    base = language.partition("-")[0]
    base = _SAME.get(base, base)
    if base not in ("ar", "he") and base not in _ALGORITHMS and base not in light_stemming.SCRIPTS:
        return ""
    return base if script in _BOTH_SCRIPTS.get(base, (_SCRIPTS.get(base, "latin"),)) else ""


@lru_cache(maxsize=10_000)
def stem(word: str, name: str) -> str:
    """The stem of a word by the rules of `name`; `""` for no rules."""
    if not name or any(char.isdigit() for char in word):
        return word
    if name == "he":
        return _hebrew_stem(word)
    if name == "ar":
        return _arabic_stem(word)
    if name in light_stemming.SCRIPTS:
        return light_stemming.light_stem(word, name)
    if name == "en":
        word = light_stemming.american(word)
    for bare, accented in _ACCENTED_ENDINGS.get(name, ()):
        if word.endswith(bare):
            word = word.removesuffix(bare) + accented
            break
    # A stemmer object keeps its current word in itself, so only one thread may use it at a time.
    with _lock:
        stemmer = _stemmers.get(name)
        if stemmer is None:
            stemmer = _stemmers[name] = snowballstemmer.stemmer(_ALGORITHMS[name])
        found: str = stemmer.stemWord(word)
    # The stem of a Serbian word in Cyrillic is in Latin script, with its accents.
    return (fold(found, "") if name == "sr" else found) or word


def query_variants(found: str, name: str) -> tuple[str, ...]:
    """The stems under which a word of a query with the stem `found` may have been indexed.

    A Hebrew word of two letters is also looked for with each one-letter prefix: in a word of three letters a prefix
    can't be told from the word's own first letter, so the index keeps it.
    """
    if name != "he":
        return (found,)
    if len(found) == 2:
        return (found, *(prefix + found for prefix in _HEBREW_PREFIXES))
    if len(found) == 3 and found[0] in _HEBREW_PREFIXES:
        return (found, found[1:])
    return (found,)


def _arabic_stem(word: str) -> str:
    article = next(
        (each for each in _ARABIC_ARTICLES if word.startswith(each) and len(word) >= len(each) + 2), ""
    )
    word = word[len(article) :]
    if word[0] == "و" and len(word) > 4:
        word = word[
            1:
        ]  # either "and" or the word's own first letter; they look alike, so it is always removed
    pronoun = next(
        (each for each in _ARABIC_PRONOUNS if word.endswith(each) and len(word) >= len(each) + 3), ""
    )
    owned = word.removesuffix(pronoun)
    if pronoun and owned.endswith("ت") and not owned.endswith("ات") and len(owned) > 3:
        return _without_arabic_ending(owned[:-1] + "ه")  # ta marbuta is written as ta before a pronoun
    return _without_arabic_ending(owned)


def _without_arabic_ending(word: str) -> str:
    ending = next(
        (each for each in _ARABIC_ENDINGS if word.endswith(each) and len(word) >= len(each) + 3), ""
    )
    return word.removesuffix(ending)


def _hebrew_stem(word: str) -> str:
    word = _without_hebrew_prefixes(word)
    ending = next((each for each in ("ימ", "ות") if word.endswith(each) and len(word) >= len(each) + 3), "")
    return word.removesuffix(ending)


def _without_hebrew_prefixes(word: str) -> str:
    while len(word) > 3 and word[0] in _HEBREW_PREFIXES:
        word = word[1:]
    return word
