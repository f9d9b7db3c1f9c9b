"""A forum of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from core.database import Database
from services.forum import actions
from tests.unit.forum.harness import ADMIN
from tests.unit.harness import Store, store_of

store = store_of("forum")


@pytest.fixture
def database(store: Store) -> Iterator[Database]:
    """The forum's database with two categories, one of them official."""
    with store.database() as found:
        with found.writing() as session:
            actions.set_category(
                session, ADMIN, "general", "en", {"en": ("General", ""), "es": ("En general", "")}
            )
            actions.set_category(
                session, ADMIN, "announcements", "en", {"en": ("Announcements", "")}, official=True
            )
        yield found


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction on the forum's database, undone at the end."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()
