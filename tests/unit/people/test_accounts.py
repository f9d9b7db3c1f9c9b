"""Accounts, profiles, roles."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from contracts.people import ChangeProfile, PersonChanged, Register
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries
from services.shared.limits import without_limits
from tests.unit.harness import statements_of
from tests.unit.people.harness import Enrol, Events, refusal


def register(database: Database, name: str) -> Viewer:
    with database.writing() as session:
        command = Register(name=name, password=SecretStr("correct horse"))
        return actions.register(session, STRANGER, command, password_hash="").viewer


def test_signing_up_makes_a_person_and_an_event(database: Database, enrol: Enrol, events: Events) -> None:
    viewer = enrol("Sam", languages=("ar", "en"))
    assert viewer.name == "Sam"
    assert viewer.languages == ("ar", "en")
    assert (viewer.roles, viewer.is_new) == (frozenset(), True)
    (recorded,) = events()
    person = PersonChanged.model_validate(recorded.data).person
    assert (person.id, person.name, person.display_name) == (viewer.person_id, "Sam", "Sam")
    assert "password" not in str(recorded.data)
    assert "email" not in str(recorded.data)


def test_a_name_is_taken_in_every_case(database: Database, enrol: Enrol, events: Events) -> None:
    enrol("Straße")
    with pytest.raises(Invalid) as error:
        register(database, "STRASSE")
    assert error.value.faults[0].code == "name-taken"
    assert len(events()) == 1


def test_people_are_found_by_name_in_any_case(database: Database, enrol: Enrol) -> None:
    enrol("Sam")
    with database.reading() as session:
        assert queries.person(session, STRANGER, "sAM").name == "Sam"
        for name in ("nobody-here", "sam\0", "x" * 5000):
            with pytest.raises(NotFound):
                queries.person(session, STRANGER, name)


def test_changing_the_profile_changes_what_is_given(database: Database, enrol: Enrol, events: Events) -> None:
    viewer = enrol("Sam", languages=("en",))
    with database.writing() as session:
        actions.change_profile(
            session,
            viewer,
            ChangeProfile(
                display_name="Sam \u202e Rivera",
                place_name="Bristol",
                place_country="gb",
            ),
        )
    with database.writing() as session:
        account = actions.change_profile(
            session, viewer, ChangeProfile(interface_language="pt_BR", about="Hi\0")
        )
    assert account.display_name == "Sam Rivera"
    assert account.place is not None
    assert account.place.country == "GB"
    assert (account.about, account.interface_language) == ("Hi", "pt-br")
    with database.reading() as session:
        person = queries.person_named(session, "sam")
        assert person is not None
        assert queries.viewer_of_person(session, person).languages == ("pt-br", "en")
        assert not hasattr(queries.person(session, STRANGER, "sam"), "email")
    assert len(events()) == 3
    with database.writing() as session:
        emptied = actions.change_profile(session, viewer, ChangeProfile(display_name="", languages=[]))
    assert (emptied.display_name, emptied.languages) == ("Sam", [])


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"languages": ["xx-nope"]}, "languages", "language-unknown"),
        ({"interface_language": "nope"}, "interface_language", "language-unknown"),
        ({"email": "sam@x.example"}, "email", "email-elsewhere"),
        ({"place_country": "1!"}, "place_country", "country-shape"),
    ],
)
def test_bad_profile_fields_are_named(
    database: Database, enrol: Enrol, events: Events, change: dict[str, object], field: str, code: str
) -> None:
    viewer = enrol("Sam")
    command = ChangeProfile.model_validate(change)
    assert refusal(database, lambda session: actions.change_profile(session, viewer, command)) == [
        (field, code)
    ]
    assert len(events()) == 1


def test_strangers_have_no_account(database: Database) -> None:
    with database.reading() as session:
        for query in (queries.me, queries.tokens):
            with pytest.raises(SignInNeeded):
                query(session, STRANGER)
    with pytest.raises(SignInNeeded), database.writing() as session:
        actions.change_profile(session, STRANGER, ChangeProfile(about="x"))


def test_only_administrators_grant_roles(database: Database, enrol: Enrol, events: Events) -> None:
    enrol("Sam")
    boss, moderator = enrol("boss", "administrator"), enrol("mod", "moderator")
    told = len(events())
    for viewer in (moderator, STRANGER):
        with pytest.raises(Forbidden), database.writing() as session:
            actions.grant_role(session, viewer, "sam", "editor", True)
    for _ in range(2):
        with database.writing() as session:
            profile = actions.grant_role(session, boss, "sam", "editor", True)
        assert profile.roles == ["member", "editor"]
    assert len(events()) == told + 1
    with database.writing() as session:
        assert actions.grant_role(session, boss, "sam", "editor", False).roles == ["member"]
    with pytest.raises(Invalid), database.writing() as session:
        actions.grant_role(session, boss, "sam", "member", False)
    with pytest.raises(NotFound), database.writing() as session:
        actions.grant_role(session, boss, "nobody-here", "editor", True)


def test_the_last_administrator_stays(database: Database, enrol: Enrol) -> None:
    enrol("Sam")
    with database.writing() as session:
        actions.make_administrator(session, "sam")
    with database.reading() as session:
        person = queries.person_named(session, "sam")
        assert person is not None
        boss = queries.viewer_of_person(session, person)
    assert boss.has("moderator")
    with pytest.raises(Conflict) as error, database.writing() as session:
        actions.grant_role(session, boss, "sam", "administrator", False)
    assert error.value.code == "last-administrator"
    enrol("second", "administrator")
    with database.writing() as session:
        assert actions.grant_role(session, boss, "sam", "administrator", False).roles == ["member"]


def test_cards_are_few_statements(database: Database, enrol: Enrol) -> None:
    ids = [enrol(f"person{number}").person_id or "" for number in range(12)]
    with statements_of(database.engine) as statements, database.reading() as session:
        assert {card.id for card in queries.cards(session, STRANGER, [*ids, "no-id\0", "0" * 16])} == set(ids)
        by_name = queries.cards_by_name(session, STRANGER, ["PERSON1", "person2", "nobody-here", "\0"])
    assert {card.name for card in by_name} == {"person1", "person2"}
    assert len([each for each in statements if each.startswith("SELECT")]) == 4  # people and roles, twice
    with pytest.raises(Invalid), database.reading() as session:
        queries.cards(session, STRANGER, ["x"] * 1001)


def test_pages_of_people_lose_nobody(database: Database, enrol: Enrol) -> None:
    names = [f"person{number:02}" for number in range(11)]
    for name in names:
        enrol(name)
    seen: list[str] = []
    after = None
    for _ in range(20):
        with database.reading() as session:
            page = queries.people(session, STRANGER, after, 3)
        seen += [card.name for card in page.items]
        if len(seen) == 3:
            enrol("aaa")  # before the cursor: not seen any more, and nobody is seen twice
        after = page.next
        if after is None:
            break
    assert seen == names
    for bad in ("nonsense", "0" * 16, "\0"):
        with pytest.raises(Invalid) as error, database.reading() as session:
            queries.people(session, STRANGER, bad, 3)
        assert error.value.faults[0].code == "cursor-shape"


def test_the_clock_of_an_import_counts(database: Database, enrol: Enrol) -> None:
    moment = datetime(2020, 2, 2, tzinfo=UTC)
    with clock.at(moment), without_limits():
        enrol("admin")  # an import may give reserved names
    with database.reading() as session:
        assert queries.person(session, STRANGER, "admin").joined_at == moment
