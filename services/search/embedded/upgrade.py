"""Brings an index up to date after a change of the analysis.

It is made again from the documents that it holds, in the transaction of the migration: searches find either all by the
old analysis or all by the new one, and an interrupted upgrade leaves the old index.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, inspect, select
from sqlalchemy.orm import Session

from services.search.analysis import VERSION
from services.search.embedded.engine import EmbeddedEngine
from services.search.tables import Analysis


def reindex_if_older(connection: Connection) -> bool:
    """Analyse every document again if the index was made by another version; returns whether it was."""
    if not inspect(connection).has_table(Analysis.__tablename__):
        return False  # migrated to an older revision only
    if connection.scalar(select(Analysis.version)) == VERSION:
        return False
    with Session(connection) as session:
        EmbeddedEngine(session).reindex()
        session.execute(delete(Analysis))
        session.execute(insert(Analysis).values(version=VERSION))
        session.flush()
    return True
