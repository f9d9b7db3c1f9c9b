"""Fixtures: a database of mail, and the office that takes and handles mails."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.database import Database
from tests.unit.harness import store_of
from tests.unit.mail.office import Office

store = store_of("mail")


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return Office(database, tmp_path)
