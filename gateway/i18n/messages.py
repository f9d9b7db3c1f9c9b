"""Interface messages: from a key, a language and parameters to text.

Messages are in translatewiki.net's format: a folder an area (``gateway/i18n/blog/``), a file a language in it
(``en.json``; ``qqq.json`` explains them to translators). A message missing in a language is taken from its
fallback chain. The language ``qqx`` shows the keys instead. A key that nobody defined shows as ``⧼key⧽`` and
warns, which is an error in the tests.

Whole numbers given as parameters are written in the language's way (``1,234``); give a year as a string.
"""

import json
import math
import warnings
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path

from markupsafe import Markup, escape

from core import languages
from gateway.i18n import formats
from gateway.i18n.syntax import Gender, MessageSyntaxError, Nodes, Param, Plural, compile_message

KEYS = "qqx"
"""The language that shows each message's key and parameters."""

FOLDER = Path(__file__).parent
PREFIX = "space-"


class UnknownMessageWarning(UserWarning):
    """A page asked for a message that no file defines."""


class Messages:
    """All the messages of a folder of areas. They are read once, and each is compiled at its first use."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._texts = read_folder(folder)
        self._found: dict[tuple[str, str], tuple[Nodes, str] | None] = {}
        self._constant: dict[tuple[str, str], Markup] = {}
        self._with_numbers = lru_cache(maxsize=10_000)(self._compose_with_numbers)

    def languages(self) -> tuple[str, ...]:
        """The codes of the languages that there are translations in, and English."""
        codes = {code for code, texts in self._texts.items() if code != "qqq" and texts}
        return tuple(sorted({"en", *codes}))

    def has(self, key: str) -> bool:
        """Whether the message is defined."""
        return key in self._texts.get("en", {})

    def message(self, key: str, lang: str, *params: object) -> str:
        """The message as plain text; not for HTML."""
        return self._compose(key, lang, params, _as_text)

    def markup(self, key: str, lang: str, *params: object) -> Markup:
        """The message as HTML: its text and parameters escaped, but for ``Markup`` parameters."""
        if params:
            # Numbers are told apart from all else: text and HTML that are equal are not written alike.
            if all(type(param) is int for param in params):
                return self._with_numbers(key, lang, params)
            return Markup(self._compose(key, lang, params, _as_html))
        constant = self._constant.get((lang, key))
        if constant is None:
            constant = Markup(self._compose(key, lang, params, _as_html))
            # As many as `_found` has: what is no key or no language is not kept.
            if (lang, key) in self._found:
                self._constant[lang, key] = constant
        return constant

    def _compose_with_numbers(self, key: str, lang: str, params: tuple[object, ...]) -> Markup:
        return Markup(self._compose(key, lang, params, _as_html))

    def _compose(self, key: str, lang: str, params: tuple[object, ...], write: "Write") -> str:
        if lang == KEYS:
            values = ", ".join(write(param, "en") for param in params)
            return f"({write(key, lang)}: {values})" if params else f"({write(key, lang)})"
        found = self._find(key, lang)
        if found is None:
            warnings.warn(f"no message is called {key!r}", UnknownMessageWarning, stacklevel=4)
            return write(f"⧼{key}⧽", lang)
        nodes, found_in = found
        return _join(nodes, params, found_in, write)

    def _find(self, key: str, lang: str) -> tuple[Nodes, str] | None:
        """The compiled message, and the language that it was found in, whose plural rules are its own."""
        if (lang, key) in self._found:
            return self._found[lang, key]
        if not self.has(key):
            return None  # so that made-up keys can't fill the cache
        if not languages.is_language(lang):
            lang = "en"
        if (lang, key) not in self._found:
            self._found[lang, key] = self._search(key, lang)
        return self._found[lang, key]

    def _search(self, key: str, lang: str) -> tuple[Nodes, str] | None:
        for code in (lang, *languages.fallbacks(lang)):
            text = self._texts.get(code, {}).get(key)
            if text is None:
                continue
            try:
                return compile_message(text), code
            except MessageSyntaxError:
                continue  # `make lint` refuses it; a reader had better have the next language's
        return None


Write = Callable[[object, str], str]


def read_folder(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """Language → key → text, of all areas. ``ValueError`` names the file that is no message file."""
    texts: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*/*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            pairs = {key: text for key, text in content.items() if not key.startswith("@")}
        except (ValueError, AttributeError) as error:
            raise ValueError(f"{path} is no message file: {error}") from error
        texts.setdefault(path.stem, {}).update(pairs)
    return texts


def _as_text(value: object, lang: str) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return formats.format_number(value, lang)
    return str(value)


def _as_html(value: object, lang: str) -> str:
    return str(escape(value if isinstance(value, Markup) else _as_text(value, lang)))


def _join(nodes: Nodes, params: tuple[object, ...], lang: str, write: Write) -> str:
    return "".join(
        [write(node, lang) if isinstance(node, str) else _value(node, params, lang, write) for node in nodes]
    )


def _value(node: Param | Plural | Gender, params: tuple[object, ...], lang: str, write: Write) -> str:
    if isinstance(node, Param):
        # As in MediaWiki, what was not given shows where it is missing.
        return write(params[node.index - 1], lang) if node.index <= len(params) else f"${node.index}"
    if isinstance(node, Gender):
        genders = {"male": 0, "female": 1}
        index = genders.get(_join(node.person, params, lang, _as_is), 2)
        return _join(node.forms[index if index < len(node.forms) else 0], params, lang, write)
    return _join(_plural_form(node, _count(node, params, lang), lang), params, lang, write)


def _plural_form(node: Plural, count: float | None, lang: str) -> Nodes:
    # What is no number ("many") takes the most general form.
    if count is None:
        return (node.forms or (node.exact[-1][1],))[-1]
    for number, form in node.exact:
        if number == count:
            return form
    if not node.forms:
        return node.exact[-1][1]
    return node.forms[formats.plural_index(count, lang, len(node.forms))]


def _count(node: Plural, params: tuple[object, ...], lang: str) -> float | None:
    written = _join(node.count, params, lang, _as_is).strip()
    try:
        number = float(written)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _as_is(value: object, lang: str) -> str:
    return str(value)


@cache
def catalogue() -> Messages:
    """The gateway's own messages."""
    return Messages()


@cache
def shown_in(lang: str) -> str:
    """The language in which a reader of ``lang`` sees the interface: the first of its chain with translations."""
    translated = catalogue().languages()
    return next((code for code in (lang, *languages.fallbacks(lang)) if code in translated), "en")


def message(key: str, lang: str, *params: object) -> str:
    """A message as plain text (mail subjects, feeds, API): see ``Messages.message``."""
    return catalogue().message(key, lang, *params)


def markup(key: str, lang: str, *params: object) -> Markup:
    """A message as HTML: see ``Messages.markup``."""
    return catalogue().markup(key, lang, *params)


def has(key: str) -> bool:
    """Whether a message is defined."""
    return catalogue().has(key)


def translator(lang: str) -> Callable[..., Markup]:
    """``msg`` as templates have it: ``msg('space-blog-submit', …)`` in one language."""

    def msg(key: str, *params: object) -> Markup:
        return catalogue().markup(key, lang, *params)

    return msg
