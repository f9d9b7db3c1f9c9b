"""Forged passkeys, sent to the pages as a browser sends them: none is added, none opens an account, and none is taken
off by who has found a session."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from contracts.people import Register
from core.audience import STRANGER
from tests.unit.gateway.harness import PASSWORD, SystemHarness
from tests.unit.people.authenticator import Authenticator, text

pytestmark = pytest.mark.slow

HOST, ORIGIN = "space.test", "https://space.test"
EVIL = "https://space.test.evil.example"
HIDDEN = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')


class Browser:
    """A browser at the site, with somebody's passkey in it."""

    def __init__(self, system: SystemHarness, name: str) -> None:
        self.name, self.system = name, system
        self.key = Authenticator()
        self.client: FlaskClient = system.app.test_client()

    def get(self, path: str) -> Any:
        return self.client.get(path, base_url=ORIGIN)

    def post(self, path: str, fields: dict[str, str]) -> Any:
        """Send a form with its token."""
        found = fields_of(self.get("/sign-in/reset").text)
        return self.client.post(
            path,
            data={"csrf_token": found["csrf_token"], **fields},
            base_url=ORIGIN,
            headers={"Origin": ORIGIN},
        )

    def password(self) -> dict[str, str]:
        """The fields of the page that follows the right password; of who has no second factor, none."""
        page = self.post("/sign-in", {"name": self.name, "password": PASSWORD})
        return {} if page.status_code == 303 else fields_of(page.text)

    def begin(self) -> tuple[str, str]:
        """The token and the challenge of a new passkey."""
        found = fields_of(self.post("/settings/passkeys", {"password": PASSWORD}).text)
        return found["token"], json.loads(found["passkey"])["challenge"]

    def add(self, token: str, credential: str) -> Any:
        return self.post("/settings/passkeys/add", {"token": token, "credential": credential, "label": "Key"})

    def answer(self, asked: dict[str, str], credential: str, **changes: str) -> Any:
        sent = {"challenge": asked["challenge"], "name": self.name, "credential": credential, **changes}
        return self.post("/sign-in/code", sent)

    def assertion(self, asked: dict[str, str], **changes: Any) -> str:
        return self.key.get(json.loads(asked["passkey"])["challenge"], HOST, ORIGIN, **changes)

    def passkeys(self) -> list[str]:
        """The ids of the passkeys of whose session this is."""
        return re.findall(r'href="/settings/passkeys/([0-9a-z]{16})"', self.get("/settings").text)

    def is_in(self) -> bool:
        return bool(self.get("/settings").status_code == 200)

    def leave(self) -> None:
        self.client.delete_cookie("space_session", domain=HOST)


def fields_of(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in HIDDEN.findall(page)}


@pytest.fixture
def system(tmp_path: Path) -> Iterator[SystemHarness]:
    system = SystemHarness(tmp_path, base_url=ORIGIN)
    for name in ("Sam", "Eve"):
        system.services.people.register(STRANGER, Register(name=name, password=PASSWORD))
    yield system
    system.local.close()


@pytest.fixture
def sam(system: SystemHarness) -> Browser:
    """Sam, signed in, with a passkey."""
    sam = Browser(system, "Sam")
    assert sam.password() == {}
    token, challenge = sam.begin()
    assert sam.add(token, sam.key.create(challenge, HOST, ORIGIN)).status_code == 200
    assert len(sam.passkeys()) == 1
    return sam


@pytest.fixture
def eve(system: SystemHarness) -> Browser:
    """Eve, signed in, with a passkey of her own."""
    eve = Browser(system, "Eve")
    eve.password()
    token, challenge = eve.begin()
    eve.add(token, eve.key.create(challenge, HOST, ORIGIN))
    assert len(eve.passkeys()) == 1
    return eve


def test_no_forged_registration_adds_a_passkey(sam: Browser, eve: Browser) -> None:
    before = sam.passkeys()
    token, challenge = sam.begin()
    new = Authenticator()
    _, of_eve = eve.begin()
    forged = {
        "another origin": new.create(challenge, HOST, EVIL),
        "another site": new.create(challenge, "evil.example", ORIGIN),
        "another challenge": new.create("A" * 43, HOST, ORIGIN),
        "a challenge of another person": new.create(of_eve, HOST, ORIGIN),
        "an assertion in its place": sam.key.get(challenge, HOST, ORIGIN),
        "the type of an assertion": new.create(challenge, HOST, ORIGIN, type="webauthn.get"),
        "what is no credential": "{}",
    }
    for what, credential in forged.items():
        assert sam.add(token, credential).status_code in (403, 409, 422), what
        assert sam.passkeys() == before, what
        token, challenge = sam.begin() if what != "another challenge" else (token, challenge)


def test_a_registration_is_not_replayed(sam: Browser, eve: Browser) -> None:
    token, challenge = sam.begin()
    credential = Authenticator().create(challenge, HOST, ORIGIN)
    assert eve.add(token, credential).status_code in (403, 422), "the token is of one account"
    assert len(eve.passkeys()) == 1
    assert sam.add(token, credential).status_code == 303
    assert len(sam.passkeys()) == 2
    assert sam.add(token, credential).status_code in (403, 422)
    fresh, _ = sam.begin()
    assert sam.add(fresh, credential).status_code == 422, "an answer to another challenge"
    assert len(sam.passkeys()) == 2


def test_nobody_adds_one_without_the_password_or_a_session(sam: Browser, system: SystemHarness) -> None:
    before, (token, challenge) = sam.passkeys(), sam.begin()
    credential = Authenticator().create(challenge, HOST, ORIGIN)
    for password in ("", "not the password"):
        assert sam.post("/settings/passkeys", {"password": password}).status_code == 422
    stranger = Browser(system, "Sam")
    assert stranger.add(token, credential).status_code == 401
    without = sam.client.post(
        "/settings/passkeys/add",
        data={"token": token, "credential": credential, "label": "x"},
        base_url=ORIGIN,
    )
    assert without.status_code == 403, "without the form's token"
    assert sam.passkeys() == before


def test_no_forged_assertion_signs_in(sam: Browser, eve: Browser) -> None:
    sam.leave()
    eve.leave()
    asked = sam.password()
    challenge = json.loads(asked["passkey"])["challenge"]
    right = json.loads(sam.assertion(asked))
    tampered = {**right, "response": {**right["response"], "signature": text(bytes(70))}}
    as_sam = {**json.loads(eve.key.get(challenge, HOST, ORIGIN)), "id": right["id"], "rawId": right["id"]}
    forged = {
        "another origin": sam.key.get(challenge, HOST, EVIL),
        "another site": sam.key.get(challenge, "evil.example", ORIGIN),
        "another challenge": sam.key.get("A" * 43, HOST, ORIGIN),
        "another type": sam.key.get(challenge, HOST, ORIGIN, type="webauthn.create"),
        "another person's passkey": eve.key.get(challenge, HOST, ORIGIN),
        "another person's passkey by this one's id": json.dumps(as_sam),
        "another signature": json.dumps(tampered),
        "what is no credential": "{}",
    }
    for what, credential in forged.items():
        assert sam.answer(asked, credential).status_code in (403, 422), what
        assert not sam.is_in(), what
    mine = sam.assertion(asked)
    assert eve.answer(asked, mine).status_code == 403, "with another name"
    assert not eve.is_in()
    assert sam.answer(asked, mine).status_code == 303
    assert sam.is_in()


def test_an_assertion_is_not_replayed(sam: Browser) -> None:
    sam.leave()
    asked = sam.password()
    used = sam.assertion(asked)
    assert sam.answer(asked, used).status_code == 303
    sam.leave()
    assert sam.answer(asked, used).status_code == 403, "the sign-in is over"
    again = sam.password()
    assert sam.answer(again, used).status_code == 422, "an answer to another sign-in"
    assert not sam.is_in()


def test_a_counter_that_goes_back_signs_nobody_in(sam: Browser) -> None:
    sam.leave()
    sam.key.counter = 10
    asked = sam.password()
    assert sam.answer(asked, sam.assertion(asked)).status_code == 303
    sam.leave()
    for counter in (9, 3):  # the assertion counts one further: the same number, and one of before
        sam.key.counter = counter
        asked = sam.password()
        assert sam.answer(asked, sam.assertion(asked)).status_code == 422
        assert not sam.is_in()


def test_who_has_found_a_session_takes_no_second_factor_off(sam: Browser, eve: Browser) -> None:
    (passkey,) = sam.passkeys()
    path = f"/settings/passkeys/{passkey}"
    for password in ("", "not the password"):
        assert sam.post(path, {"do": "remove", "password": password}).status_code == 422
        assert sam.post("/settings", {"do": "factor-remove", "factor_password": password}).status_code == 422
    for do in ("remove", "rename"):
        assert eve.post(path, {"do": do, "password": PASSWORD, "label": "Mine"}).status_code == 404
    cross_site = sam.client.post(path, data={"do": "remove", "password": PASSWORD}, base_url=ORIGIN)
    assert cross_site.status_code == 403
    assert sam.passkeys() == [passkey]
    sam.leave()
    assert sam.post(path, {"do": "remove", "password": PASSWORD}).status_code == 401
    assert sam.password()["challenge"], "the second factor is still asked for"
    # The test can fail: with the password it goes.
    asked = sam.password()
    assert sam.answer(asked, sam.assertion(asked)).status_code == 303
    assert sam.post(path, {"do": "remove", "password": PASSWORD}).status_code == 303
    assert sam.passkeys() == []
