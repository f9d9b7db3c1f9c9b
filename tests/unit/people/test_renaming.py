"""A new name, and what becomes of the former one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.administration import LogEntry
from contracts.errors import Forbidden, Invalid, NotFound, SignInNeeded, SpaceError, TooMany
from contracts.own_account import Rename, RenamePerson
from contracts.people import ChangeProfile, Register, SignedIn
from core import clock
from core.audience import SILENCED, STRANGER, Viewer
from core.database import Database
from services.people import actions, own_rules, queries
from services.people.actions.renaming import release_names
from services.people.own_tables import FormerName
from services.people.passwords import token_hash
from services.people.tables import BrowserSession, NameLookAlike
from tests.unit.harness import meet
from tests.unit.people.harness import Enrol, Events, refusal

pytestmark = pytest.mark.slow


def renamed(viewer: Viewer, name: str) -> Callable[[Session], str]:
    return lambda session: actions.rename(session, viewer, Rename(name=name))


def signed_up(name: str) -> Callable[[Session], SignedIn]:
    command = Register(name=name, password=SecretStr("correct horse battery"))
    return lambda session: actions.register(session, STRANGER, command, password_hash="")


def rename(database: Database, viewer: Viewer, name: str) -> str:
    with database.writing() as session:
        return renamed(viewer, name)(session)


def leads_to(database: Database, name: str) -> str:
    with database.reading() as session:
        return queries.person(session, STRANGER, name).name


def test_a_person_takes_another_name_and_stays_signed_in(
    database: Database, enrol: Enrol, events: Events
) -> None:
    sam = enrol("Sam")
    with database.writing() as session:
        row = session.scalars(select(BrowserSession)).one()
        row.token_hash = token_hash("kept")
    assert rename(database, sam, " Rivera ") == "Rivera"
    with database.reading() as session:
        viewer = queries.viewer_of_session(session, STRANGER, "kept")
        assert viewer is not None
        assert (viewer.person_id, viewer.name) == (sam.person_id, "Rivera")
    assert [event.data["person"]["name"] for event in events()] == ["Sam", "Rivera"]


def test_the_former_name_leads_to_the_person_and_is_nobody_elses_for_a_year(
    database: Database, enrol: Enrol
) -> None:
    sam, admin = enrol("Sam"), enrol("Ada", "administrator")
    rename(database, sam, "Rivera")
    assert leads_to(database, "sAM") == "Rivera"
    assert refusal(database, signed_up("SAM")) == [("name", "name-taken")]
    assert refusal(database, signed_up("Sarn")) == [("name", "name-look-alike")]
    assert refusal(database, renamed(enrol("Bea"), "Sam")) == [("name", "name-taken")]
    assert refusal(database, renamed(admin, "Sam")) == [("name", "name-taken")]
    with database.reading() as session:
        assert queries.password_of(session, "Sam") is None


def test_after_a_year_the_former_name_is_free(database: Database, enrol: Enrol, events: Events) -> None:
    sam, bea = enrol("Sam"), enrol("Bea")
    with database.writing() as session:
        actions.change_profile(session, bea, ChangeProfile(display_name="Sam"))
    rename(database, sam, "Rivera")
    with clock.at(clock.now() + own_rules.NAME_KEPT):
        with pytest.raises(NotFound):
            leads_to(database, "Sam")
        with database.writing() as session:
            release_names(session)
            assert session.scalars(select(FormerName)).all() == []
            assert session.scalars(select(NameLookAlike.key).where(NameLookAlike.key == "sarn")).all() == []
        # Whose page it led to is published, and who need no longer be told apart from them.
        assert [event.subject for event in events()[-2:]] == [
            f"person/{sam.person_id}",
            f"person/{bea.person_id}",
        ]
        assert events()[-1].data["person"]["shown_name"] == "Sam"
        with database.writing() as session:
            signed_up("Sam")(session)
        assert leads_to(database, "Sam") == "Sam"


def test_another_name_is_taken_once_in_thirty_days(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    rename(database, sam, "Rivera")
    with pytest.raises(TooMany, match="renamed-lately") as error:
        rename(database, sam, "Samuel")
    assert error.value.params["days"] == 30
    with clock.at(clock.now() + own_rules.RENAMED_EVERY):
        rename(database, sam, "Samuel")
    assert (leads_to(database, "Sam"), leads_to(database, "Rivera")) == ("Samuel", "Samuel")


def test_a_former_name_is_taken_back_by_its_owner(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    rename(database, sam, "Rivera")
    with clock.at(clock.now() + own_rules.RENAMED_EVERY):
        rename(database, sam, "SAM")
    assert (leads_to(database, "sam"), leads_to(database, "Rivera")) == ("SAM", "SAM")
    with database.reading() as session:
        assert session.scalars(select(FormerName.name)).all() == ["Rivera"]


def test_letters_in_another_case_keep_no_former_name(database: Database, enrol: Enrol) -> None:
    rename(database, enrol("Sam"), "SAM")
    with database.reading() as session:
        assert session.scalars(select(FormerName)).all() == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Bea", "name-taken"),
        ("Веа", "name-look-alike"),
        ("Admin", "name-reserved"),
        ("-x-", "name-shape"),
        ("Sam", "name-same"),
        ("Ѕamuel", "name-scripts"),
    ],
)
def test_a_new_name_follows_the_rules_of_signing_up(
    database: Database, enrol: Enrol, name: str, code: str
) -> None:
    sam, _ = enrol("Sam"), enrol("Bea")
    assert refusal(database, renamed(sam, name)) == [("name", code)]
    assert leads_to(database, "Sam") == "Sam"
    with database.reading() as session:
        assert session.scalars(select(FormerName)).all() == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"person_id": None}, SignInNeeded),
        ({"scopes": frozenset({"read"})}, Forbidden),
        ({"scopes": frozenset({"read", SILENCED})}, Forbidden),
    ],
)
def test_who_may_not_write_takes_no_name(
    database: Database, enrol: Enrol, changes: dict[str, object], error: type[SpaceError]
) -> None:
    sam = enrol("Sam").model_copy(update=changes)
    with pytest.raises(error):
        rename(database, sam, "Rivera")


def test_administrators_rename_people_and_log_why(database: Database, enrol: Enrol) -> None:
    admin, sam = enrol("Ada", "administrator"), enrol("Sam")
    rename(database, sam, "Rude")
    with database.writing() as session:
        command = RenamePerson(name="Sam.R", reason="It offended people")
        assert actions.rename_person(session, admin, "rude", command) == "Sam.R"
    with database.reading() as session:
        (entry,) = queries.administration_log(session, admin, sam.person_id, None, 10).items
        assert isinstance(entry, LogEntry)
        assert (entry.action, entry.detail, entry.reason) == ("person-renamed", "Rude", "It offended people")
        assert queries.person(session, STRANGER, "Rude").name == "Sam.R"


@pytest.mark.parametrize("role", ["editor", "moderator"])
def test_nobody_else_renames_people(database: Database, enrol: Enrol, role: str) -> None:
    other, _ = enrol("Ada", role), enrol("Sam")
    with pytest.raises(Forbidden, match="administrators-only"), database.writing() as session:
        actions.rename_person(session, other, "Sam", RenamePerson(name="Rude", reason="No reason"))
    assert leads_to(database, "Sam") == "Sam"


def test_of_two_who_want_one_name_one_gets_it(database: Database, enrol: Enrol) -> None:
    sam, bea = enrol("Sam"), enrol("Bea")
    error = meet(database, renamed(sam, "Rivera"), renamed(bea, "rivera"))
    assert isinstance(error, Invalid)
    assert error.faults[0].code == "name-taken"
    assert leads_to(database, "Rivera").casefold() == "rivera"


def test_of_two_names_that_one_takes_at_once_the_second_is_too_soon(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    error = meet(database, renamed(sam, "Rivera"), renamed(sam, "Samuel"))
    assert isinstance(error, TooMany)
    with database.reading() as session:
        assert session.scalars(select(FormerName.name)).all() == ["Sam"]
