"""Words meet whether or not they are typed with their accents, apostrophes or digits of another script."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest

from contracts.search import SearchQuery
from core.database import Database
from services.search.analysis import terms, tokens
from services.search.chinese import simplified
from services.search.embedded import EmbeddedEngine
from services.search.engine import Engine
from services.search.snippets import CLOSE, OPEN
from tests.unit.search.accented_words import WORDS
from tests.unit.search.engine_conformance import PUBLIC, document, ids


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    with database.writing() as session:
        yield EmbeddedEngine(session)


_TYPED = {"ł": "l", "Ł": "L", "đ": "d", "œ": "oe", "ß": "ss", "أ": "ا", "إ": "ا"}


def bare(word: str) -> str:
    """The word as somebody types it without accents, but with the letters that its language keeps apart."""
    plain = word
    for letter, typed in _TYPED.items():
        plain = plain.replace(letter, typed)
    marks = "".join(
        char for char in unicodedata.normalize("NFD", plain) if unicodedata.category(char) != "Mn"
    )
    return word if set(word) & set("ñй") else marks


@pytest.mark.slow
def test_every_word_is_found_with_and_without_its_accents(engine: Engine) -> None:
    words = [(language, word) for language, line in WORDS.items() for word in dict.fromkeys(line.split())]
    assert len(words) > 220
    engine.index(
        [document(f"accented{n}", body=word, language=code) for n, (code, word) in enumerate(words)]
        + [document(f"bare{n}", body=bare(word), language=code) for n, (code, word) in enumerate(words)]
    )
    missed = [
        (code, word, typed, wanted)
        for n, (code, word) in enumerate(words)
        for typed in (word, bare(word), bare(word).upper())
        for wanted in (f"accented{n}", f"bare{n}")
        if wanted not in ids(engine, typed, limit=100)
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("language", "written", "typed"),
    [
        ("pt", "publicações", "publicacao"), ("pt", "publicação", "publicações"), ("es", "ediciones", "edicion"),
        ("fr", "publiées", "publié"), ("cs", "zajímavého", "zajímavém"), ("pl", "książkami", "książkach"),
        ("ro", "fotografiilor", "fotografii"), ("de", "Häusern", "Haus"),
    ],
)  # fmt: skip
def test_inflected_words_meet_as_their_stemmer_says(
    engine: Engine, language: str, written: str, typed: str
) -> None:
    engine.index([document("it", body=f"one {written} two", language=language)])
    assert ids(engine, typed) == ["it"]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("sv", "höra", "hora"), ("sv", "får", "far"), ("fi", "näin", "nain"), ("da", "bør", "bor"),
        ("nb", "få", "fa"), ("et", "sõna", "sona"), ("es", "año", "ano"), ("gl", "año", "ano"),
        ("tr", "sık", "sik"), ("uk", "гриби", "ґриби"), ("uk", "йод", "иод"),
    ],
)  # fmt: skip
def test_letters_that_a_language_keeps_apart_stay_apart(
    engine: Engine, language: str, one: str, other: str
) -> None:
    engine.index(
        [document("one", body=one, language=language), document("other", body=other, language=language)]
    )
    assert ids(engine, one) == ["one"]
    assert ids(engine, other) == ["other"]


@pytest.mark.parametrize(
    ("written", "typed"),
    [("IFLA toplantısı", "ifla"), ("İstanbul", "istanbul"), ("İstanbul", "Istanbul"), ("ILICA", "ılıca")],
)
def test_turkish_capitals_meet_both_ways(engine: Engine, written: str, typed: str) -> None:
    engine.index([document("it", body=written, language="tr")])
    assert ids(engine, typed) == ["it"]


@pytest.mark.parametrize("written", ["2037", "٢٠٣٧", "۲۰۳۷", "२०३७", "２０３７", "২০৩৭", "๒๐๓๗"])
@pytest.mark.parametrize("language", ["en", "ar", "fa", "hi", "bn", "th"])
def test_digits_of_all_scripts_are_the_same(engine: Engine, written: str, language: str) -> None:
    engine.index([document("it", body=f"a {written} b", language=language), document("else", body="2036")])
    for typed in ("2037", "٢٠٣٧", "۲۰۳۷", "२०३७"):
        assert ids(engine, typed) == ["it"]


@pytest.mark.parametrize("sign", ["'", "’", "ʼ", "`", "‘", "ʻ"])
@pytest.mark.parametrize(
    ("language", "word"),
    [("uk", "комп{}ютер"), ("uk", "м{}ята"), ("br", "c{}hoar"), ("haw", "Hawai{}i"), ("en", "Hawai{}i"),
     ("uz", "o{}zbek"), ("fr", "l{}eau")],
)  # fmt: skip
def test_every_apostrophe_is_the_same_and_may_be_left_out(
    engine: Engine, sign: str, language: str, word: str
) -> None:
    engine.index([document("it", body=f"a {word.format(sign)} b", language=language)])
    for typed in ("'", "’", "ʼ", "ʻ", ""):
        assert ids(engine, word.format(typed)) == ["it"]
        assert ids(engine, f'"a {word.format(typed)}"') == (["it"] if typed or language == "uk" else [])


@pytest.mark.parametrize(
    ("written", "typed"),
    [("維基百科", "维基百科"), ("维基百科", "維基百科"), ("頭髮", "头发"), ("后来", "後來"), ("什麼", "什么"),
     ("臺灣", "台湾"), ("裡面", "里面"), ("圖書館", "图书馆"), ("发", "髮")],
)  # fmt: skip
@pytest.mark.parametrize("language", ["zh", "zh-hant", "en"])
def test_simplified_and_traditional_chinese_meet(
    engine: Engine, written: str, typed: str, language: str
) -> None:
    engine.index([document("it", title=written, body=f"一{written}一", language=language)])
    assert ids(engine, typed) == ["it"]
    assert [line.title for line in engine.suggest(typed, 5, PUBLIC)] == [written]


def test_japanese_keeps_its_characters(engine: Engine) -> None:
    engine.index(
        [document("desk", body="机上", language="ja"), document("machine", body="機上", language="ja")]
    )
    assert ids(engine, "机上") == ["desk"]


def test_simplified_characters_stay() -> None:
    assert simplified("什么都发生了") == "什么都发生了"
    assert simplified("什麼都發生了") == "什么都发生了"


@pytest.mark.parametrize(
    ("language", "body", "typed", "marked"),
    [
        ("pt", "em São Paulo amanhã", "sao", ["São"]),
        ("pt", "as publicações novas", "publicacao", ["publicações"]),
        ("uk", "новий комп’ютер тут", "комп'ютер", ["комп’ютер"]),
        ("en", "in Hawaiʻi today", "hawaii", ["Hawaiʻi"]),
        ("fa", "سال ۲۰۳۷ است", "2037", ["۲۰۳۷"]),
        ("zh", "他的頭髮很長", "头发", ["頭髮"]),
    ],
)
def test_an_extract_marks_what_is_written(
    engine: Engine, language: str, body: str, typed: str, marked: list[str]
) -> None:
    engine.index([document("it", body=body, language=language)])
    (hit,) = engine.search(SearchQuery(q=typed), PUBLIC).items
    assert [part.partition(CLOSE)[0] for part in hit.snippet.split(OPEN)[1:]] == marked


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The wiki's e-mail, and the e-mail of wikis: publicações, İstanbul'da", "en"),
        ("他的頭髮很長 and wikis", "zh"),
        ("l'eau de l'Hawaiʻi, aujourd’hui; x\u0301-y", "fr"),
        ("комп’ютер і м'ята", "uk"),
        ("", "en"),
    ],
)
def test_the_terms_of_a_text_are_those_of_its_tokens(text: str, language: str) -> None:
    assert terms(text, language) == {token.term for token in tokens(text, language)}
