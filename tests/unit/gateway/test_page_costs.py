"""What a page costs that is not kept: how often it asks a service, and how many statements that takes.

Both are the same however much there is to show. A figure may be lowered; who raises one says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event

from core import clock
from core.settings import SERVICES
from gateway.services import Services
from tests.unit.gateway.harness import SystemHarness, plan_event

COSTS = {
    "/": (5, 10),
    "/news": (4, 7),
    "/news/{article}": (6, 13),
    "/talk": (5, 9),
    "/talk/c/help": (5, 9),
    "/talk/t/{topic}": (5, 10),
    "/events": (2, 4),
    "/events?view=month": (2, 4),
    "/events/map": (2, 4),
    "/events/{event}": (3, 7),
    "/people": (3, 5),
    "/groups": (2, 2),
    "/feeds/all.atom": (8, 21),
    "/feeds/events.ics": (3, 8),
    "/api/v1/topics": (1, 2),
    "/api/v1/articles": (1, 2),
    "/api/v1/events": (1, 3),
}
"""For each page its calls and its statements. One of each is for the site's own words, which a process keeps in
operation."""


PLACE = {"name": "Cairo", "country": "EG", "latitude": 30.06, "longitude": 31.25, "venue": "Library"}


@pytest.fixture
def in_may() -> Iterator[None]:
    """On the first of a month, so that what is planned for thirty days ahead is in it."""
    with clock.at(datetime(2026, 5, 1, 12, tzinfo=UTC)):
        yield


class _Counted:
    """A service whose calls are counted."""

    def __init__(self, service: Any, name: str, calls: Counter[str]) -> None:
        self._service, self._name, self._calls = service, name, calls

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._calls[f"{self._name}.{method}"] += 1
            return getattr(self._service, method)(*args, **kwargs)

        return call


@contextmanager
def counted(system: SystemHarness) -> Iterator[tuple[Counter[str], list[tuple[str, Sequence[Any]]]]]:
    """The calls and the statements of the block."""
    calls: Counter[str] = Counter()
    before: Services = system.app.extensions["space.services"]
    parts = {name: _Counted(getattr(before, name), name, calls) for name in SERVICES}
    system.app.extensions["space.services"] = Services(**parts, listener=before.listener)
    statements: list[tuple[str, Sequence[Any]]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Sequence[Any], *_more: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append((statement, values))

    engines = [database.engine for database in system.local.databases.values()]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield calls, statements
    finally:
        system.app.extensions["space.services"] = before
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def write(system: SystemHarness, count: int) -> dict[str, str]:
    """So many topics, replies, articles and events; returns the addresses of one of each."""
    amina, boris, edith = (system.robot(name) for name in ("Amina", "Boris", "Edith"))
    ids = {}
    for number in range(count):
        text = {"language": "en", "title": f"Title {number}", "body": f"Text *{number}*"}
        topic = amina.post("/topics", text | {"category": "help"}).json
        boris.post(f"/topics/{topic['id']}/posts", {"language": "en", "body": "Yes."})
        article = amina.post("/articles", text | {"category": "stories"}).json
        amina.post(f"/articles/{article['id']}/submit")
        article = edith.post(f"/articles/{article['id']}/publish").json
        walk = plan_event(system, f"Walk {number}", place=PLACE)
        ids = {
            "topic": f"{topic['id']}/{topic['slug']}",
            "article": article["slug"],
            "event": f"{walk['id']}/{walk['slug']}",
        }
    for number in range(count):
        amina.post(f"/topics/{ids['topic'].split('/')[0]}/posts", {"language": "en", "body": f"{number}."})
    system.drain()
    return ids


@pytest.mark.slow
def test_what_each_page_costs(system: SystemHarness, in_may: None) -> None:
    client = system.app.test_client()
    found: list[dict[str, tuple[int, int]]] = []
    for count in (2, 9):
        ids = write(system, count)
        costs = {}
        for path in COSTS:
            address = path.format_map(ids)
            client.get(address)  # templates are compiled, and what is known for good is known
            with counted(system) as (calls, statements):
                assert client.get(address).status_code == 200, address
            costs[path] = (calls.total(), len(statements))
        found.append(costs)
    few, many = found
    assert many == few
    assert many == COSTS


@pytest.mark.slow
def test_no_page_counts_or_skips_rows(system: SystemHarness, in_may: None) -> None:
    """`COUNT(*)` and `OFFSET` read what grows; only who attends a date of an event is counted."""
    ids, client = write(system, 2), system.app.test_client()
    for path in COSTS:
        with counted(system) as (_, statements):
            client.get(path.format_map(ids))
        for statement, values in statements:
            assert "count(*)" not in statement or "FROM attendance" in statement, path
            # SQLite's LIMIT always comes with an OFFSET.
            assert "OFFSET" not in statement or values[-1] == 0, path
