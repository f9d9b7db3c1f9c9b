"""A form that is sent several times, by a double press or a slow line, is carried out once."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from contracts.blog import ArticleQuery
from contracts.events import EventQuery
from contracts.forum import TopicQuery
from core.audience import STRANGER
from gateway.forms import new_form_id
from tests.unit.gateway.harness import PASSWORD, SystemHarness

pytestmark = pytest.mark.slow


@pytest.fixture
def browser(system: SystemHarness) -> FlaskClient:
    """A browser in which Amina is signed in."""
    client = system.app.test_client()
    token = field(client, "/sign-in", "csrf_token")
    form = {"name": "Amina", "password": PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", data=form).status_code == 303
    return client


def field(client: FlaskClient, path: str, name: str) -> str:
    """The value of a hidden field of the page at `path`."""
    found = re.search(rf'name="{name}" value="([^"]+)"', client.get(path).text)
    assert found, f"{path} has no field {name}"
    return found[1]


def filled(client: FlaskClient, path: str, **values: Any) -> dict[str, Any]:
    """The form on the page at `path`, with these values."""
    page = client.get(path).text
    hidden = dict(re.findall(r'type="hidden" name="(csrf_token|form_id|language)" value="([^"]*)"', page))
    assert "form_id" in hidden, f"{path} has no form that is carried out once"
    return {**hidden, **values}


TOPIC = {"language": "en", "title": "Maps", "body": "Which ones?", "category": "help", "audience": "public"}
EVENT = {
    "language": "en", "title": "Walk", "body": "Come.", "date": "2027-05-01", "time": "18:00", "minutes": "60",
    "timezone": "Europe/Berlin", "recurrence": "none", "online_url": "https://example.org/", "audience": "public",
}  # fmt: skip


def test_a_topic_sent_three_times_is_one(system: SystemHarness, browser: FlaskClient) -> None:
    form = filled(browser, "/talk/new", **TOPIC)
    answers = [browser.post("/talk/new", data=form) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303] * 3
    assert len({answer.location for answer in answers}) == 1
    assert len(system.services.forum.topics(STRANGER, TopicQuery()).items) == 1


def test_a_reply_sent_three_times_is_one_and_the_same_words_again_are_another(
    system: SystemHarness, browser: FlaskClient
) -> None:
    path = browser.post("/talk/new", data=filled(browser, "/talk/new", **TOPIC)).location
    for expected in (2, 3):
        form = filled(browser, path, body="+1")
        for _ in range(3):
            assert browser.post(f"{path}/reply", data=form).status_code == 303
        (topic,) = system.services.forum.topics(STRANGER, TopicQuery()).items
        assert topic.posts == expected


def test_going_back_to_write_something_else_is_not_lost(system: SystemHarness, browser: FlaskClient) -> None:
    path = browser.post("/talk/new", data=filled(browser, "/talk/new", **TOPIC)).location
    form = filled(browser, path, body="First")
    browser.post(f"{path}/reply", data=form)
    browser.post(f"{path}/reply", data={**form, "body": "Second"})
    (topic,) = system.services.forum.topics(STRANGER, TopicQuery()).items
    assert topic.posts == 3


def test_an_event_and_a_group_sent_twice_are_one(system: SystemHarness, browser: FlaskClient) -> None:
    form = filled(browser, "/events/new", **EVENT)
    assert {browser.post("/events/new", data=form).status_code for _ in range(2)} == {303}
    assert len(system.services.events.events(STRANGER, EventQuery()).items) == 1
    group = {"slug": "walkers", "kind": "open", "language": "en", "name": "Walkers", "about": ""}
    form = filled(browser, "/groups/new", **group)
    assert {browser.post("/groups/new", data=form).status_code for _ in range(2)} == {303}


def test_an_article_sent_twice_is_one_unless_the_picture_is_another(
    system: SystemHarness, browser: FlaskClient
) -> None:
    text = {
        "language": "en",
        "title": "Birds",
        "summary": "",
        "body": "Many.",
        "category": "stories",
        "do": "save",
    }
    form = filled(
        browser,
        "/news/submit",
        **text,
        picture_alt="A bird",
        picture_author="Amina",
        picture_licence="CC0 1.0",
        picture_source="Own",
    )

    def send(colour: str) -> str:
        picture = io.BytesIO()
        Image.new("RGB", (400, 300), colour).save(picture, "PNG")
        picture.seek(0)
        answer = browser.post("/news/submit", data={**form, "picture": (picture, "bird.png")})
        assert answer.status_code == 303
        return str(answer.location)

    assert send("red") == send("red") != send("blue")
    person = system.services.people.viewer_of_token(STRANGER, system.people["Amina"].token or "")
    assert person is not None
    assert len(system.services.blog.articles(person, ArticleQuery(status="draft")).items) == 2


@pytest.mark.parametrize("form_id", ["", "short", "x" * 41, "<script>", "\u0661" * 12])
def test_an_odd_id_is_none(system: SystemHarness, browser: FlaskClient, form_id: str) -> None:
    form = {**filled(browser, "/talk/new", **TOPIC), "form_id": form_id}
    for _ in range(2):
        assert browser.post("/talk/new", data=form).status_code == 303
    assert len(system.services.forum.topics(STRANGER, TopicQuery()).items) == 2


def test_each_form_has_an_id_of_its_own() -> None:
    assert len({new_form_id() for _ in range(100)}) == 100
