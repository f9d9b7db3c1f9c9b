"""The readers of the index, each for one viewer."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.search import SearchQuery, SearchResult, Suggestion, TagLine
from core.audience import Viewer
from services.search import rules
from services.search.handlers import engine_on


def search(session: Session, viewer: Viewer, query: SearchQuery) -> SearchResult:
    """What the query finds of what the viewer may see."""
    rules.check(query)
    return engine_on(session).search(query, rules.reader(viewer))


def suggest(session: Session, viewer: Viewer, prefix: str, limit: int) -> list[Suggestion]:
    """Titles that begin as typed."""
    return engine_on(session).suggest(prefix, limit, rules.reader(viewer))


def tags(session: Session, viewer: Viewer, prefix: str, limit: int) -> list[TagLine]:
    """Tags that begin so, with how many items carry them."""
    return engine_on(session).tags(prefix, limit, rules.reader(viewer))
