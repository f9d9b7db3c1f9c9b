"""/contact-moderators with the real services: what it tells nobody, and what its forms do."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from contracts.people import SignIn
from core.audience import STRANGER
from services.people.actions import contact_delivery
from tests.unit.gateway.harness import PASSWORD, SystemHarness

pytestmark = pytest.mark.slow

PATH = "/contact-moderators"
WORDS = "zqtold of somebody"


def nonce_of(page: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', page)
    assert found
    return found[1]


def code_of(page: str) -> str:
    """The code that a page shows."""
    found = re.search(r'<code class="token" dir="ltr">([\d ]{19})</code>', page)
    assert found, page
    return found[1]


class Writer:
    """A browser in which nobody says who they are."""

    def __init__(self, system: SystemHarness) -> None:
        self.client: FlaskClient = system.app.test_client()

    def write(self, words: str = WORDS, nonce: str | None = None) -> Any:
        nonce = nonce or nonce_of(self.client.get(PATH).text)
        return self.client.post(PATH, data={"do": "write", "nonce": nonce, "words": words})

    def open(self, code: str, **headers: str) -> Any:
        return self.client.post(PATH, data={"do": "open", "code": code}, headers=headers)

    def go_on(self, code: str, words: str) -> Any:
        return self.client.post(PATH, data={"do": "continue", "code": code, "words": words})


def deliver(system: SystemHarness) -> None:
    with system.local.databases["people"].writing() as session:
        contact_delivery.deliver(session)
    system.drain()


def signed_in(system: SystemHarness, name: str) -> FlaskClient:
    system.robot(name)
    token = system.services.people.sign_in(STRANGER, SignIn(name=name, password=SecretStr(PASSWORD))).token
    client: FlaskClient = system.app.test_client()
    client.set_cookie("space_session", token)
    return client


def send(client: FlaskClient, path: str, action: str, **fields: str) -> Any:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert token
    return client.post(action, data={"csrf_token": token[1], **fields})


def test_a_message_is_answered_by_a_moderator_and_read_by_its_code(system: SystemHarness) -> None:
    writer, mina = Writer(system), signed_in(system, "Mina")
    sent = writer.write()
    assert sent.status_code == 200
    code = code_of(sent.text)
    assert len(code.replace(" ", "")) == 16
    deliver(system)
    assert "A message to the moderators" in mina.get("/notifications").text
    queue = mina.get("/moderation").text
    found = re.search(r'href="(/moderation/cases/[0-9a-z]{16})"', queue)
    assert found
    case = found[1]
    page = mina.get(case).text
    assert WORDS in page
    assert send(mina, case, f"{case}/claim").status_code == 303
    assert send(mina, case, f"{case}/reply", words="We look at it.").status_code == 303
    opened = writer.open(code)
    assert "We look at it." in opened.text
    assert "The moderators have answered." in opened.text
    assert "Mina" not in opened.text
    assert writer.go_on(code.replace(" ", ""), "Thank you.").status_code == 200
    deliver(system)
    assert "Thank you." in mina.get(case).text
    assert send(mina, case, f"{case}/close").status_code == 303
    assert case not in mina.get("/moderation").text
    assert case in mina.get("/moderation?show=closed").text


def test_no_cookie_is_set_and_no_session_is_read(system: SystemHarness) -> None:
    client = signed_in(system, "Boris")
    client.set_cookie("space_visit", "a visit of before")
    forms: list[dict[str, str] | None] = [
        None, {"do": "write", "nonce": "n", "words": WORDS}, {"do": "open", "code": "1"}
    ]  # fmt: skip
    for form in forms:
        answer = client.get(PATH) if form is None else client.post(PATH, data=form)
        assert answer.headers.getlist("Set-Cookie") == []
        assert answer.headers.getlist("Cache-Control") == ["no-store"]
        assert "Boris" not in answer.text
        assert 'data-signed-in="0"' in answer.text
        assert "<script" not in answer.text
        assert 'name="csrf_token"' not in answer.text


def test_the_language_and_theme_that_were_chosen_stay(system: SystemHarness) -> None:
    client = system.app.test_client()
    client.set_cookie("space_language", "de")
    client.set_cookie("space_theme", "dark")
    page = client.get(PATH).text
    assert 'lang="de"' in page
    assert 'data-theme="dark"' in page


def test_a_code_is_in_no_address_and_no_log(system: SystemHarness, caplog: pytest.LogCaptureFixture) -> None:
    writer = Writer(system)
    with caplog.at_level(logging.DEBUG):
        sent = writer.write()
        code = code_of(sent.text)
        assert writer.open(code).status_code == 200
        assert writer.client.get(f"{PATH}?code={code.replace(' ', '')}").text.count(WORDS) == 0
    logged = caplog.text
    assert code not in logged
    assert code.replace(" ", "") not in logged
    assert WORDS not in logged


def test_the_same_form_sent_twice_is_one_conversation_with_one_code(system: SystemHarness) -> None:
    writer = Writer(system)
    nonce = nonce_of(writer.client.get(PATH).text)
    first, again = writer.write(nonce=nonce), writer.write(nonce=nonce)
    assert code_of(first.text) == code_of(again.text)
    other = writer.write()
    assert code_of(other.text) != code_of(first.text)
    deliver(system)
    queue = signed_in(system, "Mina").get("/moderation").text
    assert len(set(re.findall(r"/moderation/cases/[0-9a-z]{16}", queue))) == 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({}, 200),
    ],
)
def test_what_another_site_sends_is_refused(
    system: SystemHarness, headers: dict[str, str], status: int
) -> None:
    writer = Writer(system)
    code = code_of(writer.write().text)
    assert writer.open(code, **headers).status_code == status


def test_a_wrong_code_and_a_long_message_show_the_form_again(system: SystemHarness) -> None:
    writer = Writer(system)
    wrong = writer.open("1234 5678 9012 3456")
    assert wrong.status_code == 403
    assert "No conversation has this code" in wrong.text
    assert wrong.headers["Cache-Control"] == "no-store"
    for words in ("", "x" * 4001):
        refused = writer.write(words)
        assert refused.status_code == 422
        assert nonce_of(refused.text)
    code = code_of(writer.write().text)
    refused = writer.go_on(code, "")
    assert refused.status_code == 422
    assert WORDS in refused.text, "the conversation is still there"
    lost = writer.go_on("1234567890123456", "Hello?")
    assert (lost.status_code, WORDS in lost.text) == (403, False)


def test_text_of_any_direction_and_with_markup_is_shown_as_it_is(system: SystemHarness) -> None:
    writer = Writer(system)
    page = writer.write("مرحبا <script>alert(1)</script>").text
    assert '<p class="plain-text" dir="auto">مرحبا &lt;script&gt;' in page


def test_it_is_linked_from_every_page_the_code_of_conduct_and_reports(system: SystemHarness) -> None:
    client = system.app.test_client()
    assert f'href="{PATH}"' in client.get("/").text
    for path in ("/conduct", "/report?of=/people/Amina"):
        assert client.get(path).text.count(f'href="{PATH}"') == 2


@pytest.mark.parametrize("name", [None, "Amina"])
def test_only_moderators_answer(system: SystemHarness, name: str | None) -> None:
    Writer(system).write()
    deliver(system)
    found = re.search(r"/moderation/cases/[0-9a-z]{16}", signed_in(system, "Mina").get("/moderation").text)
    assert found
    client = signed_in(system, name) if name else system.app.test_client()
    for verb in ("reply", "close"):
        sent = send(client, "/languages?q=none-has-this", f"{found[0]}/{verb}", words="Mine.")
        assert sent.status_code in (401, 404)
    assert WORDS not in client.get(found[0]).text
