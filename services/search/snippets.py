"""What a hit shows: the version that matched best, and the piece of its text where the words stand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.languages import choose
from services.search.analysis import tokens
from services.search.engine import Text

Groups = Sequence[tuple[frozenset[str], tuple[str, ...]]]
"""For each word of the query the terms that it may stand under, and the beginnings of terms."""

OPEN, CLOSE = "\ue000", "\ue001"
"""Stand around a match in a snippet; stripped from the text itself."""

LENGTH = 240
_LEAD = 60
_LOOKED_AT = 20_000
"""Letters of a text in which words are looked for; further down a snippet would be of no help."""

_SPACE = re.compile(r"\s+")


def best_text(texts: Sequence[Text], languages: Sequence[str], only: Sequence[str], groups: Groups) -> Text:
    """The version in which most words of the query stand, the title's first; among equals as the reader's
    order says."""
    offered = [text for text in texts if text.language in only] or list(texts)
    by_language = {text.language: text for text in offered}
    preferred = choose(list(by_language), list(languages), offered[0].language)
    if len(offered) == 1 or not groups:
        return by_language[preferred]
    return max(offered, key=lambda text: (_matched(text, groups), text.language == preferred))


def snippet(text: Text, groups: Groups) -> str:
    """Some 240 letters of the text in one line, around the densest matches, which stand between U+E000 and
    U+E001."""
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
    """Where matches stand, in order, those that touch joined (pairs of letters overlap)."""
    whole = frozenset().union(*(group[0] for group in groups))
    prefixes = tuple(prefix for group in groups for prefix in group[1])
    if not whole and not prefixes:
        return []
    spans: list[tuple[int, int]] = []
    for token in tokens(body, language):
        if token.term in whole or (prefixes and token.term.startswith(prefixes)):
            if spans and token.start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], token.end))
            else:
                spans.append((token.start, token.end))
    return spans


def _window(spans: list[tuple[int, int]]) -> int:
    """Where the piece begins that holds most matches; the first of equals."""
    best, start = 0, 0
    for index, (first, _) in enumerate(spans):
        within = sum(last <= first + LENGTH - _LEAD for _, last in spans[index:])
        if within > best:
            best, start = within, max(first - _LEAD, 0)
        if index > 200:
            break
    return start
