"""A database of people and helpers to fill it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from bus.eventlog.read import events_after
from contracts.common import Recorded
from contracts.people import CreateGroup, GroupKind, Register
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries
from tests.unit.harness import store_of
from tests.unit.people.desk import Desk
from tests.unit.people.harness import Post

PASSWORD = "correct horse battery"

store = store_of("people")


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
            return events_after(session, "people", 0, 1000)

    return read


@pytest.fixture
def post(database: Database, tmp_path: Path) -> Post:
    """What sends the mails of this database."""
    return Post(database, tmp_path)


@pytest.fixture
def desk(database: Database, enrol: Callable[..., Viewer]) -> Desk:
    """Two moderators, an author and a reader."""
    return Desk(database, enrol)
