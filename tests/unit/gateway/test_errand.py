"""Who needs an account for what they are about to do signs in or up there, goes on with it, and loses nothing."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from PIL import Image
from pydantic import SecretStr

from contracts.blog import ArticleQuery
from contracts.forum import TopicQuery
from contracts.people import EnterCode, OwnPassword, SignIn
from core import clock
from core.audience import STRANGER
from gateway.signin import errand
from services.people import totp
from tests.unit.gateway.harness import PASSWORD, SystemHarness

pytestmark = pytest.mark.slow

HERE = {"Sec-Fetch-Site": "same-origin"}
TOPIC = {
    "language": "en",
    "title": "Maps",
    "body": "Which <ones>?\r\nAll",
    "category": "help",
    "audience": "public",
}
ARTICLE = {
    "language": "en", "title": "Birds", "summary": "", "body": "Many.", "category": "stories", "do": "save",
    "picture_alt": "A bird", "picture_author": "Amina", "picture_licence": "CC0 1.0", "picture_source": "Own",
}  # fmt: skip


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form that signs in, or of the page's main form."""
    form = page.split('<main id="main"')[1].split("<form", 1)[1].split("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def picture(colour: str = "red") -> tuple[io.BytesIO, str]:
    """A small picture as a form's file."""
    content = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(content, "PNG")
    content.seek(0)
    return content, "bird.png"


@pytest.fixture
def browser(system: SystemHarness) -> FlaskClient:
    """A browser in which Amina is signed in."""
    client = system.app.test_client()
    page = client.get("/sign-in").text
    client.post("/sign-in", data={**hidden(page), "name": "Amina", "password": PASSWORD})
    return client


def send_signed_out(client: FlaskClient, path: str, data: dict[str, Any]) -> Any:
    """Send the form at `path` after the session has ended elsewhere."""
    form = hidden(client.get(path).text)
    client.set_cookie("space_session", "an-old-session")
    return client.post(path, data={**form, **data}, headers=HERE)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/news/submit", "Submit news"),
        ("/talk/new", "Start a topic"),
        ("/events/new", "Add an event"),
        ("/drafts", "Drafts"),
        ("/settings", "Settings"),
        ("/notifications", "Notifications"),
    ],
)
def test_the_page_names_the_errand_and_signs_in_and_up_in_place(
    stranger: FlaskClient, path: str, title: str
) -> None:
    answer = stranger.get(f"{path}?tags=birds")
    assert answer.status_code == 401
    assert f"<h1>{title}</h1>" in answer.text
    assert ">401<" not in answer.text
    assert hidden(answer.text)["next"] == f"{path}?tags=birds"
    assert 'action="/sign-in"' in answer.text
    assert 'formaction="/sign-up"' in answer.text


@pytest.mark.parametrize(("button", "name"), [("/sign-in", "Amina"), ("/sign-up", "Newcomer")])
def test_both_ways_lead_on_to_the_errand(system: SystemHarness, button: str, name: str) -> None:
    client = system.app.test_client()
    page = client.get("/news/submit?tags=birds").text
    answer = client.post(button, data={**hidden(page), "name": name, "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/news/submit?tags=birds")
    assert 'value="birds"' in client.get(answer.location).text


def test_a_wrong_password_keeps_the_errand(system: SystemHarness) -> None:
    client = system.app.test_client()
    page = client.get("/news/submit").text
    answer = client.post("/sign-in", data={**hidden(page), "name": "Amina", "password": "not this one"})
    assert answer.status_code == 403
    assert "<h1>Submit news</h1>" in answer.text
    assert hidden(answer.text)["next"] == "/news/submit"


def test_text_sent_after_the_session_ended_comes_back_to_be_sent(
    system: SystemHarness, browser: FlaskClient
) -> None:
    asked = send_signed_out(browser, "/talk/new", TOPIC)
    assert asked.status_code == 401
    form = {**hidden(asked.text), "name": "Amina"}
    assert browser.post("/sign-in", data={**form, "password": "wrong"}).status_code == 403
    shown = browser.post("/sign-in", data={**form, "password": PASSWORD})
    assert shown.status_code == 200
    assert 'value="Maps"' in shown.text
    assert "Which &lt;ones&gt;?\nAll" in shown.text
    assert 'action="/talk/new"' in shown.text
    assert system.services.forum.topics(STRANGER, TopicQuery()).items == []
    assert browser.post("/talk/new", data={**hidden(shown.text), **TOPIC}).status_code == 303
    assert len(system.services.forum.topics(STRANGER, TopicQuery()).items) == 1


def test_a_picture_comes_through_the_sign_in_too(system: SystemHarness, browser: FlaskClient) -> None:
    asked = send_signed_out(browser, "/news/submit", {**ARTICLE, "picture": picture()})
    shown = browser.post("/sign-in", data={**hidden(asked.text), "name": "Amina", "password": PASSWORD})
    assert shown.status_code == 200
    form = hidden(shown.text)
    assert f'src="/media/{form["picture_id"]}/320"' in shown.text
    assert browser.get(f"/media/{form['picture_id']}/320").status_code == 200
    assert browser.post("/news/submit", data={**form, **ARTICLE}).status_code == 303
    amina = system.services.people.viewer_of_token(STRANGER, system.people["Amina"].token or "")
    assert amina is not None
    (line,) = system.services.blog.articles(amina, ArticleQuery(status="draft")).items
    article = system.services.blog.article(amina, line.slug, None)
    assert article.picture is not None
    assert (article.picture.id, article.picture.alt) == (form["picture_id"], "A bird")


def test_what_was_written_comes_through_the_second_step_too(
    system: SystemHarness, browser: FlaskClient
) -> None:
    people = system.services.people
    viewer = people.sign_in(STRANGER, SignIn(name="Amina", password=SecretStr(PASSWORD))).viewer
    secret = people.begin_second_factor(viewer, OwnPassword(password=SecretStr(PASSWORD))).secret
    now = totp.step_at(clock.now())
    people.confirm_second_factor(viewer, EnterCode(code=SecretStr(totp.code_at(secret, now - 1))))
    assert people.me(viewer).second_factor
    asked = send_signed_out(browser, "/news/submit", {**ARTICLE, "picture": picture()})
    form = {**hidden(asked.text), "name": "Amina", "password": PASSWORD}
    step = browser.post("/sign-in", data=form)
    assert "Enter your code" in step.text
    assert PASSWORD not in step.text
    back = browser.post("/sign-in/code", data={**hidden(step.text), "code": totp.code_at(secret, now)})
    assert (back.status_code, back.headers["Cache-Control"]) == (200, "no-store")
    assert 'value="Birds"' in back.text
    assert any(each.startswith("space_session=") for each in back.headers.getlist("Set-Cookie"))


def test_a_password_is_not_carried(browser: FlaskClient) -> None:
    sent = {"do": "password", "old_password": "the old secret", "new_password": "the new secret"}
    asked = send_signed_out(browser, "/settings", sent)
    assert asked.status_code == 401
    carried = URLSafeSerializer("").loads_unsafe(hidden(asked.text)["errand"])[1]
    assert carried["fields"] == [["do", "password"]]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {},
        {"Origin": "http://["},
        {"Referer": "http://["},
    ],
)
def test_another_sites_form_is_carried_nowhere(stranger: FlaskClient, headers: dict[str, str]) -> None:
    answer = stranger.post("/talk/new", data=TOPIC, headers=headers)
    assert answer.status_code == 403
    assert 'name="errand"' not in answer.text


def test_an_errand_is_of_one_browser(system: SystemHarness, browser: FlaskClient) -> None:
    form = {
        **hidden(send_signed_out(browser, "/talk/new", TOPIC).text),
        "name": "Amina",
        "password": PASSWORD,
    }
    other = system.app.test_client()
    own = hidden(other.get("/sign-in").text)
    assert other.post("/sign-in", data={**form, "csrf_token": own["csrf_token"]}).status_code == 303
    assert browser.post("/sign-in", data={**form, "errand": form["errand"] + "x"}).status_code == 303


def test_an_errand_is_over_after_an_hour(browser: FlaskClient) -> None:
    form = {
        **hidden(send_signed_out(browser, "/talk/new", TOPIC).text),
        "name": "Amina",
        "password": PASSWORD,
    }
    with clock.at(clock.now() + timedelta(minutes=61)):
        assert browser.post("/sign-in", data=form).status_code == 303


def test_scripts_and_the_api_get_problem_details(stranger: FlaskClient) -> None:
    answer = stranger.post("/talk/new", data=TOPIC, headers={**HERE, "Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert stranger.get("/live").mimetype == "application/problem+json"


def test_every_errand_has_a_page_of_that_name(system: SystemHarness) -> None:
    endpoints = {rule.endpoint for rule in system.app.url_map.iter_rules()}
    assert {*errand.FORMS, *errand.PAGES} - {""} <= endpoints
