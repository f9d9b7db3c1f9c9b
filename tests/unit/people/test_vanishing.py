"""Asking to vanish, staying after all, and what it does to the account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, SpaceError, TooMany
from contracts.own_account import Vanish, VanishPerson
from contracts.people import ChangeProfile, PersonVanished, Register, SignIn
from core import clock
from core.audience import SILENCED, STRANGER, Viewer
from core.database import Database
from services.people import actions, own_rules, queries
from services.people.actions import emails, renaming, sign_in, vanishing
from services.people.own_tables import ReservedName
from services.people.tables import ApiToken, BrowserSession, Person
from tests.unit.harness import meet
from tests.unit.people.harness import SEALER, Enrol, Events, Post, refusal

pytestmark = pytest.mark.slow

PASSWORD = SecretStr("correct horse battery")


@pytest.fixture
def sam(database: Database) -> Viewer:
    """Somebody with a password and a confirmed address."""
    command = Register(name="Sam", password=PASSWORD)
    viewer = sign_in.register(database, STRANGER, command).viewer
    with database.writing() as session:
        row = session.get_one(Person, viewer.person_id)
        row.email = row.email_key = "sam@x.example"
    return viewer


def ask(database: Database, viewer: Viewer, password: SecretStr = PASSWORD, code: str = "") -> None:
    sign_in.vanish(database, viewer, Vanish(password=password, code=SecretStr(code)), SEALER)


def person(database: Database, viewer: Viewer) -> Person:
    with database.reading() as session:
        return session.get_one(Person, viewer.person_id)


def pass_time(database: Database) -> None:
    """Let those vanish whose time is over."""
    with database.reading() as session:
        due = vanishing.due(session)
    for person_id in due:
        with database.writing() as session:
            vanishing.vanish_due(session, person_id)


def sign_up(database: Database, name: str) -> None:
    with database.writing() as session:
        actions.register(session, STRANGER, Register(name=name, password=PASSWORD), password_hash="")


def test_who_asks_is_signed_out_and_told_and_vanishes_a_week_later(
    database: Database, sam: Viewer, post: Post, events: Events
) -> None:
    ask(database, sam)
    with database.reading() as session:
        assert session.scalars(select(BrowserSession)).all() == []
        assert session.scalars(select(ApiToken)).all() == []
    (mail,) = post.sent()
    assert (mail.template, mail.to, mail.path) == ("vanishes", "sam@x.example", "/sign-in")
    pass_time(database)
    assert person(database, sam).name == "Sam"
    with clock.at(clock.now() + own_rules.VANISHES_AFTER):
        pass_time(database)
        assert person(database, sam).name.startswith("vanished-")
        with pytest.raises(Forbidden, match="sign-in-wrong"):
            sign_in.sign_in(database, STRANGER, SignIn(name="Sam", password=PASSWORD))
    assert PersonVanished.type in [event.type for event in events()]
    assert post.sent() == []


def test_who_signs_in_before_that_stays(database: Database, sam: Viewer, post: Post) -> None:
    ask(database, sam)
    assert sign_in.sign_in(database, STRANGER, SignIn(name="Sam", password=PASSWORD)).stays
    assert not sign_in.sign_in(database, STRANGER, SignIn(name="Sam", password=PASSWORD)).stays
    with clock.at(clock.now() + own_rules.VANISHES_AFTER):
        pass_time(database)
    assert person(database, sam).name == "Sam"
    assert post.sent() == [], "the mail would be wrong by now"


@pytest.mark.parametrize(
    ("changes", "error"), [({"person_id": None}, SignInNeeded), ({"scopes": frozenset({"read"})}, Forbidden)]
)
def test_it_needs_the_person_themselves(
    database: Database, sam: Viewer, changes: dict[str, object], error: type[SpaceError]
) -> None:
    with pytest.raises(error):
        ask(database, sam.model_copy(update=changes))
    assert person(database, sam).vanishes_at is None


def test_it_needs_the_password_of_now(database: Database, sam: Viewer) -> None:
    with pytest.raises(Invalid) as refused:
        ask(database, sam, SecretStr("another password"))
    assert refused.value.faults[0].code == "password-wrong"
    changed = person(database, sam).password_hash + "x"
    assert refusal(database, lambda session: vanishing.ask(session, sam, changed, "", SEALER)) == [
        ("password", "password-wrong")
    ]
    assert person(database, sam).vanishes_at is None


def test_an_export_is_counted_and_told(database: Database, sam: Viewer, post: Post) -> None:
    for _ in range(own_rules.EXPORTS_OF_A_PERSON.burst):
        with database.writing() as session:
            emails.begin_export(session, sam)
    assert {(mail.template, mail.to) for mail in post.sent()} == {("exported", "sam@x.example")}
    with pytest.raises(TooMany, match="exports-too-many"), database.writing() as session:
        emails.begin_export(session, sam)
    with pytest.raises(Forbidden), database.writing() as session:
        emails.begin_export(session, sam.model_copy(update={"scopes": frozenset({"read"})}))


def test_a_silenced_person_may_leave(database: Database, sam: Viewer) -> None:
    ask(database, sam.model_copy(update={"scopes": frozenset({"read", SILENCED})}))
    assert person(database, sam).vanishes_at is not None


def test_the_last_administrator_stays(database: Database, sam: Viewer, enrol: Enrol) -> None:
    with database.writing() as session:
        actions.make_administrator(session, "Sam")
    with pytest.raises(Conflict, match="last-administrator"):
        ask(database, sam)
    enrol("Ada", "administrator")
    ask(database, sam)
    assert person(database, sam).vanishes_at is not None


def test_the_name_is_nobodys_for_a_year_and_its_page_never_was(
    database: Database, sam: Viewer, enrol: Enrol
) -> None:
    admin, bea = enrol("Ada", "administrator"), enrol("Bea")
    with database.writing() as session:
        actions.change_profile(session, bea, ChangeProfile(display_name="Sam"))
        new = vanishing.vanish_person(session, admin, "sam", VanishPerson(reason="Asked for it"))
    with database.reading() as session:
        with pytest.raises(NotFound):
            queries.person(session, STRANGER, "Sam")
        assert queries.person(session, STRANGER, new).vanished
        assert queries.person(session, STRANGER, "Bea").shown_name == "Sam", "nobody is to be told apart"
        (entry,) = queries.administration_log(session, admin, sam.person_id, None, 10).items
        assert (entry.action, entry.detail, entry.reason) == ("person-vanished", "", "Asked for it")
    for name, code in (("SAM", "name-taken"), ("Sarn", "name-look-alike"), (new, "name-reserved")):
        with pytest.raises(Invalid) as refused:
            sign_up(database, name)
        assert refused.value.faults[0].code == code
    with clock.at(clock.now() + own_rules.NAME_KEPT + timedelta(days=1)):
        with database.writing() as session:
            renaming.release_names(session)
            assert session.scalars(select(ReservedName)).all() == []
        sign_up(database, "Sam")


@pytest.mark.parametrize("role", ["editor", "moderator"])
def test_nobody_else_lets_people_vanish(database: Database, sam: Viewer, enrol: Enrol, role: str) -> None:
    other = enrol("Ada", role)
    with pytest.raises(Forbidden, match="administrators-only"), database.writing() as session:
        vanishing.vanish_person(session, other, "Sam", VanishPerson(reason="Out"))
    assert person(database, sam).name == "Sam"


def test_nobody_vanishes_twice(database: Database, sam: Viewer, enrol: Enrol) -> None:
    admin = enrol("Ada", "administrator")
    with database.writing() as session:
        new = vanishing.vanish_person(session, admin, "Sam", VanishPerson(reason="Asked for it"))
    with pytest.raises(NotFound), database.writing() as session:
        vanishing.vanish_person(session, admin, new, VanishPerson(reason="Again"))


def entering(database: Database, sam: Viewer) -> Callable[[Session], None]:
    """What opens a session for Sam, whose password has just been checked."""
    hash_of_now = person(database, sam).password_hash

    def enter(session: Session) -> None:
        actions.lock_unless_changed(session, sam.person_id or "", hash_of_now)
        actions.open_session(session, sam.person_id or "")

    return enter


def test_who_signs_in_at_the_last_moment_is_gone_or_stays(database: Database, sam: Viewer) -> None:
    ask(database, sam)
    enter = entering(database, sam)
    with clock.at(clock.now() + own_rules.VANISHES_AFTER):
        error = meet(database, lambda session: vanishing.vanish_due(session, sam.person_id or ""), enter)
    assert isinstance(error, Forbidden)
    assert error.code == "sign-in-wrong"


def test_who_signs_in_first_stays(database: Database, sam: Viewer) -> None:
    ask(database, sam)
    enter = entering(database, sam)
    with clock.at(clock.now() + own_rules.VANISHES_AFTER):
        error = meet(database, enter, lambda session: vanishing.vanish_due(session, sam.person_id or ""))
    assert error is None
    assert person(database, sam).name == "Sam"
