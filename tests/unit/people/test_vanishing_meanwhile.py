"""Who vanishes at the very moment in which something is stored of them leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.blocks import BlockPerson
from contracts.errors import Invalid, NotFound
from contracts.own_account import VanishPerson
from contracts.people import CreateGroup
from core.audience import Viewer
from core.database import Database
from services.people import actions
from services.people.actions import blocks, invitations, vanishing
from services.people.block_tables import Block
from services.people.tables import Group, GroupInvitation, Member, Person
from tests.unit.harness import meet
from tests.unit.people.harness import Enrol, Found

pytestmark = pytest.mark.slow

Work = Callable[[Session, Viewer, Viewer], object]
"""What Sam, who moderates the groups, or Noa does."""

WORKS: dict[str, Work] = {
    "invite": lambda session, sam, noa: invitations.invite(session, sam, "maps", "Noa"),
    "set_member": lambda session, sam, noa: actions.set_member(session, sam, "maps", "Noa", "member"),
    "join": lambda session, sam, noa: actions.join(session, noa, "open"),
    "found": lambda session, sam, noa: actions.create_group(
        session, noa, CreateGroup(slug="own", kind="open", language="en", name="My own")
    ),
    "block": lambda session, sam, noa: blocks.block(session, sam, "Noa", BlockPerson(level="block")),
    "block as the one who goes": lambda session, sam, noa: blocks.block(
        session, noa, "Sam", BlockPerson(level="mute")
    ),
}


@pytest.fixture
def people(database: Database, enrol: Enrol, found: Found) -> tuple[Viewer, Viewer, Viewer]:
    """Sam with two groups, Noa, and an administrator."""
    sam, noa, ada = enrol("Sam"), enrol("Noa"), enrol("Ada", "administrator")
    found(sam, "maps", "closed")
    found(sam, "open", "open")
    return sam, noa, ada


def vanish(session: Session, ada: Viewer) -> None:
    vanishing.vanish_person(session, ada, "Noa", VanishPerson(reason="Asked for it"))


def left(database: Database, noa: Viewer) -> list[object]:
    """What is stored of Noa and with Noa."""
    with database.reading() as session:
        assert session.get_one(Person, noa.person_id).vanished_at is not None
        rows: list[object] = []
        rows += session.scalars(select(GroupInvitation).where(GroupInvitation.person_id == noa.person_id))
        rows += session.scalars(select(Member).where(Member.person_id == noa.person_id))
        mine = (Block.person_id == noa.person_id) | (Block.other_id == noa.person_id)
        rows += session.scalars(select(Block).where(mine))
        rows += session.scalars(select(Group).where(Group.founder_id == noa.person_id, Group.members > 0))
        return rows


@pytest.mark.parametrize("name", WORKS)
def test_whoever_comes_later_finds_nobody(
    database: Database, people: tuple[Viewer, Viewer, Viewer], name: str
) -> None:
    sam, noa, ada = people
    error = meet(
        database, lambda session: vanish(session, ada), lambda session: WORKS[name](session, sam, noa)
    )
    assert isinstance(error, NotFound | Invalid)
    assert left(database, noa) == []


@pytest.mark.parametrize("name", WORKS)
def test_whoever_came_before_is_waited_for(
    database: Database, people: tuple[Viewer, Viewer, Viewer], name: str
) -> None:
    sam, noa, ada = people
    error = meet(
        database, lambda session: WORKS[name](session, sam, noa), lambda session: vanish(session, ada)
    )
    assert error is None
    assert left(database, noa) == []


def test_somebody_who_asked_to_join_vanishes_while_they_are_let_in(
    database: Database, people: tuple[Viewer, Viewer, Viewer]
) -> None:
    sam, noa, ada = people
    with database.writing() as session:
        actions.join(session, noa, "maps")
    error = meet(
        database,
        lambda session: actions.set_member(session, sam, "maps", "Noa", "member"),
        lambda session: vanish(session, ada),
    )
    assert error is None
    assert left(database, noa) == []
