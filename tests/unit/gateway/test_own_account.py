"""/settings/account, and the page by which administrators do the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from contracts.common import Page
from contracts.errors import Forbidden, NotFound, TooMany, invalid
from contracts.own_account import Rename, RenamePerson, VanishPerson
from tests.unit.gateway.fakes import BORIS, MOMENT, FakeServices, account, signed_in

Token = Callable[[FlaskClient], str]
ADMIN = "/admin/people/Boris/account"


@pytest.fixture(autouse=True)
def known(fakes: FakeServices) -> None:
    fakes.people.answers.update(
        me=account(), tokens=[], administration_log=Page(items=[]), person=account(id=BORIS, name="Boris")
    )


def test_it_is_ones_own(stranger: FlaskClient, member: FlaskClient, token: Token) -> None:
    assert stranger.get("/settings/account").status_code == 401
    sent = {"csrf_token": token(stranger), "do": "rename", "name": "Rivera"}
    assert stranger.post("/settings/account", data=sent).status_code == 401
    assert 'href="/settings/account"' in member.get("/settings").text
    assert "Your name is <bdi>Amina</bdi>." in member.get("/settings/account").text


def test_a_name_is_changed(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.people.answers["rename"] = "Rivera"
    sent = {"csrf_token": token(member), "do": "rename", "name": " Rivera "}
    answer = member.post("/settings/account", data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/account")
    assert fakes.people.called("rename")[0][1] == Rename(name="Rivera")
    assert "Your name is Rivera now." in member.get("/settings/account").text


def test_a_refused_name_is_shown_again(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    sent = {"csrf_token": token(member), "do": "rename", "name": "Boris"}
    fakes.people.answers["rename"] = invalid("name", "name-taken")
    answer = member.post("/settings/account", data=sent)
    assert answer.status_code == 422
    assert 'id="e-name"' in answer.text
    assert 'value="Boris"' in answer.text
    fakes.people.answers["rename"] = TooMany("renamed-lately", params={"days": 3, "seconds": 250_000})
    answer = member.post("/settings/account", data=sent)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "250000")
    assert "in 3 days" in answer.text


@pytest.mark.parametrize("path", ["/settings/account", ADMIN])
def test_nothing_else_is_done_there(member: FlaskClient, token: Token, path: str) -> None:
    assert member.post(path, data={"csrf_token": token(member), "do": "promote"}).status_code == 422


def test_administrators_rename_with_a_reason(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.people.answers["rename_person"] = "Boris.K"
    sent = {"csrf_token": token(member), "do": "rename", "name": "Boris.K", "reason": "Asked for it"}
    answer = member.post(ADMIN, data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/people/Boris.K")
    ((_, name, command),) = fakes.people.called("rename_person")
    assert (name, command) == ("Boris", RenamePerson(name="Boris.K", reason="Asked for it"))
    answer = member.post(ADMIN, data={**sent, "reason": " "})
    assert answer.status_code == 422
    assert 'id="e-reason"' in answer.text


@pytest.mark.parametrize("error", [Forbidden("administrators-only"), NotFound()])
def test_whoever_may_not_gets_the_services_refusal(
    member: FlaskClient, fakes: FakeServices, token: Token, error: Exception
) -> None:
    fakes.people.answers.update(administration_log=error, rename_person=error)
    assert member.get(ADMIN).status_code == error.status  # type: ignore[attr-defined]
    sent = {"csrf_token": token(member), "do": "rename", "name": "Boris.K", "reason": "Asked for it"}
    assert member.post(ADMIN, data=sent).status_code == error.status  # type: ignore[attr-defined]


def test_a_former_name_leads_to_the_person_for_now(member: FlaskClient) -> None:
    answer = member.get("/people/Boris.K?uselang=fr")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/people/Boris?uselang=fr")
    assert member.get("/people/boris").status_code == 301


def test_leaving_asks_for_the_password_and_signs_out(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["vanish"] = MOMENT
    assert 'name="code"' not in member.get("/settings/account").text
    sent = {"csrf_token": token(member), "do": "vanish", "password": "hands in the soil"}
    answer = member.post("/settings/account", data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    command = fakes.people.called("vanish")[0][1]
    assert (command.password.get_secret_value(), command.code.get_secret_value()) == ("hands in the soil", "")
    assert not member.get_cookie("space_session")
    assert "vanishes in 7 days" in member.get("/").text


def test_leaving_asks_for_a_code_where_there_is_a_second_factor(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers.update(me=account(second_factor=True), vanish=invalid("code", "code-wrong"))
    assert 'name="code"' in member.get("/settings/account").text
    sent = {"csrf_token": token(member), "do": "vanish", "password": "hands in the soil", "code": "1"}
    answer = member.post("/settings/account", data=sent)
    assert answer.status_code == 422
    assert 'id="e-code"' in answer.text
    assert "hands in the soil" not in answer.text


def test_who_signs_in_again_is_told_that_they_stay(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["sign_in"] = signed_in().model_copy(update={"stays": True})
    sent = {"csrf_token": token(stranger), "name": "Amina", "password": "hands in the soil"}
    assert "Your account stays" in stranger.post("/sign-in", data=sent, follow_redirects=True).text


def test_administrators_let_people_leave_after_typing_the_name(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["vanish_person"] = "vanished-1"
    sent = {"csrf_token": token(member), "do": "vanish", "typed": "Bob", "vanish_reason": "Asked for it"}
    refused = member.post(ADMIN, data=sent)
    assert refused.status_code == 422
    assert 'id="e-typed"' in refused.text
    assert (
        'id="e-vanish_reason"'
        in member.post(ADMIN, data={**sent, "typed": "boris", "vanish_reason": ""}).text
    )
    answer = member.post(ADMIN, data={**sent, "typed": "boris"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/people")
    ((_, name, command),) = fakes.people.called("vanish_person")
    assert (name, command) == ("Boris", VanishPerson(reason="Asked for it"))


def test_who_has_left_has_a_number_in_the_readers_language(member: FlaskClient, fakes: FakeServices) -> None:
    gone = account(id=BORIS, name="vanished-48213907", display_name="vanished-48213907", vanished=True)
    fakes.people.answers.update(person=gone, cards=lambda viewer, ids: [gone])
    fakes.forum.answers["recent_posts"] = Page(items=[])
    page = member.get("/people/vanished-48213907").text
    assert "<bdi>Vanished user 48213907</bdi>" in page
    assert "/report?of=" not in page
    assert "Verschwundenes Konto 48213907" in member.get("/people/vanished-48213907?uselang=de").text
