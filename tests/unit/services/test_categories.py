"""The categories of the blog and those of the forum keep the same rules."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after
from contracts.administration import LogEntry
from contracts.categories import AddCategory, CategoryDetails, SetCategoryState, SetCategoryText
from contracts.errors import Forbidden, Invalid, NotFound, SignInNeeded
from core.audience import STRANGER, Viewer
from core.database import Database
from services.blog import actions as blog_actions
from services.blog import category_queries as blog_details
from services.blog import queries as blog_queries
from services.forum import actions as forum_actions
from services.forum import category_queries as forum_details
from services.forum import queries as forum_queries
from tests.unit.harness import meet, migrate, pages_of
from tests.unit.users import ADMIN

pytestmark = pytest.mark.slow

SERVICES = {"blog": (blog_actions, blog_queries), "forum": (forum_actions, forum_queries)}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, empty_database: Database) -> tuple[ModuleType, ModuleType]:
    """The actions and queries of a service, whose tables are in `empty_database`."""
    migrate(empty_database, request.param)
    return SERVICES[request.param]


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


class Categories:
    """The categories of one of the services, as an administrator changes them."""

    def __init__(self, name: str, database: Database) -> None:
        self.database = database
        self.actions, self.queries = SERVICES[name]
        self.details = {"blog": blog_details, "forum": forum_details}[name]

    def do(self, name: str, *args: object, viewer: Viewer = ADMIN) -> None:
        with self.database.writing() as session:
            getattr(self.actions, name)(session, viewer, *args)

    def add(self, slug: str, **more: object) -> None:
        self.do(
            "add_category",
            AddCategory.model_validate(
                {"slug": slug, "language": "en", "name": slug.title(), "reason": "Needed"} | more
            ),
        )

    def all(self) -> list[CategoryDetails]:
        with self.database.reading() as session:
            found: list[CategoryDetails] = self.details.category_details(session, ADMIN)
            return found

    def slugs(self) -> list[str]:
        return [each.slug for each in self.all()]

    def log(self) -> list[tuple[str, str, str, str]]:
        with self.database.reading() as session:
            entries: list[LogEntry] = pages_of(
                lambda after: self.details.administration_log(session, ADMIN, None, after, 2)
            )
            assert {entry.by_id for entry in entries} <= {ADMIN.person_id}
            return [(entry.action, entry.item, entry.detail, entry.reason) for entry in reversed(entries)]

    def published(self, kind: str) -> list[dict[str, object]]:
        with self.database.reading() as session:
            return [each.data for each in events_after(session, kind, 0, 1000)]


@pytest.fixture(params=SERVICES)
def categories(request: pytest.FixtureRequest, empty_database: Database) -> Categories:
    migrate(empty_database, request.param)
    return Categories(request.param, empty_database)


def test_categories_are_added_and_named_in_each_language(categories: Categories) -> None:
    categories.add("maps", about="Where")
    texts = [("ar", "خرائط"), ("en", "Atlases"), ("ar", "الخرائط"), ("ar", ""), ("he", "")]
    for language, name in texts:
        command = SetCategoryText(language=language, name=name, about="About", reason="Clearer")
        categories.do("set_category_text", "maps", command)
    categories.do("set_category_text", "maps", command)  # changes nothing
    (only,) = categories.all()
    assert [(text.language, text.name, text.about) for text in only.texts] == [("en", "Atlases", "About")]
    assert categories.log() == [
        ("category-added", "maps", "Maps", "Needed"),
        ("category-named", "maps", "ar", "Clearer"),
        ("category-named", "maps", "en", "Clearer"),
        ("category-named", "maps", "ar", "Clearer"),
        ("category-unnamed", "maps", "ar", "Clearer"),
    ]
    assert len(categories.published("any")) == 5


def test_what_is_no_new_category_or_name_is_refused(categories: Categories) -> None:
    categories.add("maps")
    text = {"language": "en", "name": "", "reason": "Because"}
    for name, *args, fault in [
        ("add_category", AddCategory(slug="maps", language="en", name="X", reason="R"), "category-taken"),
        ("add_category", AddCategory(slug="a b", language="en", name="X", reason="R"), "slug-shape"),
        ("add_category", AddCategory(slug="x", language="en", name="", reason="R"), "name-missing"),
        ("set_category_text", "maps", SetCategoryText.model_validate(text), "name-missing"),
        (
            "set_category_text", "maps", SetCategoryText.model_validate(text | {"language": "klingon"}),
            "language-unknown",
        ),
    ]:  # fmt: skip
        with pytest.raises(Invalid) as refused:
            categories.do(str(name), *args)
        assert [each.code for each in refused.value.faults] == [fault]
    assert categories.slugs() == ["maps"]
    assert len(categories.log()) == 1


def test_categories_change_places_with_their_neighbours(categories: Categories) -> None:
    for slug in ("a", "b", "c"):
        categories.add(slug)
    for slug, up in (("a", True), ("c", False)):
        categories.do("move_category", slug, up)
    assert categories.slugs() == ["a", "b", "c"]
    categories.do("move_category", "c", True)
    categories.do("move_category", "a", False)
    assert categories.slugs() == ["c", "a", "b"]
    assert categories.log()[3:] == [("category-moved", "c", "up", ""), ("category-moved", "a", "down", "")]
    newest = {each["slug"]: each["position"] for each in categories.published("any")}
    assert newest == {"c": 0, "a": 1, "b": 2}


def test_a_closed_category_says_so_and_is_opened_again(categories: Categories) -> None:
    categories.add("maps")
    closed = SetCategoryState(closed=True, reason="Empty")
    for command in (closed, closed, SetCategoryState(closed=False, reason="Not so empty")):
        categories.do("set_category_state", "maps", command)
        with categories.database.reading() as session:
            assert [each.closed for each in categories.queries.categories(session, STRANGER)] == [
                command.closed
            ]
    assert categories.log()[1:] == [
        ("category-closed", "maps", "", "Empty"),
        ("category-opened", "maps", "", "Not so empty"),
    ]
    assert [each["closed"] for each in categories.published("any")] == [False, True, False]


def test_only_administrators_change_categories_and_read_the_log(categories: Categories) -> None:
    categories.add("maps")
    moderator = Viewer(person_id="m" * 16, roles=frozenset({"member", "moderator", "editor"}))
    text = SetCategoryText(language="en", name="X", reason="R")
    calls: list[tuple[object, ...]] = [
        ("add_category", AddCategory(slug="x", language="en", name="X", reason="R")),
        ("set_category_text", "maps", text),
        ("set_category_text", "nothing", text),
        ("set_category_state", "maps", SetCategoryState(closed=True, reason="R")),
        ("move_category", "maps", True),
    ]
    for viewer, refusal in ((moderator, Forbidden), (STRANGER, SignInNeeded)):
        for name, *args in calls:
            with pytest.raises(refusal):
                categories.do(str(name), *args, viewer=viewer)
        with categories.database.reading() as session:
            with pytest.raises(refusal):
                categories.details.category_details(session, viewer)
            with pytest.raises(refusal):
                categories.details.administration_log(session, viewer, None, None, 5)
    assert len(categories.log()) == 1
    for name, *args in (calls[2], ("move_category", "nothing", True)):
        with pytest.raises(NotFound):
            categories.do(str(name), *args)


def test_two_who_move_categories_at_one_moment_leave_each_in_a_place_of_its_own(
    categories: Categories,
) -> None:
    for slug in ("a", "b", "c"):
        categories.add(slug)
    error = meet(
        categories.database,
        lambda session: categories.actions.move_category(session, ADMIN, "a", False),
        lambda session: categories.actions.move_category(session, ADMIN, "c", True),
    )
    assert error is None
    assert categories.slugs() == ["b", "c", "a"]
    newest = {each["slug"]: each["position"] for each in categories.published("any")}
    assert newest == {"b": 0, "c": 1, "a": 2}


def test_of_two_who_add_one_category_at_one_moment_one_is_refused(categories: Categories) -> None:
    categories.add("talk")
    add = AddCategory(slug="maps", language="en", name="Maps", reason="R")
    error = meet(
        categories.database,
        lambda session: categories.actions.add_category(session, ADMIN, add),
        lambda session: categories.actions.add_category(session, ADMIN, add),
    )
    assert isinstance(error, Invalid)
    assert error.faults[0].code == "category-taken"
