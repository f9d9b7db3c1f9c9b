"""Suggestions of the embedded engine: titles and tags that begin as typed."""

from __future__ import annotations

import json

from sqlalchemy.orm import Session

from contracts.search import Suggestion, TagLine
from core import slugs
from core.languages import choose
from services.search.analysis import QueryTerm, plain_terms, typed_terms
from services.search.embedded.hits import run
from services.search.engine import Reader, Text

MOST = 50
_LOOKED_AT = 200
"""The number of newest matching titles among which the suggestions are chosen."""


def suggest(session: Session, prefix: str, limit: int, reader: Reader) -> list[Suggestion]:
    """Titles that have words beginning as typed: first those that themselves begin so, then the newest."""
    wanted = typed_terms(prefix[:100])
    if not wanted:
        return []
    match = " AND ".join(f'"{each.terms[0]}"' + (" *" if each.prefix else "") for each in wanted)
    rows = run(
        session,
        "SELECT kind, path, texts FROM titles CROSS JOIN item ON item.row = titles.rowid"
        " CROSS JOIN item_text ON item_text.row = titles.rowid"
        " WHERE titles MATCH :match AND audience IN (SELECT value FROM json_each(:audiences))"
        " ORDER BY titles.rowid DESC LIMIT :looked_at",
        {"match": match, "looked_at": _LOOKED_AT, "audiences": json.dumps(reader.audiences)},
    ).all()
    found: list[tuple[bool, Suggestion]] = []
    for kind, path, texts in rows:
        by_language = {text[0]: Text(*text) for text in json.loads(texts)}
        beginning = {language: _begins(text.title, wanted) for language, text in by_language.items()}
        fitting = [language for language, fits in beginning.items() if fits is not None]
        if not fitting:  # its words are spread over several versions
            continue
        language = choose(fitting, list(reader.languages), fitting[0])
        line = Suggestion(kind=kind, title=by_language[language].title, path=path, language=language)
        found.append((not beginning[language], line))
    found.sort(key=lambda each: each[0])
    return [line for _, line in found[: max(1, min(limit, MOST))]]


def tags(session: Session, prefix: str, limit: int, reader: Reader) -> list[TagLine]:
    """Tags that begin with `prefix` and the number of items with each that the reader may see, most used first."""
    typed = prefix.encode(errors="ignore").decode().strip().removeprefix("#")
    try:
        first = slugs.tag(typed)
    except ValueError:  # nothing is typed yet, or nothing that a tag begins with
        first = typed[:40]
    rows = run(
        session,
        "SELECT value, sum(items) AS items FROM tally WHERE facet = 'tag' AND value >= :first"
        " AND value < :first || char(1114111) AND audience IN (SELECT value FROM json_each(:audiences))"
        " GROUP BY value HAVING sum(items) > 0 ORDER BY items DESC, value LIMIT :limit",
        {"first": first, "audiences": json.dumps(reader.audiences), "limit": max(1, min(limit, 1000))},
    )
    return [TagLine(tag=tag, items=items) for tag, items in rows]


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
