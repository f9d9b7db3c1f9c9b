"""Several people at one account or group at once."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import SecretStr
from sqlalchemy.orm import Session

from contracts.errors import Conflict, Invalid
from contracts.people import ChangeProfile, Profile, Register, SignedIn
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries
from tests.unit.harness import meet

Enrol = Callable[..., Viewer]
Found = Callable[..., str]


def test_one_role_given_twice_at_one_moment_is_given_once(database: Database, enrol: Enrol) -> None:
    admin, other = enrol("Ada", "administrator"), enrol("Bea", "administrator")
    enrol("Cleo")

    def grant(viewer: Viewer) -> Callable[[Session], Profile]:
        return lambda session: actions.grant_role(session, viewer, "Cleo", "editor", True)

    assert meet(database, grant(admin), grant(other)) is None
    with database.reading() as session:
        assert queries.person(session, admin, "Cleo").roles == ["member", "editor"]


def test_of_two_administrators_who_take_the_role_from_each_other_one_stays(
    database: Database, enrol: Enrol
) -> None:
    ada, bea = enrol("Ada", "administrator"), enrol("Bea", "administrator")
    error = meet(
        database,
        lambda session: actions.grant_role(session, ada, "Bea", "administrator", False),
        lambda session: actions.grant_role(session, bea, "Ada", "administrator", False),
    )
    assert isinstance(error, Conflict)
    assert error.code == "last-administrator"


def test_changes_of_two_fields_of_a_profile_are_both_kept(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    error = meet(
        database,
        lambda session: actions.change_profile(session, sam, ChangeProfile(about="I draw maps.")),
        lambda session: actions.change_profile(session, sam, ChangeProfile(languages=["yo"])),
    )
    assert error is None
    with database.reading() as session:
        profile = queries.person(session, sam, "Sam")
        assert profile.about == "I draw maps."
        assert profile.languages == ["yo"]


def test_of_two_moderators_who_leave_at_one_moment_one_stays(
    database: Database, enrol: Enrol, found: Found
) -> None:
    ada, bea = enrol("Ada"), enrol("Bea")
    found(ada, "maps", "open")
    with database.writing() as session:
        actions.join(session, bea, "maps")
        actions.set_member(session, ada, "maps", "Bea", "moderator")
    error = meet(
        database,
        lambda session: actions.leave(session, ada, "maps"),
        lambda session: actions.leave(session, bea, "maps"),
    )
    assert isinstance(error, Conflict)
    assert error.code == "last-moderator"


def test_a_group_joined_twice_at_one_moment_counts_once(
    database: Database, enrol: Enrol, found: Found
) -> None:
    ada, bea = enrol("Ada"), enrol("Bea")
    found(ada, "maps", "open")
    error = meet(
        database,
        lambda session: actions.join(session, bea, "maps"),
        lambda session: actions.join(session, bea, "maps"),
    )
    assert error is None
    with database.reading() as session:
        assert queries.group(session, bea, "maps").members == 2


def test_of_two_who_take_one_name_at_one_moment_one_gets_it(database: Database) -> None:
    def take(name: str) -> Callable[[Session], SignedIn]:
        command = Register(name=name, password=SecretStr("correct horse battery"))
        return lambda session: actions.register(session, STRANGER, command, password_hash="")

    error = meet(database, take("Sam"), take("SAM"))
    assert isinstance(error, Invalid)
    assert error.faults[0].code == "name-taken"
