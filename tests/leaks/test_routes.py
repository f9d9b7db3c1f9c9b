"""Every route is known to the tests here. This needs no services: it takes a second."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from gateway.app import create_app
from tests.leaks.calls import WRITING
from tests.leaks.catalogue import DIRECT, ELSEWHERE, MADE
from tests.leaks.routes import READS
from tests.leaks.writes import OPEN, WRITES
from tests.unit.gateway.fakes import FakeServices, settings


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Each method and route of the gateway."""
    app = create_app(settings(tmp_path_factory.mktemp("home")), FakeServices().services)
    return [(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods or ()]


def compare(routes: Collection[str], table: Collection[str], name: str, says: str) -> None:
    new, gone = sorted(set(routes) - set(table)), sorted(set(table) - set(routes))
    assert not new, f"{new}: tests/leaks does not know these. Add a line for each to {name} that says {says}."
    assert not gone, f"{gone}: these are in {name} and are no routes. Take them out."


def test_every_route_that_can_be_read_is_looked_at(rules: list[tuple[str, str]]) -> None:
    says = "at which addresses it is opened, and for which kinds of items"
    compare(
        [rule for method, rule in rules if method == "GET"], READS, "READS in tests/leaks/routes.py", says
    )


def test_every_route_that_changes_something_is_tried(rules: list[tuple[str, str]]) -> None:
    found = [f"{method} {rule}" for method, rule in rules if method not in ("GET", "HEAD", "OPTIONS")]
    known = [f"{method} {rule}" for method, rule in (*WRITES, *OPEN)]
    says = "what it is about, who may send it and who does (or to OPEN, if that is everybody, and why)"
    compare(found, known, "WRITES in tests/leaks/writes.py", says)


def test_every_call_that_changes_something_is_tried() -> None:
    known = [*MADE, *DIRECT, *ELSEWHERE]
    assert len(known) == len(set(known))
    says = "which request makes it (or what it is made with, to DIRECT, or to ELSEWHERE why nobody tries it)"
    compare(WRITING, known, "MADE in tests/leaks/catalogue.py", says)
    assert not set(MADE.values()) - set(WRITES)
