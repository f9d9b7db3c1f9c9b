"""The pages that links in mails lead to, and the one that asks for such a link."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from contracts.errors import NotFound, TooMany, invalid
from contracts.people import AccountLink
from gateway.signin.browsers import browser_family
from tests.unit.gateway.fakes import FakeServices

Token = Callable[[FlaskClient], str]
LINK = AccountLink(name="Amina", email="amina@x.example")


def test_the_answer_is_the_same_whoever_is_asked_for(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["ask_reset"] = None
    csrf = token(stranger)
    answers = [
        stranger.post("/sign-in/reset", data={"csrf_token": csrf, "account": account})
        for account in ("Amina", "amina@x.example", "nobody", "<b>")
    ]
    assert {(each.status_code, each.headers["Location"], each.data) for each in answers} == {
        (303, "/sign-in/reset?sent=1", answers[0].data)
    }
    assert [each[1].account for each in fakes.people.called("ask_reset")] == [
        "Amina", "amina@x.example", "nobody", "<b>",
    ]  # fmt: skip
    page = stranger.get("/sign-in/reset?sent=1").text
    assert "a link is on its way" in page
    assert "no confirmed address?" in page
    assert "a link is on its way" not in stranger.get("/sign-in/reset").text


def test_too_many_requests_are_told_by_network(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["ask_reset"] = TooMany("resets-too-many", params={"seconds": 60})
    answer = stranger.post("/sign-in/reset", data={"csrf_token": token(stranger), "account": "Amina"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (429, "no-store")
    assert "Wait 60 seconds" in answer.text
    assert "a link is on its way" not in answer.text


@pytest.mark.parametrize(
    ("path", "read", "write"),
    [
        ("/sign-in/reset/abc", "reset", "reset_password"),
        ("/sign-in/confirm/abc", "confirmation", "confirm_email"),
    ],
)
def test_to_open_a_link_does_nothing(
    stranger: FlaskClient, fakes: FakeServices, token: Token, path: str, read: str, write: str
) -> None:
    fakes.people.answers[read] = LINK
    for method in (stranger.get, stranger.head):
        answer = method(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not fakes.people.called(write)
    assert (
        stranger.post(path, data={"new": "four other stones"}).status_code == 403
    )  # without the form's token
    assert not fakes.people.called(write)
    fakes.people.answers[write] = None
    form = {"csrf_token": token(stranger), "new": "four other stones"}
    assert stranger.post(path, data=form).status_code == 303
    assert len(fakes.people.called(write)) == 1


@pytest.mark.parametrize(
    "path", ["/sign-in/reset/abc", "/sign-in/confirm/abc", "/sign-in/reset/" + "a" * 300]
)
def test_a_link_that_is_over_says_what_to_do(
    stranger: FlaskClient, fakes: FakeServices, token: Token, path: str
) -> None:
    over = NotFound("link-over")
    for name in ("reset", "confirmation", "reset_password", "confirm_email"):
        fakes.people.answers[name] = over
    form = {"csrf_token": token(stranger), "new": "four other stones"}
    for answer in (stranger.get(path), stranger.post(path, data=form)):
        if answer.status_code == 422:  # what can be no token is refused by the contract
            continue
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
        assert "This link no longer works" in answer.text


def test_a_refused_password_is_told_at_its_field(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers |= {"reset": LINK, "reset_password": invalid("new", "password-common")}
    form = {"csrf_token": token(stranger), "new": "Passw0rd!"}
    answer = stranger.post("/sign-in/reset/abc", data=form)
    assert answer.status_code == 422
    assert 'id="e-new"' in answer.text
    assert "Passw0rd!" not in answer.text


def test_who_signs_up_may_give_an_address(stranger: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.people.answers["register"] = invalid("email", "email-shape")
    form = {"csrf_token": token(stranger), "name": "Amina", "password": "hands in the soil", "email": "no"}
    answer = stranger.post("/sign-up", data=form)
    assert 'id="e-email"' in answer.text
    form["email"] = ""
    stranger.post("/sign-up", data=form)
    assert [each[1].email for each in fakes.people.called("register")] == ["no", None]


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
            "Chrome",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
            "Safari",
        ),
        ("Mozilla/5.0 (Linux; Android 15) SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36", "Samsung"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_browser_is_known_by_its_family_alone(user_agent: str, family: str) -> None:
    assert browser_family(user_agent) == family
