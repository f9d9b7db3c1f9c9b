"""What a term would have matched lately, for administrators who think of blocking it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

from contracts.errors import invalid
from contracts.writing_rules import TermMatch, TermMatches
from core.audience import Viewer
from services.shared.authorisation import check_reads_administration
from services.shared.blocked_terms import ANY, Compared, is_term

WITHIN = timedelta(days=30)
MOST_TEXTS = 1_000
MOST_LETTERS = 500_000
MOST_SHOWN = 20

R = TypeVar("R")


def check_preview(viewer: Viewer, text: str) -> None:
    """Raise `Forbidden("administrators-only")`, and as `check_term` does."""
    check_reads_administration(viewer)
    check_term(text)


def check_term(text: str) -> None:
    """Raise `term-empty` for a term that has nothing to look for, and `term-spaces` for a pattern with spaces."""
    if not is_term(text):
        raise invalid("text", "term-empty")
    if ANY in text and len(text.split()) > 1:
        raise invalid("text", "term-spaces")


def preview(
    term: str, rows: Iterable[R], text_of: Callable[[R], str], match_of: Callable[[R], TermMatch]
) -> TermMatches:
    """Those of these rows, newest first, up to `MOST_TEXTS` and one more, that have the term in them."""
    items: list[TermMatch] = []
    letters = looked_at = matches = 0
    for row in rows:
        text = text_of(row)
        letters += len(text)
        if looked_at == MOST_TEXTS or letters > MOST_LETTERS:
            return TermMatches(items=items, matches=matches, looked_at=looked_at, all=False)
        looked_at += 1
        if Compared(text).has(term):
            matches += 1
            if matches <= MOST_SHOWN:
                items.append(match_of(row))
    return TermMatches(items=items, matches=matches, looked_at=looked_at)
