"""A database of notify, and a town that makes events as the other rooms would and lets notify hear them.

With `SPACE_TEST_POSTGRES_URL` each test gets a PostgreSQL schema of its own, else a SQLite file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from core.database import Database
from core.ids import new_id
from tests.unit.notify.town import Town

MIGRATIONS = Path(__file__).resolve().parents[3] / "services" / "notify" / "migrations"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database."""
    server = os.environ.get("SPACE_TEST_POSTGRES_URL")
    schema = f"test_{new_id()}"
    if server is None:
        url = f"sqlite:///{tmp_path}/notify.sqlite"
    else:
        engine = create_engine(server)
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        url = (
            make_url(server).update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(False)
        )
    made = Database(url)
    made.migrate(MIGRATIONS)
    yield made
    made.close()
    if server is not None:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


@pytest.fixture
def town(database: Database) -> Town:
    """An empty town."""
    return Town(database)
