"""Messages: grammar, plural rules, fallbacks, safety."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from gateway.i18n import messages
from gateway.i18n.messages import Messages, UnknownMessageWarning
from gateway.i18n.syntax import MessageSyntaxError, Nodes, Param, compile_message, params_of

TEXTS = {
    "blog": {
        "en": {
            "space-blog-hello": "Hello, $1!",
            "space-blog-count": "{{PLURAL:$1|$1 article|$1 articles|0=No articles}}",
            "space-blog-by": "{{GENDER:$2|He|She|They}} "
            "wrote {{PLURAL:$1|one of {{GENDER:$2|his|her|their}}|$1}}",
            "space-blog-angle": "a < b & $1",
            "space-blog-plain": "Just | text",
        },
        "es": {"space-blog-hello": "¡Hola, $1!", "space-blog-broken": "x"},
        "ru": {"space-blog-count": "{{PLURAL:$1|$1 статья|$1 статьи|$1 статей}}"},
        "ar": {"space-blog-count": "{{PLURAL:$1|صفر|واحد|اثنان|$1 قليل|$1 كثير|$1 آخر}}"},
        "fr": {"space-blog-hello": "Bonjour {{PLURAL:$1|"},
        "qqq": {"space-blog-hello": "Greeting. $1: name"},
    },
    "forum": {"en": {"space-forum-new": "New topic"}},
}


@pytest.fixture
def texts(tmp_path: Path) -> Messages:
    for area, files in TEXTS.items():
        (tmp_path / area).mkdir()
        for lang, content in files.items():
            (tmp_path / area / f"{lang}.json").write_text(
                json.dumps({"@metadata": {}} | content), encoding="utf-8"
            )
    return Messages(tmp_path)


def test_parameters_and_areas(texts: Messages) -> None:
    assert texts.message("space-blog-hello", "en", "Ana") == "Hello, Ana!"
    assert texts.message("space-forum-new", "en") == "New topic"
    assert texts.message("space-blog-plain", "en") == "Just | text"
    assert texts.message("space-blog-hello", "en") == "Hello, $1!"  # what was not given shows


def test_fallback_chains(texts: Messages) -> None:
    assert texts.message("space-blog-hello", "es", "Ana") == "¡Hola, Ana!"
    assert texts.message("space-blog-hello", "qu", "Ana") == "¡Hola, Ana!"  # Quechua → Spanish
    assert texts.message("space-blog-hello", "ja", "Ana") == "Hello, Ana!"
    assert texts.message("space-blog-hello", "no such", "Ana") == "Hello, Ana!"
    assert (
        texts.message("space-blog-hello", "fr", "Ana") == "Hello, Ana!"
    )  # a broken translation is passed over


def test_what_is_equal_is_not_written_alike(texts: Messages) -> None:
    for _ in range(2):
        assert texts.markup("space-blog-hello", "en", "<b>") == "Hello, &lt;b&gt;!"
        assert texts.markup("space-blog-hello", "en", Markup("<b>")) == "Hello, <b>!"
        assert texts.markup("space-blog-hello", "en", 1) == "Hello, 1!"
        assert texts.markup("space-blog-hello", "en", 1.0) == "Hello, 1!"
        assert texts.markup("space-blog-hello", "en", True) == "Hello, True!"
        assert texts.markup("space-blog-hello", "en") == "Hello, $1!"


@pytest.mark.parametrize(
    ("lang", "count", "text"),
    [
        ("en", 0, "No articles"), ("en", 1, "1 article"), ("en", 2, "2 articles"),
        ("en", 1234, "1,234 articles"),
        ("en", "1", "1 article"), ("en", "many", "many articles"), ("en", 1.5, "1.5 articles"),
        ("ru", 1, "1 статья"), ("ru", 3, "3 статьи"), ("ru", 11, "11 статей"), ("ab", 21, "21 статья"),
        ("ar", 0, "صفر"), ("ar", 2, "اثنان"), ("ar", 7, "7 قليل"),
        ("ar", 11, "11 كثير"), ("ar", 100, "100 آخر"),
    ],
)  # fmt: skip
def test_plural_follows_the_rules_of_the_language_that_was_found(
    texts: Messages, lang: str, count: object, text: str
) -> None:
    assert texts.message("space-blog-count", lang, count) == text


def test_gender_and_nesting(texts: Messages) -> None:
    assert texts.message("space-blog-by", "en", 1, "female") == "She wrote one of her"
    assert texts.message("space-blog-by", "en", 1, "unknown") == "They wrote one of their"
    assert texts.message("space-blog-by", "en", 3, "male") == "He wrote 3"


def test_html_is_escaped_but_for_markup(texts: Messages) -> None:
    assert texts.markup("space-blog-angle", "en", "<i>") == Markup("a &lt; b &amp; &lt;i&gt;")
    assert texts.markup("space-blog-angle", "en", Markup("<a>x</a>")) == Markup("a &lt; b &amp; <a>x</a>")
    assert texts.message("space-blog-angle", "en", "<i>") == "a < b & <i>"
    assert isinstance(texts.markup("space-forum-new", "en"), Markup)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.sampled_from(["en", "qqx", "xx"]))
def test_no_parameter_escapes_into_html(texts: Messages, value: str, lang: str) -> None:
    html = texts.markup("space-blog-angle", lang, value)
    assert "<" not in html
    assert ">" not in html


def test_qqx_shows_keys(texts: Messages) -> None:
    assert texts.message("space-blog-hello", "qqx", "Ana", 3) == "(space-blog-hello: Ana, 3)"
    assert texts.markup("space-blog-hello", "qqx", "<") == "(space-blog-hello: &lt;)"
    assert texts.message("space-forum-new", "qqx") == "(space-forum-new)"


def test_an_unknown_key_shows_itself_and_warns(texts: Messages) -> None:
    with pytest.warns(UnknownMessageWarning, match="space-none"):
        assert texts.message("space-none", "en") == "⧼space-none⧽"
    with pytest.warns(UnknownMessageWarning):
        assert texts.markup("<b>", "es") == "⧼&lt;b&gt;⧽"
    assert not texts.has("space-none")
    assert not texts.has("space-blog-broken")  # what English lacks is not defined
    assert texts.has("space-forum-new")


def test_languages_are_those_with_texts(texts: Messages) -> None:
    assert texts.languages() == ("ar", "en", "es", "fr", "ru")


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "blog").mkdir()
    (tmp_path / "blog" / "en.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"blog/en\.json is no message file"):
        Messages(tmp_path)


@pytest.mark.parametrize(
    "text", ["{{PLURAL:$1|a", "{{", "}}", "a }} b", "{{FOO:x}}", "{{PLURAL:$1}}", "{{GENDER:$1|a}} }}"]
)
def test_broken_messages_are_refused(text: str) -> None:
    with pytest.raises(MessageSyntaxError):
        compile_message(text)


def test_what_a_message_uses() -> None:
    assert params_of(compile_message("$2 {{PLURAL:$1|$3|5={{GENDER:$4|a|b $5}}}} $12 $0")) == {
        1,
        2,
        3,
        4,
        5,
        12,
    }
    assert compile_message("a|b") == ("a|", "b")
    assert compile_message("$1.5") == (Param(1), ".5")


@given(st.text(alphabet="$12{}|PLURALGENDER:=x "))
def test_any_text_is_a_message_or_refused(text: str) -> None:
    try:
        nodes: Nodes = compile_message(text)
    except MessageSyntaxError:
        return
    assert all(1 <= index <= 99 for index in params_of(nodes))


def test_the_gateway_s_own_messages_are_bound_to_functions() -> None:
    assert "en" in messages.catalogue().languages()
    assert messages.message("any-key", "qqx") == "(any-key)"
    assert messages.translator("qqx")("any-key", "<") == Markup("(any-key: &lt;)")
    assert not messages.has("any-key")
