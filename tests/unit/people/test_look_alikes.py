"""Nobody can pass for somebody else by a name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.errors import Invalid
from contracts.people import ChangeProfile, Register, SignedIn
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries, rules
from tests.unit.harness import meet, migrate
from tests.unit.people.harness import Enrol, insert_person, refusal

pytestmark = pytest.mark.slow

ADMINISTRATOR = Viewer(person_id="0" * 16, name="root", roles=frozenset({"administrator"}))


def register(session: Session, name: str, viewer: Viewer = STRANGER) -> SignedIn:
    command = Register(name=name, password=SecretStr("correct horse"))
    return actions.register(session, viewer, command, password_hash="")


def shown(database: Database, *names: str) -> list[str]:
    """The names that pages show for these accounts."""
    with database.reading() as session:
        cards = {card.name: card.shown_name for card in queries.cards_by_name(session, STRANGER, list(names))}
    return [cards[name] for name in names]


def display(database: Database, viewer: Viewer, name: str) -> None:
    with database.writing() as session:
        actions.change_profile(session, viewer, ChangeProfile(display_name=name))


@pytest.mark.parametrize(
    "name", ["аliсе", "aIice", "aliсe", "AIice", "ａlice", "Alice", "ALlCE", "AL1CE", "ALICE"]
)
def test_a_name_that_looks_like_an_accounts_is_refused(database: Database, enrol: Enrol, name: str) -> None:
    enrol("alice")
    ((field, code),) = refusal(database, lambda session: register(session, name))
    assert field == "name"
    assert code in ("name-look-alike", "name-scripts", "name-taken")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("аdmin", "name-scripts"), ("editοr", "name-scripts"), ("adrnin", "name-reserved"),
        ("a" + "\u0301" * 11, "name-marks"), ("EDlTOR", "name-reserved"), ("m0derator", "name-reserved"),
        ("EDIT0R", "name-reserved"), ("Administrador", "name-reserved"), ("MODERATlON", "name-reserved"),
        ("Moderacion", "name-reserved"), ("Redaktion", "name-reserved"), ("管理者", "name-reserved"),
        ("مشرف", "name-reserved"), ("עורכת", "name-reserved"), ("प्रबंधक", "name-reserved"),
    ],
)  # fmt: skip
def test_names_made_to_deceive_are_refused(database: Database, name: str, code: str) -> None:
    assert refusal(database, lambda session: register(session, name)) == [("name", code)]


def test_an_import_may_bring_names_that_look_alike(database: Database, enrol: Enrol) -> None:
    enrol("alice")
    with database.writing() as session:
        register(session, "aIice", ADMINISTRATOR)
    assert refusal(database, lambda session: register(session, "alicе")) == [("name", "name-scripts")]
    assert refusal(database, lambda session: register(session, "a1ice")) == [("name", "name-look-alike")]


def test_of_two_who_sign_up_at_one_moment_one_gets_the_name(database: Database) -> None:
    error = meet(
        database, lambda session: register(session, "modern"), lambda session: register(session, "modem")
    )
    assert isinstance(error, Invalid)
    assert error.faults[0].code == "name-look-alike"


def test_people_of_one_display_name_are_shown_with_their_account_names(
    database: Database, enrol: Enrol, events: Callable[[], list[Recorded]]
) -> None:
    sam, noa, uli = enrol("sam"), enrol("noa"), enrol("uli")
    display(database, sam, "Sam Rivera")
    assert shown(database, "sam", "noa") == ["Sam Rivera", "noa"]
    before = len(events())
    display(database, noa, "Sаm Riverа")  # two Cyrillic а
    assert shown(database, "sam", "noa") == ["Sam Rivera (@sam)", "Sаm Riverа (@noa)"]
    assert [event.data["person"]["shown_name"] for event in events()[before:]] == [
        "Sam Rivera (@sam)",
        "Sаm Riverа (@noa)",
    ]
    before = len(events())
    display(database, uli, "sam rivera")
    assert [event.data["person"]["name"] for event in events()[before:]] == ["uli"]
    display(database, uli, "")
    display(database, noa, "Noa")
    assert shown(database, "sam", "noa", "uli") == ["Sam Rivera", "Noa", "uli"]
    assert events()[-2].data["person"]["shown_name"] == "Sam Rivera"


def test_a_display_name_like_another_accounts_name_is_shown_with_ones_own(
    database: Database, enrol: Enrol, events: Callable[[], list[Recorded]]
) -> None:
    noa = enrol("noa")
    display(database, noa, "Alice")
    assert shown(database, "noa") == ["Alice"]
    enrol("aIice")
    assert shown(database, "noa", "aIice") == ["Alice (@noa)", "aIice"]
    assert [event.data["person"]["shown_name"] for event in events()[-2:]] == ["aIice", "Alice (@noa)"]


def test_a_display_name_like_ones_own_name_is_shown_alone(database: Database, enrol: Enrol) -> None:
    display(database, enrol("sam"), "SAM")
    assert shown(database, "sam") == ["SAM"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Administrator", "name-reserved"), ("Аdmin", "name-reserved"), ("Mod\u200berator", "name-reserved"),
        ("Comité de rédaction", "name-reserved"), ("COMITE DE REDACTlON", "name-reserved"),
        ("فريق الإدارة", "name-reserved"),
        ("Sam (@sam)", "display-name-at"), ("Sam ＠sam", "display-name-at"), ("Z" + "\u0301" * 9, "name-marks"),
    ],
)  # fmt: skip
def test_display_names_made_to_deceive_are_refused(
    database: Database, enrol: Enrol, name: str, code: str
) -> None:
    noa = enrol("noa")
    assert refusal(
        database, lambda session: actions.change_profile(session, noa, ChangeProfile(display_name=name))
    ) == [("display_name", code)]


def test_a_stored_display_name_of_an_office_is_shown_with_the_account(
    database: Database, enrol: Enrol
) -> None:
    viewer = enrol("noa")
    with database.writing() as session:
        session.execute(text("UPDATE person SET display_name = 'Moderator'"))
    assert shown(database, "noa") == ["Moderator (@noa)"]
    display(database, viewer, "Moderator")  # saving the rest of the profile still works


def test_the_roles_are_reserved_as_the_interface_names_them() -> None:
    folder = Path(__file__).resolve().parents[3] / "gateway" / "i18n" / "people"
    named = 0
    for file in folder.glob("*.json"):
        texts = json.loads(file.read_text(encoding="utf-8"))
        if file.stem == "qqq":
            continue
        for role in ("administrator", "editor", "moderator"):
            named += 1
            assert rules.is_office(texts[f"space-people-role-{role}"]), (file.stem, role)
    assert named >= 24


@pytest.mark.parametrize("name", ["Alice", "Amir", "Modesta", "Edith", "田中", "Rédouane", "Aida", "سارة"])
def test_other_names_are_no_offices(name: str) -> None:
    assert not rules.is_office(name)


def test_accounts_that_look_alike_already_stay(empty_database: Database) -> None:
    migrate(empty_database, "people", "0004")
    with empty_database.writing() as session:
        for number, (name, shown_as) in enumerate(
            [("alice", "Sam"), ("aIice", "Sаm"), ("noa", ""), ("uli", "NOA")]
        ):
            joined_at = f"2026-01-0{number + 1} 00:00:00"
            insert_person(session, f"{number:016}", name, display_name=shown_as, joined_at=joined_at)
    migrate(empty_database, "people")
    assert shown(empty_database, "alice", "aIice", "noa", "uli") == [
        "Sam (@alice)",
        "Sаm (@aIice)",
        "noa",
        "NOA (@uli)",
    ]
    assert refusal(empty_database, lambda session: register(session, "a1ice")) == [
        ("name", "name-look-alike")
    ]


def test_the_keys_of_accounts_that_there_are_follow_the_rule(empty_database: Database) -> None:
    migrate(empty_database, "people", "0006")
    with empty_database.writing() as session:
        insert_person(session, "0000000000000001", "alice", display_name="Sam")
        for table in ("name_look_alike", "display_look_alike"):
            session.execute(text(f"INSERT INTO {table} (key, person_id) VALUES ('old', '0000000000000001')"))
    migrate(empty_database, "people")
    assert refusal(empty_database, lambda session: register(session, "ALlCE")) == [
        ("name", "name-look-alike")
    ]
    with empty_database.reading() as session:
        for table in ("name_look_alike", "display_look_alike"):
            assert "old" not in session.scalars(text(f"SELECT key FROM {table}")).all()
