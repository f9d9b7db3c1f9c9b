"""What a hit shows: the language version that matches best, and an extract around the matches."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from functools import lru_cache

from core.languages import choose
from services.search.analysis import terms
from services.search.engine import Text
from services.search.marking import Groups, Marker

OPEN, CLOSE = "\ue000", "\ue001"
"""Mark the start and end of a match in a snippet (private-use characters; removed from the text itself)."""

LENGTH = 240
_LEAD = 60
_LOOKED_AT = 20_000
"""Characters of a text in which matches are looked for."""

_SHORT = 4_000
"""Characters of a text whose terms are kept: of longer ones they would take too much memory."""

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


def snippet(text: Text, marker: Marker) -> str:
    """About `LENGTH` characters of the text in one line, around the densest matches. Each match is between `OPEN` and
    `CLOSE`."""
    body = text.body[:_LOOKED_AT].replace(OPEN, " ").replace(CLOSE, " ")
    spans = marker.spans(body, text.language)
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
    title = _terms_of(text.title, text.language)
    in_title = _count(title, groups)
    if in_title == len(groups):
        return in_title, in_title  # the rest of the text has no clause more
    return _count(title | _terms_of(text.body[:_LOOKED_AT], text.language), groups), in_title


def _terms_of(text: str, language: str) -> Set[str]:
    return _kept_terms(text, language) if len(text) <= _SHORT else terms(text, language)


# The versions of what many find are compared again and again.
@lru_cache(maxsize=2_000)
def _kept_terms(text: str, language: str) -> frozenset[str]:
    return frozenset(terms(text, language))


def _count(found: Set[str], groups: Groups) -> int:
    return sum(
        not whole.isdisjoint(found) or any(term.startswith(prefix) for prefix in prefixes for term in found)
        for whole, prefixes in groups
    )


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
