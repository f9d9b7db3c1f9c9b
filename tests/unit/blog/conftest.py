"""A blog of its own for each test."""

from __future__ import annotations

import pytest

from core.database import Database
from services.blog import actions
from tests.unit.harness import store_of
from tests.unit.users import ADMIN

store = store_of("blog")


@pytest.fixture
def database(database: Database) -> Database:
    """The blog's database with two categories."""
    with database.writing() as session:
        actions.set_category(
            session, ADMIN, "community", "en", {"en": ("Community", "About us"), "es": ("Comunidad", "")}
        )
        actions.set_category(session, ADMIN, "technology", "en", {"en": ("Technology", "")})
    return database
