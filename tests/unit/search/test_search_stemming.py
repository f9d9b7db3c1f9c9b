"""Forms of one word have one term, in languages with an algorithm of Snowball and in those with light rules."""

from __future__ import annotations

import pytest

from services.search.analysis import word_terms
from services.search.scripts import script
from services.search.stemming import analyser_name

FORMS = [
    ("uk", "бібліотека бібліотеці бібліотек бібліотеки"), ("uk", "ринок ринку ринки"), ("uk", "жінка жінок жінки"),
    ("uk", "помилка помилці помилку"), ("be", "бібліятэка бібліятэкі бібліятэцы"), ("bg", "вестник вестници вестника"),
    ("bg", "библиотека библиотеката библиотеки"), ("mk", "библиотека библиотеката библиотеки"),
    ("sr", "библиотека библиотеке biblioteka"), ("hr", "žena žene ženama"), ("sk", "knižnica knižnici knižnice"),
    ("sl", "knjižnica knjižnici knjižnice"), ("lv", "bibliotēka bibliotēkā bibliotēkas"), ("bn", "বাজার বাজারের"),
    ("bn", "নারী নারীদের"), ("he", "העדכון עדכונים"), ("ka", "ბიბლიოთეკა ბიბლიოთეკაში"), ("ur", "اخبار اخباروں"),
    ("en", "licence license licenses"), ("en", "colour colors"), ("en", "organise organizing"),
    ("en", "centre centers"),
    ("en", "travelling traveled"), ("en", "catalogue catalogs"), ("pt", "publicação publicações"),
    ("gl", "fotografía fotografías"), ("id", "memotret potret"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "forms"), FORMS)
def test_forms_of_a_word_have_a_common_term(language: str, forms: str) -> None:
    terms = [set(word_terms(form, language)) for form in forms.split()]
    assert set.intersection(*terms), terms


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [("sk", "žena", "zima"), ("uk", "наука", "новина"), ("en", "licence", "listen"), ("en", "rise", "rice")],
)
def test_other_words_stay_other_words(language: str, one: str, other: str) -> None:
    assert set(word_terms(one, language)).isdisjoint(word_terms(other, language))


def test_at_least_25_languages_have_stems() -> None:
    codes = "ar be bg bn ca cs da de el en es et eu fa fi fr ga gl he hi hr hu hy it ka lt lv mk mr nb nl pl pt ru uk"
    samples = {
        "ar": "كلمة", "be": "слова", "bg": "дума", "bn": "শব্দ", "el": "λέξη", "fa": "واژه", "he": "מילה", "hi": "शब्द",
        "hy": "բառ", "ka": "სიტყვა", "mk": "збор", "mr": "शब्द", "ru": "слово", "uk": "слово",
    }  # fmt: skip
    assert [
        code for code in codes.split() if not analyser_name(code, script(samples.get(code, "word")))
    ] == []
