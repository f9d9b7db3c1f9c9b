"""A forum of its own for each test."""

from __future__ import annotations

import pytest

from core.database import Database
from services.forum import actions
from tests.unit.forum.harness import ADMIN
from tests.unit.harness import store_of

store = store_of("forum")


@pytest.fixture
def database(database: Database) -> Database:
    """The forum's database with two categories, one of them official."""
    with database.writing() as session:
        actions.set_category(
            session, ADMIN, "general", "en", {"en": ("General", ""), "es": ("En general", "")}
        )
        actions.set_category(
            session, ADMIN, "announcements", "en", {"en": ("Announcements", "")}, official=True
        )
    return database
