"""Invitations to the site: codes by which people sign up while nobody else may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from contracts.people import Register
from contracts.sign_up_invitations import (
    CreateSignUpInvitation,
    NewSignUpInvitation,
    RevokeSignUpInvitation,
    SignUpInvitation,
)
from contracts.site import SetSignUp
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries
from services.people.actions import sign_in, site_invitations
from services.people.invitation_tables import SiteInvitation
from services.people.queries import site_invitations as invitation_queries
from tests.unit.harness import NOON, meet, pages_of
from tests.unit.people.harness import Enrol

pytestmark = pytest.mark.slow

REVOKE = RevokeSignUpInvitation(reason="It was posted in public")


class Door:
    """A site that only the invited sign up to, and its administrator."""

    def __init__(self, database: Database, ada: Viewer) -> None:
        self.database, self.ada = database, ada
        self.set(by_invitation=True)

    def set(self, *, is_open: bool = False, by_invitation: bool = False) -> None:
        command = SetSignUp(open=is_open, by_invitation=by_invitation, reason="A flood")
        with self.database.writing() as session:
            actions.set_sign_up(session, self.ada, command)

    def invite(self, uses: int = 1, days: int = 14, viewer: Viewer | None = None) -> NewSignUpInvitation:
        command = CreateSignUpInvitation(uses=uses, days=days, reason="The workshop in Accra")
        with self.database.writing() as session:
            return site_invitations.create_sign_up_invitation(session, viewer or self.ada, command)

    def sign_up(self, name: str, code: str = "") -> str:
        command = Register(name=name, password=SecretStr("correct horse battery"), invitation=SecretStr(code))
        return sign_in.register(self.database, STRANGER, command).viewer.name or ""

    def refused(self, name: str, code: str) -> str:
        with pytest.raises(Invalid) as error:
            self.sign_up(name, code)
        with self.database.reading() as session:
            assert queries.person_named(session, name) is None
        return f"{error.value.faults[0].field} {error.value.faults[0].code}"

    def all(self) -> list[SignUpInvitation]:
        with self.database.reading() as session:
            return pages_of(lambda after: invitation_queries.sign_up_invitations(session, self.ada, after, 1))


@pytest.fixture
def door(database: Database, enrol: Enrol) -> Door:
    return Door(database, enrol("Ada", "administrator"))


def test_a_code_lets_so_many_people_in(door: Door) -> None:
    made = door.invite(uses=2)
    assert door.sign_up("Sam", made.code) == "Sam"
    assert door.sign_up("Noa", f" {made.code} ") == "Noa"
    assert door.refused("Kim", made.code) == "invitation invitation-wrong"
    assert door.refused("Kim", "made-up") == "invitation invitation-wrong"
    with pytest.raises(Forbidden, match="sign-up-closed"):
        door.sign_up("Kim")
    (listed,) = door.all()
    assert (listed.used, listed.uses, listed.is_open) == (2, 2, False)
    with door.database.reading() as session:
        assert invitation_queries.invited_by(session, door.ada, "sam").by_id == door.ada.person_id
        assert invitation_queries.invited_by(session, door.ada, "Ada").by_id is None


def test_a_name_that_is_refused_uses_nothing(door: Door) -> None:
    made = door.invite()
    door.sign_up("Sam", made.code)
    made = door.invite()
    with pytest.raises(Invalid):
        door.sign_up("Sam", made.code)
    assert door.all()[0].used == 0
    assert door.sign_up("Noa", made.code) == "Noa"


def test_a_code_ends_with_its_time_and_when_it_is_revoked(door: Door) -> None:
    with clock.at(NOON):
        made = door.invite(days=3)
    with clock.at(NOON + timedelta(days=3)):
        assert door.refused("Sam", made.code) == "invitation invitation-wrong"
    made = door.invite()
    for _ in range(2):
        with door.database.writing() as session:
            site_invitations.revoke_sign_up_invitation(session, door.ada, made.id, REVOKE)
    assert door.refused("Sam", made.code) == "invitation invitation-wrong"
    assert [each.is_open for each in door.all()] == [False, False]
    with door.database.reading() as session:
        entries = queries.administration_log(session, door.ada, made.id, None, 10).items
    assert [(each.action, each.detail, each.reason) for each in entries] == [
        ("invitation-revoked", "", "It was posted in public"),
        ("invitation-created", "1 14", "The workshop in Accra"),
    ]


def test_codes_count_only_where_the_site_asks_for_them(door: Door) -> None:
    made = door.invite()
    door.set()
    with pytest.raises(Forbidden, match="sign-up-closed"):
        door.sign_up("Sam", made.code)
    door.set(is_open=True)
    assert door.sign_up("Sam", "anything") == "Sam"
    assert door.all()[0].used == 0
    with door.database.reading() as session:
        log = queries.administration_log(session, door.ada, "site", None, 5).items
        state = queries.site(session, STRANGER)
    assert [each.action for each in log] == ["sign-up-opened", "sign-up-closed", "sign-up-invited"]
    assert (state.sign_up_open, state.sign_up_by_invitation) == (True, False)


def test_only_the_hash_of_a_code_is_stored(door: Door) -> None:
    made = door.invite()
    with door.database.reading() as session:
        stored = session.scalars(select(SiteInvitation)).one()
        everything = session.execute(text("SELECT * FROM site_invitation")).all()
        events = session.execute(text("SELECT data FROM event_log")).all()
    assert len(stored.code_hash) == 64
    assert made.code not in str(everything) + str(events)


def test_nobody_but_administrators_makes_revokes_or_sees_them(door: Door, enrol: Enrol) -> None:
    made = door.invite()
    for viewer, error in ((enrol("Mina", "moderator"), Forbidden), (STRANGER, SignInNeeded)):
        with pytest.raises(error):
            door.invite(viewer=viewer)
        with pytest.raises(error), door.database.writing() as session:
            site_invitations.revoke_sign_up_invitation(session, viewer, made.id, REVOKE)
        with pytest.raises(error), door.database.reading() as session:
            invitation_queries.sign_up_invitations(session, viewer, None, 10)
        with pytest.raises(error), door.database.reading() as session:
            invitation_queries.invited_by(session, viewer, "Ada")
    for missing in ("nothing", "0123456789abcdef"):
        with pytest.raises(NotFound), door.database.writing() as session:
            site_invitations.revoke_sign_up_invitation(session, door.ada, missing, REVOKE)


def test_of_two_who_use_the_last_place_at_one_moment_one_gets_it(door: Door) -> None:
    made = door.invite()

    def register(session: Session, name: str) -> None:
        command = Register(name=name, password=SecretStr("correct horse battery"))
        person = actions.register(session, STRANGER, command, password_hash="").viewer
        site_invitations.use_where_needed(session, STRANGER, made.code, person.person_id or "")

    error = meet(
        door.database, lambda session: register(session, "Sam"), lambda session: register(session, "Noa")
    )
    assert isinstance(error, Invalid | Conflict)
    assert [each.used for each in door.all()] == [1]
