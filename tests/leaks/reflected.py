"""What somebody sends in addresses, headers and forms to have it written into a page, or to be led away by it."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flask import Flask

from contracts.search import SearchQuery
from tests.leaks.desk import Desk
from tests.leaks.looking import Look, looks
from tests.leaks.payloads import WORD, faults
from tests.leaks.routes import READS
from tests.leaks.site import Answer, Client

BREAKING = f"'\"></script></textarea></title></select><{WORD} onload={WORD}()>"
"""Closes what a value may stand in, and begins an element."""
RUNNING = f"javascript:{WORD}()//"
ELSEWHERE = (
    "https://evil.example/", "//evil.example/", "/\\evil.example/", "///evil.example/", "/\t/evil.example/",
    "\\\\evil.example/", "https:evil.example", "http://space.test.evil.example/", "http://space.test@evil.example/",
    "/\r\n//evil.example/", "%2f%2fevil.example/", "/%09/evil.example/", "/%5cevil.example/", "\ufeff//evil.example/",
    "/.//evil.example/", "http:///evil.example/", RUNNING,
)  # fmt: skip
NAMES = re.compile(r'(?:args|form|cookies)\.(?:get|text|optional|all|words|checked|getlist)\(\s*"([a-z_]+)"')
EVERYWHERE = ("uselang", "lang", "next", "return", "back", "to", "cursor", "after")
HEADERS = (
    "Accept-Language", "User-Agent", "Referer", "Origin", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For",
    "X-Original-URL", "X-HTTP-Method-Override", "Forwarded", "Last-Event-ID", "Accept", "If-None-Match",
    "Sec-Fetch-Site",
)  # fmt: skip
_FIXED = (
    "do", "slug", "kind", "language", "audience", "category", "revision", "date", "time", "recurrence", "minutes",
    "timezone", "role", "change", "uses", "days", "action", "id", "level", "person_measure", "outcome", "attending",
    "given",
)  # fmt: skip
"""Fields that must be one of a few values, or the form would not be taken."""


def names_of(app: Flask, rule: str, method: str = "GET") -> set[str]:
    """The parameters, and fields, that the module of a route reads."""
    endpoint = next(
        each.endpoint
        for each in app.url_map.iter_rules()
        if each.rule == rule and method in (each.methods or ())
    )
    module = sys.modules[inspect.unwrap(app.view_functions[endpoint]).__module__]
    return set(NAMES.findall(inspect.getsource(module)))


@cache
def every_name() -> frozenset[str]:
    """All that the gateway reads anywhere: also what a route reads by a helper's hand."""
    sources = [inspect.getsource(each) for name, each in sys.modules.items() if name.startswith("gateway.")]
    found = {name for source in sources for name in NAMES.findall(source)}
    return frozenset({*found, *EVERYWHERE, *SearchQuery.model_fields})


def first_of_each(desk: Desk) -> Iterator[Look]:
    """One address of each route whose answer ends."""
    known: set[str] = set()
    for look in looks(desk.world):
        if look.rule not in known and look.rule not in ("/live", "/v2/stream/<names>"):
            known.add(look.rule)
            yield look
    assert len(known) > len(READS) * 0.8, set(READS) - known


def asked(look: Look) -> Iterator[str]:
    """Addresses of a route with something in every parameter that there is, and in its path."""
    path = look.address.partition("?")[0]
    for value in (BREAKING, RUNNING, ELSEWHERE[1]):
        yield f"{path}?{urlencode(dict.fromkeys(sorted(every_name()), value))}"
    if "<" in look.rule:
        yield from (f"{path.rpartition('/')[0]}/{quote(each, safe='/')}" for each in (BREAKING, ELSEWHERE[1]))


def asked_alone(app: Flask, look: Look) -> Iterator[str]:
    """Addresses of a page with something in one of its own parameters, and all that would lead away."""
    path, _, query = look.address.partition("?")
    own = sorted({*names_of(app, look.rule), *EVERYWHERE[:3]})
    for name in own:
        yield f"{path}?{query}{'&' if query else ''}{urlencode({name: BREAKING})}"
    if "next" in names_of(app, look.rule):
        yield from (f"{path}?{urlencode({'next': where})}" for where in ELSEWHERE)


def headers() -> Iterator[dict[str, str]]:
    """Requests' headers that say something else than a browser would; a page has a host name in no other way."""
    for value in (BREAKING, "https://evil.example/", "evil.example"):
        yield dict.fromkeys(HEADERS, value) | {"X-HTTP-Method-Override": "GET"}
    yield {"Host": "evil.example"}
    yield {"Host": f"space.test@{ELSEWHERE[0]}"}


def hostile(body: Mapping[str, Any], value: str) -> dict[str, Any]:
    """A form whose texts all are this value."""
    return {name: given if name.partition("-")[0] in _FIXED else value for name, given in body.items()}


def wrong(answer: Answer) -> list[str]:
    """What came through, and where the answer leads if that is another site."""
    assert answer.status < 500
    return [*faults(answer), *away(answer.header("Location"))]


def away(location: str) -> list[str]:
    """A sentence about a location that is not on this site."""
    parts = urlsplit(location)
    if parts.scheme or parts.netloc:
        ours = (parts.scheme, parts.netloc) in (("http", "space.test"), ("http", "localhost"))
    else:
        # Browsers take `\\` for `/`, and drop tabs and line breaks.
        plain = re.sub(r"[\t\r\n]", "", location).replace("\\", "/")
        ours = not location or (plain.startswith(("/", "?", "#")) and not plain.startswith("//"))
    return [] if ours else [f"leads to {location}"]


def follow(client: Client, answer: Answer) -> Answer:
    """The page to which a form leads, or its own answer."""
    location = answer.header("Location")
    return client.get(location) if location.startswith("/") and answer.status in (302, 303) else answer
