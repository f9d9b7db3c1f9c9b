"""Requests for an account: who has a wiki account and no invitation waits for an administrator's yes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from bus.rpc.context import Origin, coming_from
from contracts.errors import Conflict, Forbidden, NotFound, SignInNeeded, SpaceError, TooMany
from contracts.people import SignedIn
from contracts.sign_up_invitations import CreateSignUpInvitation, RevokeSignUpInvitation
from contracts.sign_up_requests import AnswerSignUpRequest, AskForAccount, OwnSignUpRequest, SignUpRequest
from contracts.site import SetSignUp
from contracts.wiki_accounts import RegisterWithWiki, WikiIdentity
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries, rules
from services.people.actions import purging, sign_up_requests, site_invitations, wiki_accounts
from services.people.invitation_tables import SignUpRequest as Row
from services.people.queries import sign_up_requests as request_queries
from services.people.queries.site_invitations import invited_by
from tests.unit.harness import meet, pages_of
from tests.unit.people.harness import Enrol, Post, Sent

pytestmark = pytest.mark.slow

WIKI = "https://meta.example/w"


def identity(central_id: str = "7", username: str | None = "Sam Rivera") -> WikiIdentity:
    return WikiIdentity(wiki=WIKI, central_id=central_id, username=username)


SAM = identity()


class Door:
    """A site that only the invited sign up to, and its administrator."""

    def __init__(self, database: Database, ada: Viewer) -> None:
        self.database, self.ada = database, ada
        self.set("invitation")

    def set(self, sign_up: str) -> None:
        command = SetSignUp(open=sign_up == "open", by_invitation=sign_up == "invitation", reason="A flood")
        with self.database.writing() as session:
            actions.set_sign_up(session, self.ada, command)

    def ask(self, who: WikiIdentity = SAM, email: str = "", words: str = "I map wells.") -> OwnSignUpRequest:
        command = AskForAccount(identity=who, words=words, email=email, language="es")
        with self.database.writing() as session:
            return sign_up_requests.ask_for_account(session, STRANGER, command)

    def own(self, who: WikiIdentity = SAM) -> OwnSignUpRequest | None:
        with self.database.reading() as session:
            return request_queries.own_sign_up_request(session, STRANGER, who)

    def state(self, who: WikiIdentity = SAM) -> str | None:
        found = self.own(who)
        return found.state if found else None

    def waiting(self, viewer: Viewer | None = None) -> list[SignUpRequest]:
        with self.database.reading() as session:
            return pages_of(
                lambda after: request_queries.sign_up_requests(session, viewer or self.ada, after, 1)
            )

    def answer(self, accepted: bool, viewer: Viewer | None = None, request_id: str = "") -> None:
        request_id = request_id or self.waiting()[0].id
        command = AnswerSignUpRequest(accepted=accepted, reason="We know each other")
        with self.database.writing() as session:
            sign_up_requests.answer_sign_up_request(session, viewer or self.ada, request_id, command)

    def withdraw(self, who: WikiIdentity = SAM) -> None:
        with self.database.writing() as session:
            sign_up_requests.withdraw_sign_up_request(session, STRANGER, who)

    def register(self, who: WikiIdentity = SAM, name: str | None = None, code: str = "") -> SignedIn:
        command = RegisterWithWiki(identity=who, name=name, languages=["es"], invitation=SecretStr(code))
        return wiki_accounts.register(self.database, STRANGER, command)

    def rows(self) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Row)) or 0


@pytest.fixture
def door(database: Database, enrol: Enrol) -> Door:
    return Door(database, enrol("Ada", "administrator"))


def refusal(work: Any, *arguments: Any) -> str:
    with pytest.raises(SpaceError) as error:
        work(*arguments)
    return error.value.faults[0].code if error.value.faults else error.value.code


def test_who_asked_signs_up_once_an_administrator_has_accepted(door: Door) -> None:
    assert refusal(door.register) == "sign-up-closed"
    asked = door.ask()
    assert (asked.state, asked.expires_at - asked.asked_at) == ("waiting", rules.REQUESTS_KEPT)
    assert refusal(door.register) == "sign-up-closed", "waiting is no yes"
    (one,) = door.waiting()
    assert (one.username, one.words, one.wiki, one.has_email) == ("Sam Rivera", "I map wells.", WIKI, False)
    door.answer(accepted=True)
    assert (door.state(), door.waiting()) == ("accepted", [])
    assert refusal(door.register, identity("8", "Robin")) == "sign-up-closed", "it is for one wiki account"
    assert door.register().viewer.name == "Sam_Rivera"
    assert (door.state(), door.rows()) == (None, 0)
    with door.database.reading() as session:
        assert invited_by(session, door.ada, "Sam_Rivera").by_id == door.ada.person_id


def test_the_address_is_the_accounts_once_it_is_confirmed(door: Door) -> None:
    door.ask(email="sam@x.example")
    assert door.waiting()[0].has_email
    door.answer(accepted=True)
    viewer = door.register().viewer
    with door.database.reading() as session:
        account = queries.me(session, viewer)
    assert (account.email, account.new_email) == (None, "sam@x.example")
    assert refusal(door.ask, identity("9"), "no address") == "email-shape"


def test_a_name_that_cannot_be_used_is_chosen_after_the_yes(door: Door, enrol: Enrol) -> None:
    enrol("Sam_Rivera")
    door.ask()
    door.answer(accepted=True)
    assert refusal(door.register) == "name-taken"
    assert door.state() == "accepted", "the yes is not used up by that"
    assert door.register(name="Zaynab").viewer.name == "Zaynab"


def test_of_a_declined_one_the_central_id_and_the_answer_are_left_for_a_while(door: Door) -> None:
    door.ask(email="sam@x.example")
    door.answer(accepted=False)
    with door.database.reading() as session:
        row = session.scalars(select(Row)).one()
        assert (row.username, row.words, row.email, row.central_id) == (None, "", None, "7")
        log = queries.administration_log(session, door.ada, None, None, 10).items[0]
    assert (log.action, log.item, log.detail, log.reason) == (
        "sign-up-declined", row.id, "", "We know each other",
    )  # fmt: skip
    assert refusal(door.register) == "sign-up-closed"
    assert refusal(door.ask) == "sign-up-declined"
    found = door.own()
    assert found is not None
    assert (found.state, found.answer) == ("declined", "We know each other")
    door.withdraw()
    assert door.state() == "declined", "withdrawing is no way to ask again"
    with clock.at(clock.now() + rules.REQUESTS_KEPT):
        assert door.state() is None
        assert door.ask().state == "waiting"


def test_nothing_is_left_of_one_that_nobody_answered(door: Door) -> None:
    door.ask()
    door.ask(identity("8", "Robin"))
    assert len(door.waiting()) == 2
    with clock.at(clock.now() + rules.REQUESTS_KEPT):
        assert (door.state(), door.waiting()) == (None, [])
        with door.database.writing() as session:
            purging.purge(session)
    assert door.rows() == 0


def test_asking_twice_changes_nothing(door: Door) -> None:
    door.ask()
    assert door.ask(words="Something else").state == "waiting"
    assert [each.words for each in door.waiting()] == ["I map wells."]


def test_the_answer_is_mailed_to_who_gave_an_address(door: Door, post: Post) -> None:
    door.ask(email="sam@x.example")
    door.ask(identity("8", "Robin"), email="robin@x.example")
    door.ask(identity("9", "Noa"))
    assert post.sent() == []
    sent = []
    for name, accepted in (("Noa", True), ("Robin", False), ("Sam Rivera", True)):
        (one,) = (each for each in door.waiting() if each.username == name)
        door.answer(accepted, request_id=one.id)
        sent.append(post.sent())
    assert sent == [
        [],
        [Sent("sign-up-declined", "robin@x.example", "es", "We know each other", "")],
        [Sent("sign-up-accepted", "sam@x.example", "es", "We know each other", "/sign-in/wiki")],
    ]


def test_of_two_who_ask_at_one_moment_one_row_stays(door: Door) -> None:
    command = AskForAccount(identity=SAM, language="en")

    def ask(session: Any) -> None:
        sign_up_requests.ask_for_account(session, STRANGER, command)

    error = meet(door.database, ask, ask)
    assert error is None or isinstance(error, Conflict)
    assert door.rows() == 1


def test_a_request_can_be_withdrawn_also_after_the_yes(door: Door) -> None:
    door.ask()
    door.withdraw()
    assert (door.state(), door.rows()) == (None, 0)
    door.withdraw()
    door.ask()
    door.answer(accepted=True)
    door.withdraw()
    assert refusal(door.register) == "sign-up-closed"


def test_a_yes_is_revoked_as_other_invitations_are_and_ends(door: Door) -> None:
    door.ask()
    door.answer(accepted=True)
    with door.database.writing() as session:
        row = session.scalars(select(Row)).one()
        site_invitations.revoke_sign_up_invitation(
            session, door.ada, row.invitation_id or "", RevokeSignUpInvitation(reason="A mistake")
        )
    assert door.state() is None
    assert refusal(door.register) == "sign-up-closed"
    door.ask()
    door.answer(accepted=True)
    with clock.at(clock.now() + rules.REQUESTS_KEPT):
        assert refusal(door.register) == "sign-up-closed"


def test_a_code_works_beside_a_request(door: Door) -> None:
    door.ask()
    with door.database.writing() as session:
        wanted = CreateSignUpInvitation(reason="For Sam")
        code = site_invitations.create_sign_up_invitation(session, door.ada, wanted).code
    assert refusal(lambda: door.register(code="made up")) == "invitation-wrong"
    assert door.state() == "waiting"
    door.register(code=code)
    assert door.rows() == 0, "the request is over with that"


def test_nobody_asks_while_sign_up_is_closed_and_a_yes_waits_until_it_is_not(door: Door) -> None:
    door.ask()
    door.answer(accepted=True)
    door.set("closed")
    assert refusal(door.register) == "sign-up-closed"
    assert refusal(door.ask, identity("8", "Robin")) == "sign-up-closed"
    door.set("open")
    door.register()
    assert refusal(door.ask) == "wiki-account-taken"


def test_only_administrators_read_and_answer(door: Door, enrol: Enrol) -> None:
    door.ask()
    (one,) = door.waiting()
    mia = enrol("Mia", "moderator")
    token = door.ada.model_copy(
        update={"scopes": frozenset({"read", "write"}), "roles": frozenset({"member"})}
    )
    for viewer, error in ((mia, Forbidden), (token, Forbidden), (STRANGER, SignInNeeded)):
        with pytest.raises(error):
            door.waiting(viewer)
        with pytest.raises(error):
            door.answer(accepted=True, viewer=viewer, request_id=one.id)
    assert door.state() == "waiting"
    for missing in ("nothing", "0123456789abcdef"):
        with pytest.raises(NotFound):
            door.answer(accepted=True, request_id=missing)
    door.answer(accepted=False)
    with pytest.raises(NotFound):
        door.answer(accepted=True, request_id=one.id)
    assert door.state() == "declined"


def test_one_network_asks_for_so_many(door: Door) -> None:
    with coming_from(Origin(peer="network")):
        for number in range(rules.SIGN_UP_REQUESTS_OF_A_PEER.burst):
            door.ask(identity(f"{number + 1}", f"Robin {number}"))
        with pytest.raises(TooMany, match="sign-up-requests-too-many"):
            door.ask(identity("99", "One more"))
    with coming_from(Origin(peer="another")):
        assert door.ask(identity("99", "One more")).state == "waiting"
