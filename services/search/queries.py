"""The reads of search on the embedded engine, each limited to what the viewer may see."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bus.eventlog.schema import consumer_offset
from contracts.search import SearchQuery, SearchResult, Suggestion, TagLine
from core.audience import Viewer
from services.search import rules
from services.search.embedded import EmbeddedEngine
from services.search.embedded.kept import kept
from services.search.places import Places, nowhere

_INDEX_VERSION = select(func.sum(consumer_offset.c.seq))


def search(session: Session, viewer: Viewer, query: SearchQuery, places: Places = nowhere) -> SearchResult:
    """A page of hits with facets. Raises `Invalid` as `rules.check` does, or with the fault `cursor-shape`."""
    rules.check(query)
    reader = rules.reader(viewer)
    return kept(session, query, reader, lambda: EmbeddedEngine(session, places).search(query, reader))


def suggest(session: Session, viewer: Viewer, prefix: str, limit: int) -> list[Suggestion]:
    """Titles that have words beginning as typed."""
    return EmbeddedEngine(session).suggest(prefix, limit, rules.reader(viewer))


def tags(session: Session, viewer: Viewer, prefix: str, limit: int) -> list[TagLine]:
    """Tags that begin with `prefix`, with the number of items that have them."""
    return EmbeddedEngine(session).tags(prefix, limit, rules.reader(viewer))


def index_version(session: Session) -> int:
    """The sum of the offsets up to which events are in the index; they move in the transactions that change it."""
    return session.scalar(_INDEX_VERSION) or 0
