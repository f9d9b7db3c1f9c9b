"""How many codes and messages one network may try at /contact-moderators, which nobody else is kept from by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from contracts.contact import ContactMessage, ContactView
from contracts.errors import Conflict, Forbidden
from core.limiter import Limiter
from gateway.moderation.contact import NEW_OF_A_PEER, TRIES, WRONG_CODES
from tests.unit.gateway.fakes import FakeServices

PATH = "/contact-moderators"
SEEN = ContactView(
    state="waiting", messages=[ContactMessage(by_moderators=False, on=date(2026, 3, 1), words="Hello.")]
)
RIGHT, WRONG = "1234567890123456", "1234000000000000"
FROM = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    """The gateway with limits, on a clock that stands still."""
    before = app.extensions["space.settings"]
    app.extensions["space.settings"] = before.model_copy(update={"rate_limits": True})
    app.extensions["space.contact"] = Limiter(lambda: 0.0)
    yield app
    app.extensions["space.settings"] = before
    del app.extensions["space.contact"]


@pytest.fixture
def people(fakes: FakeServices) -> FakeServices:
    """People, who knows one code."""

    def read(_viewer: object, command: object) -> ContactView:
        if command.code.get_secret_value() != RIGHT:  # type: ignore[attr-defined]
            raise Forbidden("contact-code-wrong")
        return SEEN

    fakes.people.answers["read_contact"] = read
    fakes.people.answers["open_contact"] = SEEN
    return fakes


def post(client: FlaskClient, address: str = "192.0.2.7", **fields: str) -> int:
    return client.post(PATH, data=fields, environ_base={"REMOTE_ADDR": address}).status_code


def test_guesses_at_one_beginning_are_slowed_for_their_network_alone(
    stranger: FlaskClient, people: FakeServices
) -> None:
    tries = [post(stranger, do="open", code=WRONG) for _ in range(int(WRONG_CODES.burst) + 2)]
    assert tries == [403] * int(WRONG_CODES.burst) + [429] * 2
    assert post(stranger, do="open", code=RIGHT) == 429
    refused = stranger.post(PATH, data={"do": "open", "code": WRONG}, environ_base=FROM).text
    assert "Try again in one minute." in refused
    assert post(stranger, do="open", code="5678000000000000") == 403
    assert post(stranger, "198.51.100.9", do="open", code=RIGHT) == 200, "whose it is gets in elsewhere"


def test_right_codes_cost_nothing(stranger: FlaskClient, people: FakeServices) -> None:
    assert {post(stranger, do="open", code=RIGHT) for _ in range(int(WRONG_CODES.burst) * 2)} == {200}


def test_first_messages_of_one_network_are_few(stranger: FlaskClient, people: FakeServices) -> None:
    sent = [
        post(stranger, do="write", nonce="n", words=f"{number}")
        for number in range(int(NEW_OF_A_PEER.burst) + 1)
    ]
    assert sent == [200] * int(NEW_OF_A_PEER.burst) + [429]
    refused = stranger.post(PATH, data={"do": "write", "words": "Not lost."}, environ_base=FROM).text
    assert "Write again in 30 minutes." in refused
    assert "Not lost." in refused
    assert post(stranger, "198.51.100.9", do="write", nonce="n", words="Hello.") == 200


def test_a_code_that_is_taken_is_replaced_by_another(stranger: FlaskClient, people: FakeServices) -> None:
    codes: list[str] = []

    def taken(_viewer: object, command: object) -> ContactView:
        codes.append(command.code.get_secret_value())  # type: ignore[attr-defined]
        if len(codes) < 3:
            raise Conflict("contact-code-taken")
        return SEEN

    people.people.answers["open_contact"] = taken
    assert post(stranger, do="write", nonce="n", words="Hello.") == 200
    assert len(set(codes)) == 3
    people.people.answers["open_contact"] = Conflict("contact-code-taken")
    people.people.calls.clear()
    assert post(stranger, do="write", nonce="n", words="Hello.") == 429
    assert [name for name, _ in people.people.calls].count("open_contact") == TRIES
