"""How PostgreSQL finds people, groups and cases: never by reading or sorting all of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import queries
from services.people.queries import cases
from tests.unit.harness import plans_of

Read = Callable[[Session, Viewer], object]


@pytest.mark.parametrize(
    "read",
    [
        lambda session, amina: queries.people(session, STRANGER, None, 20),
        lambda session, amina: queries.people(session, STRANGER, amina.person_id, 20),
        lambda session, amina: queries.cards(session, STRANGER, [amina.person_id]),
        lambda session, amina: queries.person(session, STRANGER, "Amina"),
        lambda session, amina: queries.groups(session, amina, None, 20),
        lambda session, amina: queries.groups(session, STRANGER, "a", 20),
        lambda session, amina: queries.archived_groups(session, STRANGER, None, 20),
        lambda session, amina: queries.members(session, amina, "readers", None, None, 20),
        lambda session, amina: cases.public_decisions(session, STRANGER, None, 20),
    ],
    ids=[
        "people", "more people", "cards", "person", "groups", "more groups", "archived groups", "members",
        "decisions",
    ],
)  # fmt: skip
def test_each_list_has_an_index_on_postgresql(
    database: Database, enrol: Callable[..., Viewer], found: Callable[..., str], read: Read
) -> None:
    amina = enrol("Amina")
    found(amina, "readers", "open")
    with database.reading() as session:
        for plan in plans_of(session, lambda: read(session, amina)):
            assert "Seq Scan" not in plan, plan


@pytest.mark.parametrize("closed", [False, True])
def test_cases_have_an_index_on_postgresql(
    database: Database, enrol: Callable[..., Viewer], closed: bool
) -> None:
    moderator = enrol("Mina", "moderator")
    with database.reading() as session:
        for plan in plans_of(session, lambda: cases.cases(session, moderator, closed, None, 20)):
            assert "Seq Scan" not in plan, plan
