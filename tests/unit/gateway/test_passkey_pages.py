"""The pages of passkeys: what they ask people for, and what they show."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from contracts.errors import Conflict, Forbidden, invalid
from contracts.passkeys import KnownPasskey, PasskeySetup, PasskeyView
from contracts.people import RecoveryCodes
from tests.unit.gateway.fakes import MOMENT, FakeServices, account, signed_in

Token = Callable[[FlaskClient], str]
KEY = PasskeyView(id="0" * 15 + "k", label="Blue <key>", created_at=MOMENT)


@pytest.fixture
def named(app: Flask) -> Iterator[Flask]:
    """The gateway of a site at which browsers make passkeys."""
    settings = app.extensions["space.settings"]
    app.extensions["space.settings"] = settings.model_copy(update={"base_url": "https://space.test"})
    yield app
    app.extensions["space.settings"] = settings


def field(page: str, name: str) -> str:
    found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def test_the_settings_lead_there_only_where_browsers_make_passkeys(
    app: Flask, member: FlaskClient, fakes: FakeServices
) -> None:
    fakes.people.answers.update(me=account(), tokens=[])
    assert "/settings/passkeys" not in member.get("/settings").text
    settings = app.extensions["space.settings"]
    app.extensions["space.settings"] = settings.model_copy(update={"base_url": "https://space.test"})
    try:
        assert 'href="/settings/passkeys"' in member.get("/settings").text
        fakes.people.answers["me"] = account(has_password=False)
        assert 'href="/settings/passkeys"' not in member.get("/settings").text
    finally:
        app.extensions["space.settings"] = settings
    # What is there can be removed in any case.
    fakes.people.answers["me"] = account(passkeys=[KEY], second_factor=True, recovery_codes=9)
    page = member.get("/settings").text
    assert f'href="/settings/passkeys/{KEY.id}"' in page
    assert "<bdi>Blue &lt;key&gt;</bdi>" in page
    assert "9 recovery codes" in page


def test_a_passkey_is_made_after_the_password(
    named: Flask, member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    assert member.get("/settings/passkeys").headers["Cache-Control"] == "no-store"
    fakes.people.answers["begin_passkey"] = invalid("password", "password-wrong")
    form = {"csrf_token": token(member), "password": "the old secret"}
    refused = member.post("/settings/passkeys", data=form)
    assert refused.status_code == 422
    assert "the old secret" not in refused.text
    known = KnownPasskey(id="AAAA", transports=["usb"])
    fakes.people.answers["begin_passkey"] = PasskeySetup(
        token="add-t", challenge="BBBB", user_id="CCCC", known=[known]
    )
    page = member.post("/settings/passkeys", data=form)
    assert page.headers["Cache-Control"] == "no-store"
    asked = json.loads(field(page.text, "passkey"))
    assert asked == {
        "challenge": "BBBB", "user_id": "CCCC", "known": [known.model_dump()], "name": "Amina", "site": "Space",
    }  # fmt: skip
    sent = {"csrf_token": token(member), "token": field(page.text, "token"), "label": "Blue key"}
    # Without scripts the browser has made none.
    without = member.post("/settings/passkeys/add", data={**sent, "passkey": "{}"})
    assert without.status_code == 409
    assert "needs JavaScript" in without.text
    assert not fakes.people.called("add_passkey")
    fakes.people.answers["add_passkey"] = invalid("credential", "passkey-wrong")
    wrong = member.post("/settings/passkeys/add", data={**sent, "credential": "{}"})
    assert wrong.status_code == 422
    assert 'value="Blue key"' in wrong.text
    fakes.people.answers["add_passkey"] = RecoveryCodes(codes=["aaaa-bbbb"])
    made = member.post("/settings/passkeys/add", data={**sent, "credential": "{}"})
    assert "aaaa-bbbb" in made.text
    assert made.headers["Cache-Control"] == "no-store"
    fakes.people.answers["add_passkey"] = RecoveryCodes(codes=[])
    made = member.post("/settings/passkeys/add", data={**sent, "credential": "{}"})
    assert (made.status_code, made.location) == (303, "/settings#s-passkeys")


def test_one_is_renamed_and_removed(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    path = f"/settings/passkeys/{KEY.id}"
    fakes.people.answers["me"] = account(passkeys=[KEY])
    assert 'value="Blue &lt;key&gt;"' in member.get(path).text
    assert member.get("/settings/passkeys/0000000000000000").status_code == 404
    fakes.people.answers.update(rename_passkey=None, remove_passkey=invalid("password", "password-wrong"))
    form = {"csrf_token": token(member), "label": "Red", "password": "the old secret"}
    assert member.post(path, data={**form, "do": "x"}).status_code == 422
    assert member.post(path, data={**form, "do": "rename", "label": ""}).status_code == 422
    assert member.post(path, data={**form, "do": "rename"}).location == "/settings#s-passkeys"
    assert fakes.people.called("rename_passkey")[0][2].label == "Red"
    assert member.post(path, data={**form, "do": "remove"}).status_code == 422
    fakes.people.answers["remove_passkey"] = None
    assert member.post(path, data={**form, "do": "remove"}).location == "/settings#s-passkeys"
    assert len(fakes.people.called("remove_passkey")) == 2


@pytest.mark.parametrize("path", ["/settings/passkeys", f"/settings/passkeys/{KEY.id}"])
def test_strangers_sign_in_first(stranger: FlaskClient, token: Token, path: str) -> None:
    form = {"csrf_token": token(stranger), "do": "remove"}
    for answer in (
        stranger.get(path),
        stranger.post(path, data=form),
        stranger.post("/settings/passkeys/add", data=form),
    ):
        assert answer.status_code == 401


def test_the_second_step_takes_a_passkey_or_a_code(
    stranger: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    data = {
        "challenge": "c" * 43, "name": "Amina", "app": False, "passkey_challenge": "BBBB",
        "passkeys": [{"id": "AAAA", "transports": []}],
    }  # fmt: skip
    fakes.people.answers["sign_in"] = Forbidden("code-needed", data=data)
    form = {
        "csrf_token": token(stranger),
        "name": "Amina",
        "password": "hands in the soil",
        "next": "/drafts",
    }
    page = stranger.post("/sign-in", data=form).text
    assert json.loads(field(page, "passkey")) == {"challenge": "BBBB", "known": data["passkeys"]}
    assert "Recovery code" in page
    assert 'data-passkey="get"' in page
    step = {"csrf_token": token(stranger), "challenge": "c" * 43, "name": "Amina", "next": "/drafts"}
    step |= {"passkey": field(page, "passkey"), "app": field(page, "app")}
    for call, error, sent in (
        ("sign_in_with_code", invalid("code", "code-wrong"), {"code": "000000"}),
        ("sign_in_with_passkey", invalid("credential", "passkey-wrong"), {"credential": "{}"}),
        ("sign_in_with_passkey", Conflict("passkeys-many", params={"most": 1}), {"credential": "{}"}),
    ):
        fakes.people.answers[call] = error
        again = stranger.post("/sign-in/code", data={**step, **sent})
        assert again.status_code == error.status
        assert field(again.text, "passkey") == step["passkey"]
        assert "Recovery code" in again.text
    fakes.people.answers["sign_in_with_passkey"] = signed_in()
    done = stranger.post("/sign-in/code", data={**step, "credential": '{"id": "AAAA"}'})
    assert (done.status_code, done.location) == (303, "/drafts")
    command = fakes.people.called("sign_in_with_passkey")[-1][1]
    assert (command.credential, command.name) == ('{"id": "AAAA"}', "Amina")
