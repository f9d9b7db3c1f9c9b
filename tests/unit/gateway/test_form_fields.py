"""Fields tell the browser what they are for: limits, what a password manager may fill in, what there is to choose."""

import re

import pytest
from flask.testing import FlaskClient


def field(html: str, name: str) -> str:
    """The opening tag of the field `name`."""
    found = re.search(rf'<(?:input|select|textarea)[^>]* name="{name}"[^>]*>', html)
    assert found, name
    return found[0]


@pytest.mark.parametrize(
    ("path", "name", "wanted"),
    [
        ("/sign-in", "name", 'autocomplete="username"'),
        ("/sign-in", "password", 'autocomplete="current-password"'),
        ("/sign-up", "password", 'autocomplete="new-password"'),
        ("/sign-up", "password", 'minlength="8"'),
        ("/events?format=online", "tag", 'maxlength="40"'),
    ],
)
def test_a_strangers_fields_say_what_they_take(
    stranger: FlaskClient, path: str, name: str, wanted: str
) -> None:
    assert wanted in field(stranger.get(path).text, name)


@pytest.mark.parametrize(
    ("path", "name", "wanted"),
    [
        ("/events/new", "timezone", 'list="zones"'),
        ("/events/new", "title", 'maxlength="200"'),
        ("/news/submit", "picture_licence", 'list="licences"'),
        ("/groups/new", "slug", "pattern="),
    ],
)
def test_a_members_fields_say_what_they_take(member: FlaskClient, path: str, name: str, wanted: str) -> None:
    assert wanted in field(member.get(path).text, name)


@pytest.mark.parametrize("path", ["/talk/new", "/events/new", "/news/submit"])
def test_a_browser_never_cuts_a_long_text(member: FlaskClient, path: str) -> None:
    assert "maxlength" not in field(member.get(path).text, "body")


def test_a_filter_may_be_used_alone(stranger: FlaskClient) -> None:
    html = stranger.get("/events").text
    for name in ("format", "country", "spoken", "tag"):
        assert "required" not in field(html, name), "a browser would ask for every filter at once"
