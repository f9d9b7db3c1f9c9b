"""Suggestions: which of the titles that an index found begin as typed, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

from contracts.search import Facet, Suggestion
from core import slugs
from core.audience import group_of
from core.languages import choose
from services.search.analysis import QueryTerm, plain_terms
from services.search.engine import Key, Reader, Text
from services.search.snippets import best_text

MOST = 200
"""The most suggestions."""
MOST_TAG_LINES = 1_000
LOOKED_AT = 200
"""The number of newest matching titles among which the suggestions are chosen."""


def suggestions(
    found: Iterable[tuple[Key, str, Sequence[Text]]], wanted: list[QueryTerm], reader: Reader
) -> list[Suggestion]:
    """Of items, as their key, path and texts, those with a title that has all wanted words: first those whose titles
    begin so, each in the reader's language where that fits."""
    lines: list[tuple[bool, Suggestion]] = []
    for key, path, texts in found:
        by_language = {text.language: text for text in texts}
        beginning = {language: _begins(text.title, wanted) for language, text in by_language.items()}
        fitting = [language for language, fits in beginning.items() if fits is not None]
        if not fitting:  # its words are spread over several versions
            continue
        language = choose(fitting, list(reader.languages), fitting[0])
        title = by_language[language].title
        line = Suggestion(kind=key.kind, id=key.id, title=title, path=path, language=language)
        lines.append((not beginning[language], line))
    lines.sort(key=lambda each: each[0])
    return [line for _, line in lines]


def group_names(
    counted: Sequence[Facet], groups: Mapping[str, tuple[str, Sequence[Text]]], reader: Reader
) -> list[Facet]:
    """The counted groups, by their slugs and with their names, of those in `groups` (path and texts, by id)."""
    found = []
    for each in counted:
        group = groups.get(group_of(each.value) or "")
        if group is not None:
            path, texts = group
            name = best_text(texts, reader.languages, (), ())
            slug = unquote(path.removeprefix("/groups/"))
            found.append(
                each.model_copy(update={"value": slug, "label": name.title, "label_language": name.language})
            )
    return found


def tag_prefix(typed: str) -> str:
    """What the tags begin with that somebody types."""
    typed = typed.encode(errors="ignore").decode().strip().removeprefix("#")
    try:
        return slugs.tag(typed)
    except ValueError:  # nothing is typed yet, or nothing that a tag begins with
        return typed[:40]


def _begins(title: str, wanted: list[QueryTerm]) -> bool | None:
    """Whether the title begins with the words; None if it does not contain all of them."""
    words = plain_terms(title)
    for each in wanted:
        term = each.terms[0]
        if not any(word.startswith(term) if each.prefix else word == term for word in words):
            return None
    first = wanted[0]
    return bool(words) and (
        words[0].startswith(first.terms[0]) if first.prefix else words[0] == first.terms[0]
    )
