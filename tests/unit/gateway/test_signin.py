"""Signing up, in and out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bus.rpc.context import Origin, origin
from contracts.errors import Forbidden, TooMany, Unavailable, invalid
from contracts.people import SignedIn
from tests.unit.gateway.fakes import MEMBER, TOKEN, FakeServices, signed_in

Token = Callable[[FlaskClient], str]
FORM = {"name": "Amina", "password": "hands in the soil", "next": "/drafts"}


def test_signing_in_sets_a_cookie_that_no_script_sees(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["sign_in"] = signed_in()
    form = {**FORM, "csrf_token": token(stranger)}
    answer = stranger.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/drafts")
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("space_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    page = stranger.get("/").text
    assert TOKEN not in page
    assert "Welcome back, Amina." in page
    assert "Welcome back, Amina." not in stranger.get("/").text


def test_a_wrong_password_gives_the_name_back_but_not_the_password(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["sign_in"] = Forbidden("sign-in-wrong")
    form = {"csrf_token": token(stranger), "name": "Amina<", "password": "not the one"}
    answer = stranger.post("/sign-in", data=form)
    assert answer.status_code == 403
    assert 'value="Amina&lt;"' in answer.text
    assert "not the one" not in answer.text
    assert 'id="form-summary"' in answer.text


def test_next_to_another_site_is_not_followed(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["sign_in"] = signed_in()
    form = {"csrf_token": token(stranger), "name": "Amina", "password": "x", "next": "//evil.example/"}
    assert stranger.post("/sign-in", data=form).headers["Location"] == "/"


def test_sign_up_shows_what_is_wrong_at_its_field(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["register"] = invalid("name", "name-taken")
    form = {"csrf_token": token(stranger), "name": "Amina", "password": "hands in the soil"}
    answer = stranger.post("/sign-up", data=form)
    assert answer.status_code == 422
    assert 'id="e-name"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'href="#f-name"' in answer.text
    assert 'value="Amina"' in answer.text


def test_a_short_password_is_told_without_asking_people(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    form = {"csrf_token": token(stranger), "name": "Amina", "password": "short"}
    answer = stranger.post("/sign-up", data=form)
    assert answer.status_code == 422
    assert "at least 8 characters" in answer.text
    assert not fakes.people.called("register")


def test_sign_up_keeps_the_readers_language(stranger: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.people.answers["register"] = signed_in()
    form = {"csrf_token": token(stranger), "name": "Amina", "password": "hands in the soil"}
    stranger.post("/sign-up?uselang=ar", data=form)
    assert fakes.people.called("register")[0][1].languages == ["ar"]


def test_signing_out_ends_the_session(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.people.answers["sign_out"] = None
    answer = member.post("/sign-out", data={"csrf_token": token(member)})
    assert answer.status_code == 303
    assert fakes.people.called("sign_out")[0][1] == TOKEN
    assert member.get_cookie("space_session") is None


def test_signing_out_takes_a_press_of_the_button(member: FlaskClient) -> None:
    assert member.get("/sign-out").status_code == 405
    assert member.post("/sign-out").status_code == 403


def test_people_being_away_is_no_wrong_password(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["sign_in"] = Unavailable("service-away", params={"service": "people"})
    form = {"csrf_token": token(stranger), "name": "Amina", "password": "x"}
    assert stranger.post("/sign-in", data=form).status_code == 503


@pytest.mark.parametrize("limited", [True, False])
def test_a_device_is_known_to_those_who_signed_in_on_it(
    app: Flask, stranger: FlaskClient, fakes: FakeServices, token: Token, limited: bool
) -> None:
    settings = app.extensions["space.settings"]
    app.extensions["space.settings"] = settings.model_copy(update={"rate_limits": limited})
    origins: list[Origin] = []

    def sign_in(*_: object) -> SignedIn:
        origins.append(origin())
        return signed_in()

    fakes.people.answers["sign_in"] = sign_in
    cookie = ""

    def send(name: str) -> Origin:
        form = {"csrf_token": token(stranger), "name": name, "password": "hands in the soil"}
        nonlocal cookie
        answer = stranger.post("/sign-in", data=form)
        assert answer.status_code == 303
        found = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith("space_device=")]
        assert "HttpOnly" in found[0]
        cookie = found[0].partition(";")[0].partition("=")[2]
        assert "amina" not in cookie.lower()
        stranger.delete_cookie("space_session")
        return origins[-1]

    first = send("Amina")
    assert first.device == ""
    assert bool(first.peer) == limited
    assert "127.0.0.1" not in first.peer
    second = send(" AMINA ")
    assert second.device in cookie
    assert second.device
    assert second.peer == first.peer
    assert send("Boris").device == "", "it says nothing of another account"
    for forged in ("x", "~", f"{second.device}.", f"{second.device}.AAAA", "\u00e9.\u00e9", "x" * 600):
        stranger.set_cookie("space_device", forged)
        assert send("Amina").device == ""
    app.extensions["space.settings"] = settings


def test_a_refused_sign_in_says_how_long_to_wait(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["sign_in"] = TooMany("sign-ins-too-many", params={"seconds": 31})
    form = {"csrf_token": token(stranger), "name": "Amina", "password": "not the one"}
    answer = stranger.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "31")
    assert "Wait 31 seconds" in answer.text
    assert "space_device" not in str(answer.headers)


def test_who_has_powers_is_reminded_to_protect_them(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    moderator = MEMBER.model_copy(update={"roles": frozenset({"member", "moderator"})})
    form = {"csrf_token": token(stranger), "name": "Amina", "password": "hands in the soil"}
    for viewer, has_factor, reminded in (
        (MEMBER, False, False),
        (moderator, False, True),
        (moderator, True, False),
    ):
        fakes.people.answers["sign_in"] = signed_in().model_copy(
            update={"viewer": viewer, "second_factor": has_factor}
        )
        stranger.delete_cookie("space_session")
        assert stranger.post("/sign-in", data=form).status_code == 303
        assert ("two-step sign-in in your settings" in stranger.get("/").text) is reminded


def test_a_second_factor_is_asked_for_after_the_password(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["sign_in"] = Forbidden("code-needed", data={"challenge": "c" * 43})
    form = {**FORM, "csrf_token": token(stranger)}
    page = stranger.post("/sign-in", data=form)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert "hands in the soil" not in page.text
    assert 'name="challenge" value="' + "c" * 43 in page.text
    second = {"csrf_token": token(stranger), "challenge": "c" * 43, "name": "Amina", "next": "/drafts"}
    assert stranger.post("/sign-in/code", data={"challenge": "c", "code": "1"}).status_code == 403
    fakes.people.answers["sign_in_with_code"] = invalid("code", "code-wrong")
    refused = stranger.post("/sign-in/code", data={**second, "code": "000000"})
    assert (refused.status_code, refused.headers["Cache-Control"]) == (422, "no-store")
    assert 'id="e-code"' in refused.text
    assert 'name="challenge" value="' + "c" * 43 in refused.text
    fakes.people.answers["sign_in_with_code"] = signed_in()
    answer = stranger.post("/sign-in/code", data={**second, "code": " 123 456 "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/drafts")
    command = fakes.people.called("sign_in_with_code")[-1][1]
    assert command.challenge.get_secret_value() == "c" * 43
    assert command.name == "Amina"
    assert any(each.startswith("space_session=") for each in answer.headers.getlist("Set-Cookie"))
