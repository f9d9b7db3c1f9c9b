"""The categories of the blog and those of the forum keep the same rules."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
from sqlalchemy.orm import Session

from contracts.errors import Invalid
from core.audience import STRANGER
from core.database import Database
from services.blog import actions as blog_actions
from services.blog import queries as blog_queries
from services.forum import actions as forum_actions
from services.forum import queries as forum_queries
from tests.unit.harness import meet, migrate
from tests.unit.users import ADMIN

SERVICES = {"blog": (blog_actions, blog_queries), "forum": (forum_actions, forum_queries)}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, empty_database: Database) -> tuple[ModuleType, ModuleType]:
    """The actions and queries of a service, whose tables are in `empty_database`."""
    migrate(empty_database, request.param)
    return SERVICES[request.param]


@pytest.mark.slow
def test_a_category_added_twice_at_one_moment_is_one(
    empty_database: Database, service: tuple[ModuleType, ModuleType]
) -> None:
    actions, queries = service

    def add(name: str) -> Callable[[Session], object]:
        texts = {"en": (name, "")}
        return lambda session: actions.set_category(session, ADMIN, "maps", "en", texts)

    assert meet(empty_database, add("Maps"), add("Atlases")) is None
    with empty_database.reading() as session:
        assert [each.name for each in queries.categories(session, STRANGER)] == ["Atlases"]


def test_a_category_needs_an_address_and_a_name_in_languages_that_there_are(
    empty_database: Database, service: tuple[ModuleType, ModuleType]
) -> None:
    actions, queries = service
    for slug, texts, fault in [
        ("Bad Slug", {"en": ("X", "")}, ("slug", "slug-shape")),
        ("x", {"en": (" ", "")}, ("texts", "name-missing")),
        ("x", {"es": ("X", "")}, ("texts", "name-missing")),
        ("x", {"klingon": ("X", "")}, ("language", "language-unknown")),
    ]:
        with pytest.raises(Invalid) as refused, empty_database.writing() as session:
            actions.set_category(session, ADMIN, slug, "en", texts)
        assert [(each.field, each.code) for each in refused.value.faults] == [fault]
    with empty_database.reading() as session:
        assert queries.categories(session, STRANGER) == []
