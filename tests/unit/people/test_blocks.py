"""Blocking and muting: for one person alone, and without a word to the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest
from sqlalchemy import insert
from sqlalchemy.event import listen
from sqlalchemy.orm import Session

from contracts.blocks import BlockLevel, BlockPerson, BlockView
from contracts.errors import Conflict, Forbidden, NotFound, SignInNeeded, SpaceError
from contracts.own_account import VanishPerson
from contracts.people import InvitationChanged
from core import clock
from core.audience import SILENCED, Viewer
from core.database import Database
from services.people import actions, own_rules
from services.people import queries as people_queries
from services.people.actions import blocks, invitations, vanishing
from services.people.block_tables import Block
from services.people.own_data import export_of
from services.people.queries import blocks as queries
from services.people.queries.invitations import invitations as own_invitations
from services.people.queries.invitations import invited
from tests.unit.harness import meet
from tests.unit.people.harness import Enrol, Events, Found, insert_person, refusal

pytestmark = pytest.mark.slow


def blocked(viewer: Viewer, name: str, level: BlockLevel = "block") -> Callable[[Session], BlockView]:
    return lambda session: blocks.block(session, viewer, name, BlockPerson(level=level))


def block(database: Database, viewer: Viewer, name: str, level: BlockLevel = "block") -> None:
    with database.writing() as session:
        blocked(viewer, name, level)(session)


def of(database: Database, viewer: Viewer) -> list[tuple[str, str]]:
    """Whom a person has blocked or muted, and which of the two."""
    with database.reading() as session:
        found: list[tuple[str, str]] = [
            (each.person_id, each.level) for each in queries.blocks(session, viewer, None, 50).items
        ]
        assert sorted(one for one, _ in found) == queries.blocked_ids(session, viewer)
        return found


def test_a_block_is_ones_own_and_changes(database: Database, enrol: Enrol, events: Events) -> None:
    sam, bea, cleo = enrol("Sam"), enrol("Bea"), enrol("Cleo")
    block(database, sam, "bea")
    block(database, sam, "Cleo", "mute")
    assert of(database, sam) == [(cleo.person_id, "mute"), (bea.person_id, "block")]
    assert of(database, bea) == []
    block(database, sam, "Bea", "mute")
    block(database, sam, "Bea", "mute")
    with database.writing() as session:
        blocks.unblock(session, sam, "Cleo")
        blocks.unblock(session, sam, "Cleo")
    assert of(database, sam) == [(bea.person_id, "mute")]
    told = [event for event in events() if event.type == "people.block.changed"]
    assert [(event.data["other_id"], event.data["level"]) for event in told] == [
        (bea.person_id, "block"),
        (cleo.person_id, "mute"),
        (bea.person_id, "mute"),
        (cleo.person_id, None),
    ]
    assert {(event.audience, event.subject) for event in told} == {("members", f"person/{sam.person_id}")}


def test_a_mute_and_a_block_are_listed_and_lifted_apart(database: Database, enrol: Enrol) -> None:
    sam, bea, cleo = enrol("Sam"), enrol("Bea"), enrol("Cleo")
    block(database, sam, "Bea")
    block(database, sam, "Cleo", "mute")
    with database.reading() as session:
        for level, other in (("block", bea), ("mute", cleo)):
            listed = queries.blocks_of(session, sam, cast(BlockLevel, level), None, 50).items
            assert [each.person_id for each in listed] == [other.person_id]
    with database.writing() as session:
        blocks.lift(session, sam, "Bea", "mute")
        blocks.lift(session, sam, "Cleo", "block")
    assert len(of(database, sam)) == 2
    with database.writing() as session:
        blocks.lift(session, sam, "Bea", "block")
        blocks.lift(session, sam, "Cleo", "mute")
    assert of(database, sam) == []


@pytest.mark.parametrize(
    ("changes", "error"), [({"person_id": None}, SignInNeeded), ({"scopes": frozenset({"read"})}, Forbidden)]
)
def test_who_may_not_write_blocks_nobody(
    database: Database, enrol: Enrol, changes: dict[str, object], error: type[SpaceError]
) -> None:
    sam, _ = enrol("Sam"), enrol("Bea")
    other = sam.model_copy(update=changes)
    for work in (blocked(other, "Bea"), lambda session: blocks.unblock(session, other, "Bea")):
        with pytest.raises(error), database.writing() as session:
            work(session)
    assert of(database, sam) == []


def test_a_silenced_person_may_still_block(database: Database, enrol: Enrol) -> None:
    sam, bea = enrol("Sam"), enrol("Bea")
    block(database, sam.model_copy(update={"scopes": frozenset({"read", SILENCED})}), "Bea")
    assert of(database, sam) == [(bea.person_id, "block")]


def test_whom_nobody_can_block(database: Database, enrol: Enrol) -> None:
    sam, admin = enrol("Sam"), enrol("Ada", "administrator")
    assert refusal(database, blocked(sam, "Sam")) == [("name", "block-self")]
    with pytest.raises(NotFound):
        block(database, sam, "Nobody")
    enrol("Bea")
    with database.writing() as session:
        gone = vanishing.vanish_person(session, admin, "Bea", VanishPerson(reason="Asked for it"))
    with pytest.raises(NotFound):
        block(database, sam, gone)


def test_there_is_a_limit(database: Database, enrol: Enrol) -> None:
    sam, _ = enrol("Sam"), enrol("Bea")
    now, most = clock.now(), own_rules.BLOCKS_EACH
    with database.writing() as session:
        for number in range(most):
            insert_person(session, f"{number:016}", f"P{number}")
        rows = [
            {"person_id": sam.person_id, "other_id": f"{number:016}", "level": "mute", "since": now}
            for number in range(most)
        ]
        session.execute(insert(Block), rows)
    with pytest.raises(Conflict, match="blocks-many"):
        block(database, sam, "Bea")
    block(database, sam, "P1")


def test_who_is_blocked_learns_nothing_when_they_invite(
    database: Database, enrol: Enrol, found: Found, events: Events
) -> None:
    sam, bea = enrol("Sam"), enrol("Bea")
    found(bea, "secret", "hidden")
    block(database, sam, "Bea")
    kim = enrol("Kim")
    slug = _slug(database, bea)

    def tried(name: str) -> list[object]:
        """All that Bea sees of inviting somebody, in every way that there is."""
        seen: list[object] = []
        before = len(events())
        steps: tuple[Callable[[Session], object], ...] = (
            lambda session: invitations.invite(session, bea, slug, name),
            lambda session: invitations.invite(session, bea, slug, name),
            lambda session: actions.set_member(session, bea, slug, name, "member").state,
            lambda session: [
                (each.declined, each.by_id) for each in invited(session, bea, slug, None, 10).items
            ],
            lambda session: invitations.withdraw_invitation(session, bea, slug, name),
            lambda session: actions.set_member(session, bea, slug, name, "moderator").state,
            lambda session: invitations.withdraw_invitation(session, bea, slug, name),
        )
        for step in steps:
            try:
                with database.writing() as session:
                    seen.append(step(session))
            except SpaceError as error:
                seen.append(error.code)
        return [*seen, len(events()) - before]

    assert tried("Sam") == tried("Kim")
    with database.writing() as session:
        for viewer in (sam, kim):
            invitations.invite(session, bea, slug, viewer.name or "")
        assert [len(own_invitations(session, viewer)) for viewer in (sam, kim)] == [0, 1]
        with pytest.raises(NotFound):
            people_queries.group(session, sam, slug)
        with pytest.raises(NotFound):
            invitations.answer_invitation(session, sam, slug, True)
        files = {each.file for each in export_of(session, sam, None, 100).items}
        assert "people/invitations" not in files
    told = [InvitationChanged.model_validate(one.data) for one in events() if "invitation" in one.type]
    assert not any(each.is_open for each in told if each.person_id == sam.person_id)


def test_one_who_blocks_twice_at_once_has_blocked_once(database: Database, enrol: Enrol) -> None:
    sam, bea = enrol("Sam"), enrol("Bea")
    assert meet(database, blocked(sam, "Bea"), blocked(sam, "Bea", "mute")) is None
    assert of(database, sam) == [(bea.person_id, "mute")]


def test_blocks_go_with_either_of_the_two(database: Database, enrol: Enrol) -> None:
    sam, bea, admin = enrol("Sam"), enrol("Bea"), enrol("Ada", "administrator")
    block(database, sam, "Bea")
    block(database, bea, "Ada")
    with database.writing() as session:
        vanishing.vanish_person(session, admin, "Bea", VanishPerson(reason="Asked for it"))
    assert of(database, sam) == of(database, bea) == []


def _slug(database: Database, viewer: Viewer) -> str:
    with database.reading() as session:
        (group,) = people_queries.groups_of_person(session, viewer, viewer.person_id or "")
        return group.slug


def test_two_who_block_each_other_at_one_moment_both_do(database: Database, enrol: Enrol) -> None:
    if database.sqlite:
        pytest.skip("an SQLite store has one writer")
    sam, bea = enrol("Sam"), enrol("Bea")
    both_hold_their_own = threading.Barrier(2)

    def work(viewer: Viewer, name: str) -> None:
        with database.writing() as session:
            listen(session, "before_flush", lambda *_: both_hold_their_own.wait(30), once=True)
            blocked(viewer, name)(session)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work, sam, "Bea"), pool.submit(work, bea, "Sam")]:
            done.result()
    assert of(database, sam) == [(bea.person_id, "block")]
    assert of(database, bea) == [(sam.person_id, "block")]
