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
    ("reader", "path", "name", "wanted"),
    [
        ("stranger", "/sign-in", "name", 'autocomplete="username"'),
        ("stranger", "/sign-in", "password", 'autocomplete="current-password"'),
        ("stranger", "/sign-up", "password", 'autocomplete="new-password"'),
        ("stranger", "/sign-up", "password", 'minlength="8"'),
        ("stranger", "/events?format=online", "tag", 'maxlength="40"'),
        ("member", "/events/new", "timezone", 'list="zones"'),
        ("member", "/events/new", "title", 'maxlength="200"'),
        ("member", "/news/submit", "picture_licence", 'list="licences"'),
        ("member", "/groups/new", "slug", "pattern="),
    ],
)
def test_fields_say_what_they_take(
    request: pytest.FixtureRequest, reader: str, path: str, name: str, wanted: str
) -> None:
    client: FlaskClient = request.getfixturevalue(reader)
    assert wanted in field(client.get(path).text, name)


@pytest.mark.parametrize("path", ["/talk/new", "/events/new", "/news/submit"])
def test_a_browser_never_cuts_a_long_text(member: FlaskClient, path: str) -> None:
    assert "maxlength" not in field(member.get(path).text, "body")


def test_a_filter_may_be_used_alone(stranger: FlaskClient) -> None:
    html = stranger.get("/events").text
    for name in ("format", "country", "spoken", "tag"):
        assert "required" not in field(html, name), "a browser would ask for every filter at once"
