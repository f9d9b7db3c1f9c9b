"""Languages: spellings of codes, fallback chains, and the choice of a version."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import languages
from core.languages import Language


@pytest.mark.parametrize(
    ("spelled", "code"),
    [
        ("es", "es"), (" ES ", "es"), ("pt_BR", "pt-br"), ("zh-hans", "zh-hans"), ("zh-Hans-CN", "zh-cn"),
        ("zh-yue", "yue"), ("sr-Cyrl", "sr-ec"), ("be-x-old", "be-tarask"), ("iw", "he"),
        ("simple", "simple"),
    ],
)  # fmt: skip
def test_usual_spellings_come_to_one_code(spelled: str, code: str) -> None:
    assert languages.normalise(spelled) == code


@pytest.mark.parametrize("code", ["", "xx", "english", "qqx", "../../etc", "e\x00n", "ｅｎ", "es-" * 2000])
def test_no_language_is_refused_with_a_message_that_helps(code: str) -> None:
    with pytest.raises(ValueError, match="give one such as 'es'") as refused:
        languages.normalise(code)
    assert len(str(refused.value)) < 200
    assert not languages.is_language(code)


def test_only_the_stored_spelling_is_a_language() -> None:
    assert languages.is_language("pt-br")
    assert not languages.is_language("pt_BR")
    assert not languages.is_language("zh-yue")


def test_a_language_knows_its_name_script_and_direction() -> None:
    assert languages.language("AR") == Language("ar", "العربية", "rtl", "Arab", "ar")
    assert languages.autonym("ja") == "日本語"
    assert languages.direction("he") == "rtl"
    assert languages.direction("hi") == "ltr"
    assert languages.direction("dv") == "rtl"


@pytest.mark.parametrize(
    ("code", "tag"),
    [("pt-br", "pt-BR"), ("zh-tw", "zh-Hant-TW"), ("zh-hans", "zh-Hans"), ("de-formal", "de-x-formal"),
     ("be-tarask", "be-tarask"), ("es-419", "es-419"), ("sr-el", "sr-Latn")],
)  # fmt: skip
def test_bcp47(code: str, tag: str) -> None:
    assert languages.language(code).bcp47 == tag


def test_every_language_is_its_own_normal_form_and_has_a_chain_to_english() -> None:
    everything = languages.all_languages()
    assert len(everything) > 850
    for each in everything:
        assert languages.normalise(each.code) == each.code
        assert each.autonym
        assert each.dir in ("ltr", "rtl")
        chain = languages.fallbacks(each.code)
        assert each.code not in chain
        assert each.code == "en" or chain[-1] == "en"


def test_chains_are_mediawikis() -> None:
    assert languages.fallbacks("zh-mo") == ("zh-hk", "zh-hant", "zh-hans", "en")
    assert languages.fallbacks("lmo") == ("pms", "eml", "lij", "vec", "it", "en")
    assert languages.fallbacks("pt") == ("pt-br", "en")
    assert languages.fallbacks("en") == ()
    assert languages.explicit_fallbacks("es") == ()
    assert languages.explicit_fallbacks("sco") == ("en",)


@pytest.mark.parametrize(
    ("available", "wanted", "original", "got"),
    [
        ({"es", "ar"}, "ar", "es", "ar"),  # one's own
        ({"es", "fr"}, "ar", "es", "es"),  # nothing fits: the original
        ({"en", "ja", "es"}, "ar", "es", "en"),  # every chain of MediaWiki ends with English
        ({"en", "ja"}, ["ar", "ru"], "ja", "en"),
        ({"en", "ja"}, [], "ja", "ja"),  # nobody's language: a feed of originals
        ({"ja", "en"}, "sco", "ja", "en"),  # but it is where the chain names it
        ({"ru", "en"}, "ab", "en", "ru"),
        ({"ru", "fr"}, ["es", "fr"], "ru", "fr"),  # a second language
        ({"ca", "fr"}, ["oc", "fr"], "fr", "ca"),  # each with its chain before the next
        ({"zh", "en"}, "zh-hant", "en", "zh"),  # a variant reads the plain language
        ({"en"}, "xx", "en", "en"),
        ({"en"}, [], "en", "en"),
    ],
)
def test_the_version_a_reader_gets(
    available: set[str], wanted: list[str] | str, original: str, got: str
) -> None:
    assert languages.choose(available, wanted, original) == got


@pytest.mark.parametrize(
    ("header", "offered", "got"),
    [
        ("ar", {"en", "ar"}, "ar"),
        ("es-MX,es;q=0.9,en;q=0.8", {"en", "es"}, "es"),
        ("en;q=0.3, de;q=0.9", {"en", "de"}, "de"),
        ("zh-TW", {"en", "zh-hans"}, "zh-hans"),
        ("zh-Hant-TW", {"zh-tw", "zh-hans"}, "zh-tw"),
        ("iw-IL", {"he"}, "he"),
        ("ab, fr;q=0.5", {"ru", "fr"}, "ru"),
        ("fr;q=0, en", {"fr", "en"}, "en"),
        ("ja", {"en"}, None),
        ("*", {"en"}, None),
        (None, {"en"}, None),
        (";;;q=,,=\x00", {"en"}, None),
        ("en;q=banana, de", {"en", "de"}, "de"),
        ("en;q=nan", {"en"}, None),
        ("x" * 10_000, {"en"}, None),
    ],
)
def test_what_the_browser_asks_for(header: str | None, offered: set[str], got: str | None) -> None:
    assert languages.negotiate(header, offered) == got


def test_missing_data_says_what_to_do(tmp_path: Path) -> None:
    # In a process of its own: this one has the data already.
    command = [sys.executable, "-c", "from core import languages; languages.language('en')"]
    environment = {**os.environ, "SPACE_VENDOR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "make setup" in done.stderr


def test_the_original_stands_first() -> None:
    assert languages.original_first({"fr", "ar", "en"}, "fr") == ["fr", "ar", "en"]
    assert languages.original_first([], "he") == ["he"], "it is there, even where nobody listed it"


@pytest.mark.parametrize(
    ("code", "wider"),
    [
        ("en", ()),
        ("en-gb", ("en",)),
        ("simple", ("en",)),  # its tag is en-simple
        ("zh-hans", ("zh",)),
        ("zh-hant", ("zh",)),
        ("zh-tw", ("zh", "zh-hant")),  # zh-Hant-TW
        ("zh-cn", ("zh", "zh-hans")),
        ("yue", ()),  # Cantonese has a tag of its own, as each language that is spoken differently
        ("sr-ec", ("sr",)),
        ("de-formal", ("de",)),
        ("be-tarask", ("be",)),
        ("crh-ro", ("crh", "crh-latn")),
        ("", ()),
        ("no language", ()),
    ],
)
def test_a_variant_is_of_the_languages_whose_tags_its_own_begins_with(
    code: str, wider: tuple[str, ...]
) -> None:
    assert languages.broader(code) == (*wider, code)


def test_narrower_is_the_reverse_of_broader() -> None:
    codes = [each.code for each in languages.all_languages()]
    pairs = {(wide, code) for code in codes for wide in languages.broader(code)}
    assert pairs == {(code, narrow) for code in codes for narrow in languages.narrower(code)}
    assert languages.narrower("no language") == ("no language",)
