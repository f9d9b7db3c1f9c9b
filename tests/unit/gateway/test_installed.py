"""What makes Space an app on a phone: the manifest, the service worker, and the page for when there is no network."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from pydantic import SecretStr

from contracts.people import Register
from core.audience import STRANGER
from tests.unit.gateway.harness import SystemHarness

pytestmark = pytest.mark.slow


def signed_in(system: SystemHarness, name: str) -> FlaskClient:
    opened = system.services.people.register(
        STRANGER, Register(name=name, password=SecretStr("a long password"))
    )
    client = system.app.test_client()
    client.set_cookie("space_session", opened.token)
    return client


def manifest(system: SystemHarness, language: str = "en") -> dict[str, Any]:
    answer = system.app.test_client().get(f"/manifest.webmanifest?uselang={language}")
    assert (answer.status_code, answer.mimetype) == (200, "application/manifest+json"), answer.text
    found: dict[str, Any] = json.loads(answer.text)
    return found


def test_pages_name_the_manifest_in_their_language(system: SystemHarness) -> None:
    page = system.app.test_client().get("/?uselang=ar").text
    assert '<link rel="manifest" href="/manifest.webmanifest?uselang=ar">' in page
    english, arabic = manifest(system), manifest(system, "ar")
    assert (english["lang"], english["dir"], arabic["lang"], arabic["dir"]) == ("en", "ltr", "ar", "rtl")
    assert english["shortcuts"][0]["name"] != arabic["shortcuts"][0]["name"]
    assert english["id"] == arabic["id"] == "/"
    assert (english["scope"], english["start_url"], english["display"]) == ("/", "/", "standalone")


def test_its_icons_are_what_it_says(system: SystemHarness) -> None:
    client, icons = system.app.test_client(), manifest(system)["icons"]
    assert {icon["purpose"] for icon in icons} == {"any", "maskable", "monochrome"}
    for icon in icons:
        answer = client.get(icon["src"])
        assert answer.mimetype == icon["type"]
        image = Image.open(io.BytesIO(answer.data))
        assert f"{image.width}x{image.height}" == icon["sizes"]
        if icon["purpose"] == "maskable":
            # A circle of two fifths is what every shape of icon leaves: outside of it is nothing but ground.
            assert image.convert("RGBA").getpixel((60, 256)) == (255, 255, 255, 255)


def test_its_shortcuts_lead_somewhere(system: SystemHarness) -> None:
    browser = signed_in(system, "Ada")
    for shortcut in manifest(system)["shortcuts"]:
        assert browser.get(shortcut["url"]).status_code == 200, shortcut


def test_the_service_worker_is_for_all_pages_and_asked_for_anew(system: SystemHarness) -> None:
    client = system.app.test_client()
    answer = client.get("/service-worker.js")
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    again = client.get("/service-worker.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_offline_page_has_nothing_of_whoever_asks(system: SystemHarness) -> None:
    browser = signed_in(system, "Ada")
    answer = browser.get("/offline")
    assert "Ada" not in answer.text
    assert "csrf" not in answer.text
    assert answer.text == system.app.test_client().get("/offline").text
    assert "Set-Cookie" not in answer.headers
    sheets = re.findall(r'href="(/static/[^"]+\.css)"', answer.text)
    assert len(sheets) == 2, "the service worker keeps them"
    for sheet in sheets:
        assert browser.get(sheet).status_code == 200


def test_the_offline_page_is_in_the_language_that_was_chosen(system: SystemHarness) -> None:
    text = system.app.test_client().get("/offline?uselang=he").text
    assert 'lang="he" dir="rtl"' in text
    assert "page-rtl.css" in text
