"""A blog of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from core.database import Database
from services.blog import actions
from tests.unit.blog.harness import ADMIN
from tests.unit.harness import Store, store_of

store = store_of("blog")


@pytest.fixture
def database(store: Store) -> Iterator[Database]:
    """The blog's database with two categories."""
    with store.database() as found:
        with found.writing() as session:
            actions.set_category(
                session, ADMIN, "community", "en", {"en": ("Community", "About us"), "es": ("Comunidad", "")}
            )
            actions.set_category(session, ADMIN, "technology", "en", {"en": ("Technology", "")})
        yield found


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction on the blog's database, undone at the end."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()
