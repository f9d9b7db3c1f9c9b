"""The embedded search engine: SQLite FTS5, with the analysis of each language in Python."""

from services.search.embedded.engine import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
