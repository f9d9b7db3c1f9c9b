"""Control characters and bytes that are no text get 400 with words, or are ignored: at every address, never a 500."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.routing import Rule

from tests.unit.gateway.harness import SystemHarness

pytestmark = pytest.mark.slow

ODD = (
    "\x00",
    "\x01",
    "\t",
    "\n",
    "\r\nX-Added: 1",
    "\x1b",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "\ufffe",
    "\ufeff",
)
NO_TEXT = ("%ff", "%c0%80", "%ed%a0%80", "%zz")
# Of every kind of parameter: texts, ids, cursors, dates, numbers, languages, lists.
NAMES = (
    "q", "cursor", "after", "before", "limit", "tag", "lang", "uselang", "author", "group", "kind", "sort", "month",
    "box", "name", "names", "occurrence", "next", "of", "search", "since", "srsearch", "action", "format", "titles",
    "returnto",
)  # fmt: skip
HEADERS = (
    "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Type", "Cookie", "Idempotency-Key",
    "If-Modified-Since", "If-None-Match", "Last-Event-ID", "Origin", "Range", "Referer", "Sec-Fetch-Site",
    "Traceparent", "User-Agent", "X-CSRF-Token", "X-Forwarded-For", "X-Forwarded-Host", "X-Requested-With",
)  # fmt: skip
COOKIES = ("space_session", "space_language", "space_timezone", "space_theme", "space_notices", "space_visit")


@pytest.fixture(params=["stranger", "member"])
def client(request: pytest.FixtureRequest, system: SystemHarness) -> Any:
    client = system.app.test_client()
    if request.param == "member":
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {system.robot('Amina').token}"
    return client


def readable(system: SystemHarness) -> list[Rule]:
    return [rule for rule in system.app.url_map.iter_rules() if "GET" in (rule.methods or ())]


def filled(rule: Rule, text: str) -> str:
    return re.sub(r"<[^>]+>", lambda _: quote(text, safe=""), rule.rule)


def check(answer: Any, what: object) -> None:
    assert answer.status_code < 500, what
    assert "X-Added" not in answer.headers, what
    answer.close()


def test_in_a_path(client: Any, system: SystemHarness) -> None:
    for rule in readable(system):
        for odd in ODD if rule.arguments else ():
            check(client.get(filled(rule, f"a{odd}b")), (rule.rule, odd))
        for raw in NO_TEXT if rule.arguments else ():
            path = re.sub(r"<[^>]+>", raw, rule.rule)
            check(client.get(path), path)


def test_in_a_query(client: Any, system: SystemHarness) -> None:
    for rule in readable(system):
        path = filled(rule, "a")
        for value in (*(quote(f"a{odd}b") for odd in ODD), *NO_TEXT):
            query = "&".join(f"{name}={value}" for name in NAMES)
            check(client.get(f"{path}?{query}"), (path, value))
            check(client.get(f"{path}?{value}=1"), (path, value))


def test_in_a_header(client: Any, system: SystemHarness) -> None:
    for rule in readable(system):
        path = filled(rule, "a")
        for value in ("\x01", "\x1b[2J", "\x7f", "\xff\xfe", "a;b=\x01;c", '"'):
            given = {f"HTTP_{name.upper().replace('-', '_')}": value for name in HEADERS}
            given.pop("HTTP_CONTENT_TYPE")
            given["CONTENT_TYPE"] = value
            for name in ("HTTP_COOKIE", "HTTP_AUTHORIZATION"):
                check(client.get(path, environ_overrides={name: given[name]}), (path, name, value))
            check(client.get(path, environ_overrides=given), (path, value))


def test_in_a_cookie(client: Any, system: SystemHarness) -> None:
    for rule in readable(system):
        path = filled(rule, "a")
        for value in ("\x01", '"\\000"', '"\\015\\012X-Added: 1"', "\xff", "%00"):
            cookies = "; ".join(f"{name}={value}" for name in COOKIES)
            check(client.get(path, environ_overrides={"HTTP_COOKIE": cookies}), (path, value))


def test_a_nul_gets_words(client: Any) -> None:
    for path in ("/api/v1/topics?tag=%00", "/api/v1/topics/%00", "/api/v1/search?q=a%00b"):
        answer = client.get(path)
        assert (answer.status_code, answer.json["code"]) == (400, "request-broken"), path
        assert answer.json["detail"]
    assert "<h1" in client.get("/search?q=%00").text
