"""Brings an index up to date after a change of the analysis, while searches are answered from it.

Its documents are analysed again, a few in a transaction, so that writers and readers hardly wait. Until that is done
searches find, of what is still indexed by the old analysis, what both analyse alike, and say so with a hint. An upgrade
that is interrupted begins anew: a document that is analysed already stays as it is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy import Connection, delete, func, insert, inspect, select
from sqlalchemy.orm import Session

from core.database import Database
from services.search.analysis import VERSION
from services.search.embedded.engine import EmbeddedEngine
from services.search.tables import Analysis, Item

log = logging.getLogger(__name__)

STEP = 20
"""The number of documents that are analysed in one transaction: some 20 ms."""
PAUSE_SECONDS = 0.01


def note_version_if_empty(connection: Connection) -> None:
    """Note that an index without documents is of this version."""
    if not inspect(connection).has_table(Analysis.__tablename__):
        return  # migrated to an older revision only
    with Session(connection) as session:
        if session.scalar(select(Item.row).limit(1)) is None:
            _note_version(session)
            session.flush()


def renew(database: Database, pause: Callable[[float], None] = time.sleep) -> None:
    """Analyse every document again if the index was made by another version."""
    with database.reading() as session:
        if not is_older(session):
            return
        last = session.scalar(select(func.max(Item.row))) or 0  # later ones are by this version
    log.warning("The index of search was made by an older release: its documents are analysed again")
    row: int | None = 0
    while row is not None:
        with database.writing() as session:
            # Not so any more if a rebuild has replaced the index meanwhile.
            row = _step(session, row, last) if is_older(session) else None
        pause(PAUSE_SECONDS)
    log.info("The index of search is of this release")


def is_older(session: Session) -> bool:
    """Whether the index was made by another version."""
    return session.scalar(select(Analysis.version)) != VERSION


def _step(session: Session, after: int, last: int) -> int | None:
    """Analyse the documents of the next rows up to `last`; returns the last of them, None if there were none."""
    engine = EmbeddedEngine(session)
    if not after:
        engine.fold_names()
    next_rows = select(Item.row).where(Item.row > after, Item.row <= last).order_by(Item.row).limit(STEP)
    rows = list(session.scalars(next_rows))
    if not rows:
        _note_version(session)
        return None
    engine.reindex(rows)
    return rows[-1]


def _note_version(session: Session) -> None:
    session.execute(delete(Analysis))
    session.execute(insert(Analysis).values(version=VERSION))
