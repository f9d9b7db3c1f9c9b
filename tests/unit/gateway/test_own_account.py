"""/settings/account, and the page by which administrators do the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from contracts.common import Page
from contracts.errors import Forbidden, NotFound, TooMany, invalid
from contracts.own_account import Rename, RenamePerson
from tests.unit.gateway.fakes import BORIS, FakeServices, account

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
