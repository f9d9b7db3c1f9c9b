"""Brings an index up to date after a change of the analysis, while searches are answered from it.

Its documents are analysed again into a second set of the tables of terms, a few in a transaction, so that writers and
readers hardly wait; when all are there, it takes the place of the first. Until then searches find what both analyse
alike, and say so with a hint. A renewal that is interrupted goes on where it was.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy import Connection, inspect, select
from sqlalchemy.orm import Session

from core.database import Database
from services.search.embedded import renewal
from services.search.embedded.engine import EmbeddedEngine
from services.search.embedded.hits import driver_of
from services.search.embedded.stored import documents
from services.search.tables import Item, Renewal

log = logging.getLogger(__name__)

STEP = 20
"""The number of documents that are analysed in one transaction: some 20 ms."""
PAUSE_SECONDS = 0.01


def note_version_if_empty(connection: Connection) -> None:
    """Note that an index without documents is of this version."""
    if not inspect(connection).has_table(Renewal.__tablename__):
        return  # migrated to an older revision only
    with Session(connection) as session:
        if session.scalar(select(Item.row).limit(1)) is None:
            renewal.note_version(driver_of(session).cursor())


def renew(database: Database, pause: Callable[[float], None] = time.sleep) -> None:
    """Analyse every document again if the index was made by another version."""
    with database.reading() as session:
        if not is_older(session):
            return
    log.warning("The index of search was made by another release: its documents are analysed again")
    more = True
    while more:
        with database.writing() as session:
            # Not so any more if a rebuild has replaced the index meanwhile.
            more = is_older(session) and _step(session)
        pause(PAUSE_SECONDS)
    log.info("The index of search is of this release")


def is_older(session: Session) -> bool:
    """Whether the index was made by another version."""
    return not renewal.is_current(driver_of(session).cursor())


def _step(session: Session) -> bool:
    """Analyse the documents of the next rows; returns whether there are more."""
    driver = driver_of(session)
    cursor = driver.cursor()
    state = renewal.renewal_of(cursor)
    assert state is not None
    engine = EmbeddedEngine(session)
    if not state.row:
        renewal.begin(cursor)
        engine.fold_names()
    found = dict(
        documents(
            driver,
            "WHERE item.row > :after ORDER BY item.row LIMIT :step",
            {"after": state.row, "step": STEP},
        )
    )
    if found:
        engine.renew(found)
    if len(found) == STEP:
        return True
    # In the same transaction: whoever writes always would never let it end.
    renewal.finish(cursor)
    return False
