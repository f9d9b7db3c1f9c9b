"""Names that look alike, by Unicode Technical Standard 39."""

from __future__ import annotations

import pytest

from core.look_alikes import look_alike_keys, mixes_scripts, piles_marks, skeleton


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("аdmin", "admin"), ("editοr", "editor"), ("aIice", "alice"), ("ALICE", "alice"), ("ΑΒΒΑ", "abba"),
        ("bob0", "bobo"), ("user1", "userl"), ("modern", "modem"), ("mem\u200bber", "member"), ("Ｓam", "sam"),
        ("Sam  Rivera", "sam rivera"), ("ꮪam", "sam"), ("mem\u3164ber", "member"), ("e\u0301va", "éva"),
        ("ALlCE", "alice"), ("AL1CE", "alice"), ("ALlCE", "ALICE"), ("lVAN", "ivan"), ("MlKI", "miki"),
    ],
)  # fmt: skip
def test_names_look_alike(one: str, other: str) -> None:
    assert look_alike_keys(one) & look_alike_keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ali", "all"), ("ALL", "ali"), ("ivan", "lvana"), ("mila", "milla"),
        ("josé", "jose"), ("sam", "som"), ("user1", "user7"), ("member", "moderator"),
        ("健二", "健三"), ("عمر", "عمرو"), ("मीरा", "मीर"), ("Иван", "Ивана"), ("åsa", "asa"),
    ],
)  # fmt: skip
def test_other_names_do_not(one: str, other: str) -> None:
    assert not look_alike_keys(one) & look_alike_keys(other)


@pytest.mark.parametrize("text", ["аdmin", "1lI|", "rn", "ﷺ", "مكتبة", "Ñandú", "ℌello"])
def test_a_skeleton_is_its_own_skeleton(text: str) -> None:
    assert skeleton(skeleton(text)) == skeleton(text)


def test_nothing_visible_has_no_key() -> None:
    assert look_alike_keys("") == look_alike_keys("\u200b") == frozenset()


@pytest.mark.parametrize(
    "name", ["аdmin", "editοr", "Ivanоv", "Ахmed", "samعمر", "ひらがな한글", "a1٢", "नmaste"]
)
def test_names_that_mix_scripts(name: str) -> None:
    assert mixes_scripts(name)


@pytest.mark.parametrize(
    "name",
    [
        "健二さん",
        "Wiki健二カナ",
        "위키Kim",
        "ㄅㄆWiki漢",
        "Иван_2",
        "عمر",
        "प्रिया",
        "sam_2.x-y",
        "٢٠٣٧عمر",
        "ก๊ก",
        "Zoë",
        "カー",
    ],
)
def test_names_of_one_writing_system(name: str) -> None:
    assert not mixes_scripts(name)


@pytest.mark.parametrize("name", ["Việt", "שָּׁלוֹם", "مُحَمَّد", "ก๊ก", "हिन्दी", "ẹ̀kọ́", "Zoë", "நன்றி"])
def test_marks_of_orthographies(name: str) -> None:
    assert not piles_marks(name)


@pytest.mark.parametrize("name", ["a" + "\u0301" * 11, "a\u0301\u0301", "a\u0300\u0301\u0302\u0303\u0304"])
def test_piles_of_marks(name: str) -> None:
    assert piles_marks(name)
