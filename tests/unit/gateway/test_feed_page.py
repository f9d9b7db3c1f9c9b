"""The page of feeds: copyable addresses of all, and of one view with its filters."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests.unit.gateway.harness import Robot, SystemHarness


def addresses(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<input[^>]* value="([^"]*)" readonly', page)]


def test_the_page_names_every_general_feed(stranger: FlaskClient) -> None:
    page = stranger.get("/feeds")
    assert page.status_code == 200
    found = addresses(page.text)
    for name in ("all", "news", "talk", "events"):
        for format in ("atom", "rss", "json"):
            assert f"http://space.test/feeds/{name}.{format}" in found
    assert "http://space.test/feeds/events.ics" in found
    assert 'href="webcal://space.test/feeds/events.ics"' in page.text


def test_a_view_s_filters_are_in_its_addresses(stranger: FlaskClient) -> None:
    page = stranger.get("/feeds?of=events&tag=C%2B%2B&country=eg&spoken=&after=x&utm_source=y").text
    assert addresses(page)[0] == "http://space.test/feeds/events.ics?tag=C%2B%2B&country=eg"
    assert 'href="webcal://space.test/feeds/events.ics?tag=C%2B%2B&amp;country=eg"' in page


@pytest.mark.parametrize(
    ("of", "address"),
    [
        ("tag&tag=C%23", "http://space.test/feeds/tags/c%23.ics"),
        ("search&q=street+maps&kind=event", "http://space.test/feeds/search.ics?q=street+maps&kind=event"),
        ("news&category=stories&lang=ar", "http://space.test/feeds/news.atom?category=stories&lang=ar"),
    ],
)
def test_each_kind_of_view_has_its_feed(stranger: FlaskClient, of: str, address: str) -> None:
    assert addresses(stranger.get(f"/feeds?of={of}").text)[0] == address


@pytest.mark.parametrize("of", ["nothing", "tag", "tag&tag=%E2%80%8B"])
def test_a_view_that_is_none_is_not_found(stranger: FlaskClient, of: str) -> None:
    assert stranger.get(f"/feeds?of={of}").status_code == 404


def test_the_addresses_of_the_page_work(system: SystemHarness) -> None:
    client = system.app.test_client()
    page = client.get("/feeds?of=tag&tag=maps").text
    for address in addresses(page):
        answer = Robot(system).get(address.removeprefix("http://space.test"))
        assert answer.status_code == 200, address


def test_views_lead_to_their_addresses(system: SystemHarness) -> None:
    client = system.app.test_client()
    page = client.get("/events?tag=maps&format=online").text
    assert 'href="/feeds?of=events&amp;tag=maps&amp;format=online"' in page
    assert 'href="/feeds"' in client.get("/about").text


@pytest.mark.parametrize("format", ["atom", "rss"])
def test_a_feed_that_a_browser_opens_has_a_style(system: SystemHarness, format: str) -> None:
    feed = Robot(system).get(f"/feeds/all.{format}").text
    found = re.search(r'<\?xml-stylesheet type="text/css" href="(/static/[0-9a-f]+/css/feed.css)"\?>', feed)
    assert found
    assert system.app.test_client().get(found[1]).mimetype == "text/css"
    opened = Robot(system).get(f"/feeds/all.{format}", Sec_Fetch_Dest="document")
    assert opened.mimetype == "application/xml", "Chromium shows the proper types as plain text"
    assert opened.text == feed
