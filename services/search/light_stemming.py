"""Light stemming, for languages without an algorithm of the Snowball project: frequent endings are removed.

A stem keeps at least three letters. Only endings of nouns and adjectives are listed, since those are what people search
for; what is left is made alike where the language changes the last consonant or drops a vowel (бібліотека, в
бібліотеці; ринок, ринку). Endings are in the folded form of `folding.fold`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LEAST = 3

_ENDINGS = {
    "uk": "ього ьому ими іми ого ому ами ями ові еві єві ею єю ою ією ієї ій їй ів їв ах ях ам ям ом ем єм их іх ий"
    " ії ію ія а я у ю е є и і ї о ь",
    "be": "ага аму ымі імі амі ямі ому аў яў еў ах ях ам ям ом ем ою ай яй ую ая ыя ія ій ый ы і а я у ю е о ь",
    "bg": "ията ите ата ята ето ото ият ове еве ища ища та то те ът ят ия ии ен на но ни а я о е и у й",
    "mk": "ите ата ето ото иот ови еви ишта та то те от ен на но ни а о е и ј",
    "sk": "eho emu ymi imi ami iami och iach ach om em ej ou ov ia iu ie y i a e o u",
    "sl": "ega emu imi ami ema ama ah ih im om em am oj ov ev a e i o u",
    "lv": "iem ajam ajai ajos ajas ais aja am as ai os es is us ij u a e i s",
    "bn": "গুলোর গুলির গুলো গুলি দের েরা রা ের কে তে টি টা ে",
    "mr": "ांमध्ये ांच्या ांना ातील ामध्ये ाच्या ाला ाने ांचे ांची ांचा ाचा ाची ाचे ातून ांत ात ांनी ील ्या े ी ा ो",
    "ur": "وں ات یں وں ے ی",
    "ka": "ებიდან ებისთვის ებში ებზე ებით ებს ების ები იდან ისთვის აში ადან აზე ასთვის ას ში ზე ით მა ის ად ს ი ა",
    "sw": "ni",
}  # fmt: skip
_ALIKE: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "uk": (
        (re.compile(r"(?<=\w\w[бвгґджзклмнпрстфхцчшщ])[оеі]([кцн])$"), r"\1"),
        (re.compile("[цч]$"), "к"),
        (re.compile("[зж]$"), "г"),
        (re.compile("[сш]$"), "х"),
    ),
    "be": ((re.compile(r"(?<=\w\w[бвгджзклмнпрстфхцчш])[ао]([кц])$"), r"\1"), (re.compile("ц$"), "к")),
    "bg": (
        (re.compile(r"(?<=\w\w[бвгджзклмнпрстфхцчшщ])[ъе]([кцн])$"), r"\1"),
        (re.compile("ц$"), "к"),
    ),
    "sk": (
        (re.compile(r"(?<=\w\w[bcdfghjklmnprstvz])[eo]([kc])$"), r"\1"),
        (re.compile("c$"), "k"),
    ),
}
# The endings of each language, the longest first.
_BY_LENGTH = {code: sorted(set(line.split()), key=len, reverse=True) for code, line in _ENDINGS.items()}

SCRIPTS = {
    "uk": "cyrillic", "be": "cyrillic", "bg": "cyrillic", "mk": "cyrillic", "sk": "latin", "sl": "latin", "lv": "latin",
    "bn": "bengali", "mr": "devanagari", "ur": "arabic", "ka": "georgian", "sw": "latin",
}  # fmt: skip
"""The script of each language that has light stemming."""

_SPELLINGS = (
    (re.compile("(?<=[a-z]{3})is(e|ed|es|er|ers|ing|ation|ations)$"), r"iz\1"),
    (re.compile("^(arm|behavi|col|endeav|fav|flav|harb|hon|hum|lab|neighb|rum|vap)our"), r"\1or"),
    (re.compile("^(cent|fib|kilomet|lit|met|theat)re(s?)$"), r"\1er\2"),
    (re.compile("^(defen|licen|offen|practi|preten)c(e|es|ed|ing)$"), r"\1s\2"),
    (re.compile("^(catalog|dialog|analog)ues?$"), r"\1"),
    (re.compile("^programme(s?)$"), r"program\1"),
    (re.compile("(?<=[aeiou]l)l(?=(ed|er|ers|ing)$)"), ""),
    (re.compile("^gr(e)y"), "gray"),
)


def light_stem(word: str, language: str) -> str:
    """The stem of a folded word in one of the languages of `SCRIPTS`."""
    ending = next(
        (each for each in _BY_LENGTH[language] if word.endswith(each) and len(word) >= len(each) + _LEAST), ""
    )
    word = word.removesuffix(ending)
    for pattern, alike in _ALIKE.get(language, ()):
        word = pattern.sub(alike, word)
    return word


def american(word: str) -> str:
    """An English word as it is spelled in America, so that both spellings have one stem."""
    for pattern, spelling in _SPELLINGS:
        word = pattern.sub(spelling, word)
    return word
