"""What is logged names nobody: no path, no query, no address, whether a request succeeds or fails."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient

from tests.unit.gateway.fakes import FakeServices
from tests.unit.gateway.harness import SystemHarness

PRIVATE = "Zuleika"
PATHS = (
    f"/people/{PRIVATE}",
    f"/people//{PRIVATE}",
    f"/tags/{PRIVATE}",
    f"/groups/{PRIVATE}",
    f"/search?q={PRIVATE}",
    f"/wiki/User:{PRIVATE}",
    f"/feeds/search.rss?q={PRIVATE}",
    f"/api/v1/people/{PRIVATE}",
    f"/api/v1/search?q={PRIVATE}",
    f"/api/v1/follows/person/{PRIVATE}",
    f"/api.php?action=query&list=search&srsearch={PRIVATE}&format=json",
    f"/nothing/{PRIVATE}%00",
)


def test_requests_are_not_logged(system: SystemHarness, caplog: pytest.LogCaptureFixture) -> None:
    amina = system.robot("Amina")
    with caplog.at_level(logging.INFO):
        for path in PATHS:
            for headers in ({}, {"Authorization": f"Bearer {amina.token}"}, {"Host": f"{PRIVATE}.example"}):
                amina.client.get(path, headers=headers, environ_overrides={"REMOTE_ADDR": "192.0.2.99"})
    assert PRIVATE not in caplog.text
    assert "192.0.2.99" not in caplog.text


def test_a_failed_request_is_logged_by_its_endpoint_alone(
    stranger: FlaskClient, fakes: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("a bug")

    fakes.people.answers["person"] = fail
    stranger.application.testing = False
    try:
        answer = stranger.get(f"/people/{PRIVATE}?q={PRIVATE}")
    finally:
        stranger.application.testing = True
    assert answer.status_code == 500
    assert "a bug" in caplog.text
    assert PRIVATE not in caplog.text
