"""What a page costs that is not kept: how often it asks a service, and how many statements and rows that takes.

Calls and statements are the same however much there is to show, and no row is read that is not shown.
A figure may be lowered; who raises one says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from core import clock
from core.settings import SERVICES
from gateway.services import Services
from tests.unit.gateway.harness import SystemHarness, plan_event
from tests.unit.gateway.page_statements import Work, work_in

COSTS = {
    "/": (5, 10, 44),
    "/news": (4, 6, 24),
    "/news/{article}": (6, 11, 7),
    "/talk": (5, 9, 59),
    "/talk/c/help": (5, 9, 37),
    "/talk/t/{topic}": (5, 10, 28),
    "/events": (2, 4, 22),
    "/events?view=month": (2, 4, 22),
    "/events/map": (2, 4, 22),
    "/events/{event}": (3, 7, 4),
    "/people": (3, 5, 12),
    "/groups": (2, 2, 0),
    "/feeds/all.atom": (8, 20, 170),
    "/feeds/events.ics": (3, 8, 55),
    "/api/v1/topics": (1, 2, 41),
    "/api/v1/articles": (1, 2, 22),
    "/api/v1/events": (1, 3, 22),
    "/api/v1/topics?limit=1": (1, 2, 3),
    "/api/v1/topics?category=help&sort=new&limit=1": (1, 2, 3),
    "/api/v1/articles?limit=1": (1, 2, 3),
    "/api/v1/events?limit=1": (1, 3, 3),
}
"""For each page its calls, its statements, and the rows that it reads of eleven topics, articles and events. A call
and a statement are for the site's own words, which a process keeps in operation."""


PLACE = {"name": "Cairo", "country": "EG", "latitude": 30.06, "longitude": 31.25, "venue": "Library"}


READ_BY_MEMBERS = {
    "/posts/{post}": 6,
    "/posts/{post}/history": 7,
    "/topics/{topic_id}/posts": 7,
    "/topics/{topic_id}/history": 8,
    "/articles/{article}/history": 8,
    "/events/{event_id}/history": 8,
    "/events/{event_id}/attendees": 9,
    "/categories": 8,
    "/people": 7,
    "/follows": 6,
    "/notifications": 6,
}
"""What the API tells members, with the statements that it takes: five of them say whose the token is."""

IDENTIFIES = {"Person", "RoleHeld", "Trust"}
"""Whose the token is."""


@contextmanager
def objects_loaded() -> Iterator[set[str]]:
    """The mapped classes of which objects are loaded in the block: that takes longer than to read rows of columns."""
    found: set[str] = set()

    def note(_session: Session, row: object) -> None:
        found.add(type(row).__name__)

    event.listen(Session, "loaded_as_persistent", note)
    try:
        yield found
    finally:
        event.remove(Session, "loaded_as_persistent", note)


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
def counted(system: SystemHarness) -> Iterator[tuple[Counter[str], Work]]:
    """The calls of the block, and the work of all databases."""
    calls: Counter[str] = Counter()
    before: Services = system.app.extensions["space.services"]
    parts = {name: _Counted(getattr(before, name), name, calls) for name in SERVICES}
    system.app.extensions["space.services"] = Services(**parts, listener=before.listener)
    try:
        with work_in([database.engine for database in system.local.databases.values()]) as work:
            yield calls, work
    finally:
        system.app.extensions["space.services"] = before


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
    found: list[dict[str, tuple[int, int, int]]] = []
    for count in (2, 9):
        ids = write(system, count)
        costs = {}
        for path in COSTS:
            address = path.format_map(ids)
            client.get(address)  # templates are compiled, and what is known for good is known
            with counted(system) as (calls, work), objects_loaded() as objects:
                assert client.get(address).status_code == 200, address
            assert not objects, address
            costs[path] = (calls.total(), len(work.statements), work.rows)
        found.append(costs)
    few, many = found
    for path, (asked, statements, rows) in many.items():
        assert (asked, statements) == few[path][:2], path
        assert rows == few[path][2] or "limit=1" not in path, "what is not on the page is not read"
    assert many == COSTS


@pytest.mark.slow
def test_what_members_read_takes_the_same_however_long_its_history_is(
    system: SystemHarness, in_may: None
) -> None:
    amina = system.robot("Amina")
    topic = amina.post(
        "/topics", {"language": "en", "title": "Maps", "body": "Which?", "category": "help"}
    ).json
    article = amina.post(
        "/articles", {"language": "en", "title": "News", "body": "Text.", "category": "stories"}
    ).json
    walk = plan_event(system, "Walk")
    (post,) = amina.get(f"/topics/{topic['id']}/posts").json["items"]
    ids = {
        "post": post["id"],
        "topic_id": topic["id"],
        "article": article["id"],
        "event_id": walk["id"],
    }
    found: list[dict[str, int]] = []
    for count in (1, 6):
        for number in range(count):
            _edit(system, ids, f"{count} {number}")
        system.drain()
        found.append({})
        for path in READ_BY_MEMBERS:
            amina.get(path.format_map(ids))
            with counted(system) as (_, work), objects_loaded() as objects:
                answer = amina.get(path.format_map(ids))
            assert answer.status_code == 200, path
            assert objects <= IDENTIFIES, path
            found[-1][path] = len(work.statements)
    assert found[0] == found[1]
    assert found[1] == READ_BY_MEMBERS


def _edit(system: SystemHarness, ids: dict[str, str], text: str) -> None:
    """One more text of each of these items, by who wrote them, and somebody who replies and comes."""
    amina, boris = system.robot("Amina"), system.robot("Boris")
    for path in ("/posts/{post}", "/topics/{topic_id}", "/articles/{article}", "/events/{event_id}"):
        address = path.format_map(ids)
        now = amina.get(address).json
        change = {"body": text} if "posts" in path else {"title": f"Title {text}"}
        saved = amina.patch(address, {"revision": now.get("revision", now.get("sequence")), **change})
        assert saved.status_code == 200, saved.text
    boris.post(f"/topics/{ids['topic_id']}/posts", {"language": "en", "body": text})
    boris.put(f"/events/{ids['event_id']}/attendance", {"attending": "going"})
