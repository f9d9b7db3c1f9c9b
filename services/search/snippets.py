"""What a hit shows: the language version that matches best, and an extract around the matches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from core.languages import choose
from services.search.analysis import Token, tokens
from services.search.engine import Text

Groups = Sequence[tuple[frozenset[str], tuple[str, ...]]]
"""For each clause of the query: whole terms that match it, and prefixes of terms that match it."""

OPEN, CLOSE = "\ue000", "\ue001"
"""Mark the start and end of a match in a snippet (private-use characters; removed from the text itself)."""

LENGTH = 240
_LEAD = 60
_LOOKED_AT = 20_000
"""Characters of a text in which matches are looked for."""

_SPACE = re.compile(r"\s+")


def best_text(texts: Sequence[Text], languages: Sequence[str], only: Sequence[str], groups: Groups) -> Text:
    """The version that matches most clauses, then most in its title; among equals the reader's preferred language.

    `languages` are the reader's, most preferred first; `only` limits the choice to these languages where possible.
    """
    offered = [text for text in texts if text.language in only] or list(texts)
    by_language = {text.language: text for text in offered}
    preferred = choose(list(by_language), list(languages), offered[0].language)
    if len(offered) == 1 or not groups:
        return by_language[preferred]
    return max(offered, key=lambda text: (_matched(text, groups), text.language == preferred))


def snippet(text: Text, groups: Groups) -> str:
    """About `LENGTH` characters of the text in one line, around the densest matches. Each match is between `OPEN` and
    `CLOSE`."""
    body = text.body[:_LOOKED_AT].replace(OPEN, " ").replace(CLOSE, " ")
    spans = _spans(body, text.language, groups)
    start = _window(spans)
    end = min(start + LENGTH, len(body))
    if start > 0:
        space = body.find(" ", start - 20, start + 20)
        start = space + 1 if space >= 0 else start
    if end < len(body):
        space = body.rfind(" ", end - 30, end)
        end = space if space > start else end
    pieces, at = [], start
    for first, last in spans:
        if first >= start and last <= end:
            pieces += [body[at:first], OPEN, body[first:last], CLOSE]
            at = last
    pieces.append(body[at:end])
    shown = _SPACE.sub(" ", "".join(pieces)).strip()
    return ("… " if start > 0 else "") + shown + (" …" if end < len(text.body) else "")


def _matched(text: Text, groups: Groups) -> tuple[int, int]:
    title = {token.term for token in tokens(text.title, text.language)}
    every = title | {token.term for token in tokens(text.body[:_LOOKED_AT], text.language)}
    return _count(every, groups), _count(title, groups)


def _count(terms: set[str], groups: Groups) -> int:
    return sum(
        not whole.isdisjoint(terms) or any(term.startswith(prefix) for prefix in prefixes for term in terms)
        for whole, prefixes in groups
    )


def _spans(body: str, language: str, groups: Groups) -> list[tuple[int, int]]:
    """Start and end of each match, in order. Matches that touch are joined, since pairs of letters overlap."""
    whole = frozenset().union(*(group[0] for group in groups))
    prefixes = tuple(prefix for group in groups for prefix in group[1])
    if not whole and not prefixes:
        return []
    spans: list[tuple[int, int]] = []
    for token in _tokens_of(body, language):
        if token.term in whole or (prefixes and token.term.startswith(prefixes)):
            if spans and token.start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], token.end))
            else:
                spans.append((token.start, token.end))
    return spans


@lru_cache(maxsize=1_000)
def _tokens_of(body: str, language: str) -> tuple[Token, ...]:
    """The terms of a text that is shown; what many find is shown again and again."""
    return tuple(tokens(body, language))


def _window(spans: list[tuple[int, int]]) -> int:
    """The start of the window that contains most matches; the first among equals."""
    best, start = 0, 0
    for index, (first, _) in enumerate(spans):
        within = sum(last <= first + LENGTH - _LEAD for _, last in spans[index:])
        if within > best:
            best, start = within, max(first - _LEAD, 0)
        if index > 200:
            break
    return start
