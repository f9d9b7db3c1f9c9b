"""A forum of its own for each test."""

from __future__ import annotations

import pytest

from core.database import Database
from services.forum import actions
from tests.unit.harness import store_of
from tests.unit.users import ADMIN

store = store_of("forum")


@pytest.fixture
def database(database: Database) -> Database:
    """The forum's database with two categories, one of them official."""
    general = {"en": ("General", ""), "es": ("En general", "")}
    announcements = {"en": ("Announcements", "")}
    with database.writing() as session:
        actions.set_category(session, ADMIN, "general", "en", general)
        actions.set_category(session, ADMIN, "announcements", "en", announcements, official=True)
    return database
