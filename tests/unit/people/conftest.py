"""A database of people and helpers to fill it.

With `SPACE_TEST_POSTGRES_URL` each test gets a PostgreSQL schema of its own, else a SQLite file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text

from bus import log
from contracts.common import Recorded
from contracts.people import CreateGroup, GroupKind, Register
from core.audience import STRANGER, Viewer
from core.database import Database
from core.ids import new_id
from services.people import actions, queries

MIGRATIONS = Path(__file__).resolve().parents[3] / "services" / "people" / "migrations"
PASSWORD = "correct horse battery"


def database_urls(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, dropped afterwards."""
    server = os.environ.get("SPACE_TEST_POSTGRES_URL")
    if server is None:
        yield f"sqlite:///{tmp_path}/people.sqlite"
        return
    schema = f"test_{new_id()}"
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield make_url(server).update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database."""
    for url in database_urls(tmp_path):
        made = Database(url)
        made.migrate(MIGRATIONS)
        yield made
        made.close()


@pytest.fixture
def enrol(database: Database) -> Callable[..., Viewer]:
    """Make an account that no password opens, and answer its viewer."""

    def make(name: str, *roles: str, languages: tuple[str, ...] = ()) -> Viewer:
        with database.writing() as session:
            command = Register(name=name, password=SecretStr(PASSWORD), languages=list(languages))
            signed_in = actions.register(session, STRANGER, command, password_hash="")
            person = queries.person_named(session, name)
            assert person is not None
            for role in roles:
                actions.hold_role(session, person, role, held=True)  # type: ignore[arg-type]
            return queries.viewer_of_person(session, person) if roles else signed_in.viewer

    return make


@pytest.fixture
def found(database: Database) -> Callable[..., str]:
    """Found a group and answer its id."""

    def make(viewer: Viewer, slug: str, kind: GroupKind) -> str:
        with database.writing() as session:
            command = CreateGroup(
                slug=slug, kind=kind, language="en", name=f"The {slug}", about="Who we are."
            )
            return actions.create_group(session, viewer, command).id

    return make


@pytest.fixture
def events(database: Database) -> Callable[[], list[Recorded]]:
    """Every event of the log."""

    def read() -> list[Recorded]:
        with database.reading() as session:
            return log.events_after(session, "people", 0, 1000)

    return read
