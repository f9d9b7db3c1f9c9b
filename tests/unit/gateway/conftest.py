from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from gateway.app import create_app
from tests.unit.gateway.cached import NOON, Cached
from tests.unit.gateway.fakes import TOKEN, FakeServices, settings
from tests.unit.gateway.harness import SystemHarness, Template
from tests.unit.gateway.page_statements import unbounded_statements


@pytest.fixture(autouse=True)
def statements_of_pages() -> Iterator[None]:
    """Looks at every statement that any page of any test takes: none may count or skip rows of what grows."""
    with unbounded_statements() as found:
        yield
    assert not found


@pytest.fixture
def fakes() -> FakeServices:
    return FakeServices()


@pytest.fixture(scope="session")
def one_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """One application for all tests: its templates are compiled once."""
    app = create_app(settings(tmp_path_factory.mktemp("home")), FakeServices().services)
    app.testing = True
    return app


@pytest.fixture
def app(one_app: Flask, fakes: FakeServices) -> Flask:
    """The gateway before this test's own services."""
    one_app.extensions["space.services"] = fakes.services
    return one_app


@pytest.fixture
def cached(fakes: FakeServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cached]:
    """A gateway that keeps pages, at noon."""
    with clock.at(NOON):
        yield Cached(fakes, tmp_path_factory.mktemp("home"))


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """A browser that nobody is signed in with."""
    return app.test_client()


@pytest.fixture
def member(app: Flask) -> FlaskClient:
    """A browser that Amina is signed in with."""
    client = app.test_client()
    client.set_cookie("space_session", TOKEN)
    return client


@pytest.fixture
def token() -> Callable[[FlaskClient], str]:
    """The token of a form: from a page that every browser may open."""

    def find(client: FlaskClient) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/languages?q=none-has-this").text)
        assert found
        return found[1]

    return find


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, gazetteer_home: Path) -> Template:
    return Template.build(tmp_path_factory.mktemp("template"), gazetteer_home)


@pytest.fixture(scope="session")
def one_system(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemHarness]:
    fakes = template.copy(tmp_path_factory.mktemp("system"))
    yield fakes
    fakes.local.close()


@pytest.fixture
def system(template: Template, one_system: SystemHarness) -> SystemHarness:
    """The real services behind the gateway, for what system use; as new for each test."""
    template.lay_again(one_system)
    return one_system
