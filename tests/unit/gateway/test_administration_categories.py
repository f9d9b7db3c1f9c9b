"""/admin/categories, and the log of all services together."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from contracts.administration import LogEntry
from contracts.categories import CategoryDetails, CategoryText
from contracts.common import Page
from contracts.errors import Conflict, Unavailable, invalid
from contracts.people import Register
from contracts.removed_categories import CategoryContent
from core import paging
from core.audience import STRANGER
from gateway.administration.log import merged
from tests.unit.gateway.fakes import AMINA, MEMBER, MOMENT, FakeServices
from tests.unit.gateway.harness import PASSWORD, ROOT, SystemHarness

Token = Callable[[FlaskClient], str]
ADD = {
    "slug": "maps", "language": "en", "name": "Maps", "about": "Where", "reason": "Asked for",
    "form_id": "form-of-the-page",
}  # fmt: skip


def details(slug: str, name: str, closed: bool = False) -> CategoryDetails:
    texts = [CategoryText(language="en", name=name), CategoryText(language="ar", name="خرائط")]
    return CategoryDetails(slug=slug, texts=texts, closed=closed)


def entry(number: int, action: str = "category-closed", detail: str = "") -> LogEntry:
    at = MOMENT + timedelta(minutes=number)
    return LogEntry(id=f"{number:016}", at=at, by_id=AMINA, action=action, item="maps", detail=detail)


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.be(MEMBER.model_copy(update={"roles": frozenset({"member", "administrator"})}))
    for service in (fakes.people, fakes.blog, fakes.forum):
        service.answers["administration_log"] = Page(items=[])
    fakes.blog.answers["category_details"] = [details("stories", "Stories")]
    fakes.forum.answers["category_details"] = [details("maps", "Maps", closed=True), details("help", "Help")]
    return fakes


def test_both_lists_are_there_with_what_can_be_done(member: FlaskClient) -> None:
    page = member.get("/admin/categories").text
    for slug in ("news/stories", "talk/maps", "talk/help"):
        assert f'href="/admin/categories/{slug}"' in page
    assert re.findall(r'name="(up|down)" value="(\w+)"', page) == [("down", "maps"), ("up", "help")]
    assert page.count('class="badge">Closed') == 1


@pytest.mark.parametrize(("domain", "service"), [("news", "blog"), ("talk", "forum")])
def test_a_category_is_added_to_the_service_that_the_button_names(
    fakes: FakeServices, member: FlaskClient, token: Token, domain: str, service: str
) -> None:
    fake = getattr(fakes, service)
    fake.answers["add_category"] = None
    answer = member.post(f"/admin/categories/{domain}", data={"csrf_token": token(member), **ADD})
    assert answer.headers["Location"] == f"/admin/categories/{domain}/maps"
    ((_, command),) = fake.called("add_category")
    assert (command.slug, command.name, command.official, command.reason) == (
        "maps",
        "Maps",
        False,
        "Asked for",
    )


def test_a_refused_category_is_shown_again(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.forum.answers["add_category"] = invalid("slug", "category-taken")
    answer = member.post("/admin/categories/talk", data={"csrf_token": token(member), **ADD})
    assert answer.status_code == 422
    assert 'id="e-slug"' in answer.text
    assert 'value="Maps"' in answer.text


def test_a_category_is_moved(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.forum.answers["move_category"] = None
    for button, up in (("up", True), ("down", False)):
        form = {"csrf_token": token(member), button: "help"}
        assert member.post("/admin/categories/talk", data=form).status_code == 303
        assert fakes.forum.called("move_category")[-1][1:] == ("help", up)


def test_a_text_is_changed_in_its_language_and_a_new_one_begins_empty(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    assert 'value="خرائط"' in member.get("/admin/categories/talk/maps?lang=ar").text
    assert 'name="remove"' not in member.get("/admin/categories/talk/maps?lang=en").text
    fresh = member.get("/admin/categories/talk/maps?lang=he").text
    assert 'name="language" value="he"' in fresh
    fakes.forum.answers["set_category_text"] = None
    form = {"csrf_token": token(member), "do": "text", "language": "he", "name": "מפות", "reason": "New"}
    assert member.post("/admin/categories/talk/maps", data=form).status_code == 303
    assert member.post("/admin/categories/talk/maps", data={**form, "remove": "1"}).status_code == 303
    names = [command.name for _, _, command in fakes.forum.called("set_category_text")]
    assert names == ["מפות", ""]


def test_a_state_is_changed_with_a_reason(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.forum.answers["set_category_state"] = None
    form = {"csrf_token": token(member), "do": "state", "closed": "1", "state_reason": "Empty"}
    assert member.post("/admin/categories/talk/help", data=form).status_code == 303
    ((_, slug, command),) = fakes.forum.called("set_category_state")
    assert (slug, command.closed, command.official, command.reason) == ("help", True, False, "Empty")
    refused = member.post("/admin/categories/talk/help", data={**form, "state_reason": ""})
    assert refused.status_code == 422
    assert 'id="e-state_reason"' in refused.text


@pytest.mark.parametrize("path", ["talk/nothing", "wiki/maps"])
def test_what_there_is_not_is_not_found(member: FlaskClient, token: Token, path: str) -> None:
    assert member.get(f"/admin/categories/{path}").status_code == 404
    form = {"csrf_token": token(member), "do": "dance"}
    assert member.post("/admin/categories/talk/maps", data=form).status_code == 422


def test_the_log_is_that_of_all_services_and_says_what_is_missing(
    fakes: FakeServices, member: FlaskClient
) -> None:
    fakes.forum.answers["administration_log"] = Page(items=[entry(2, "category-named", "ar"), entry(1)])
    fakes.blog.answers["administration_log"] = Unavailable()
    page = member.get("/admin/log").text
    text = re.sub(r"<[^>]+>", "", page)
    assert "Amina named or described the category maps in العربية." in text
    assert "Amina closed the category maps." in text
    assert "Part of the log can" in text


def test_a_merge_shows_what_moves_first(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.forum.answers["category_content"] = CategoryContent(items=3, empty=False)
    fakes.people.answers["role_holders"] = 2
    fakes.notify.answers["followers"] = Unavailable()
    path = "/admin/categories/talk/maps/merge"
    assert 'name="reason"' not in member.get(path).text
    page = re.sub(r"<[^>]+>", "", member.get(f"{path}?into=help").text)
    assert "3 topics" in page
    assert "2 people have a role for it" in page
    assert "Remove this category" not in page
    fakes.forum.answers["merge_category"] = None
    form = {"csrf_token": token(member), "do": "merge", "into": "help", "reason": "Twice the same"}
    assert member.post(path, data=form).headers["Location"] == "/admin/categories/talk/help"
    ((_, slug, command),) = fakes.forum.called("merge_category")
    assert (slug, command.into, command.reason) == ("maps", "help", "Twice the same")
    fakes.forum.answers["merge_category"] = invalid("into", "category-unknown", category="help")
    refused = member.post(path, data=form)
    assert refused.status_code == 422
    assert 'id="e-into"' in refused.text


def test_an_empty_category_is_removed(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.blog.answers["category_content"] = CategoryContent(items=0, empty=True)
    fakes.people.answers["role_holders"] = fakes.notify.answers["followers"] = 0
    path = "/admin/categories/news/stories/merge"
    assert "Remove this category" in member.get(path).text
    fakes.blog.answers["remove_category"] = None
    form = {"csrf_token": token(member), "do": "remove", "remove_reason": "Nobody uses it"}
    assert member.post(path, data=form).headers["Location"] == "/admin/categories"
    fakes.blog.answers["remove_category"] = Conflict("category-not-empty")
    assert "There is something in this category" in member.post(path, data=form).text
    assert member.post(path, data={**form, "do": "more"}).status_code == 422


def test_pages_of_several_logs_lose_no_entry() -> None:
    logs = {"people": [entry(n) for n in (9, 4, 3)], "news": [entry(n) for n in (8, 7)], "talk": [entry(5)]}
    seen: list[str] = []
    after: str | None = None
    while True:
        position = paging.parse(after) if after else None
        pages = [
            (domain, _page([e for e in entries if position is None or (e.at, e.id) < position[:2]], 2))
            for domain, entries in logs.items()
        ]
        items, after = merged(pages, 2)  # type: ignore[arg-type]
        seen += [each.id for _, each in items]
        if after is None:
            break
    assert seen == [f"{number:016}" for number in (9, 8, 7, 5, 4, 3)]


def _page(entries: list[LogEntry], limit: int) -> Page[LogEntry]:
    more = len(entries) > limit
    last = entries[limit - 1] if more else None
    return Page(items=entries[:limit], next=paging.cursor(last.at, last.id) if last else None)


@pytest.mark.slow
def test_categories_change_in_the_real_services_and_for_administrators_alone(system: SystemHarness) -> None:
    browsers = {}
    for name, roles in (("Ada", ["administrator"]), ("Bea", ["moderator", "editor"])):
        session = system.services.people.register(STRANGER, Register(name=name, password=PASSWORD))
        for role in roles:
            system.services.people.grant_role(ROOT, name, role, True)  # type: ignore[arg-type]
        browsers[name] = system.app.test_client()
        browsers[name].set_cookie("space_session", session.token)
    system.drain()

    def send(who: str, path: str, form: dict[str, str]) -> int:
        found = re.search(r'name="csrf_token" value="([^"]+)"', browsers[who].get("/languages?q=no").text)
        assert found
        status = browsers[who].post(path, data={"csrf_token": found[1], **form}).status_code
        system.drain()
        return status

    forms: list[tuple[str, dict[str, str]]] = [
        ("/admin/categories/talk", ADD),
        ("/admin/categories/talk", {"up": "maps"}),
        ("/admin/categories/talk/maps", {"do": "text", "language": "ar", "name": "خرائط", "reason": "New"}),
        ("/admin/categories/talk/maps", {"do": "state", "closed": "1", "state_reason": "Empty"}),
        ("/admin/categories/news", ADD),
    ]
    assert {send("Bea", path, form) for path, form in forms} == {403}
    assert {
        browsers["Bea"].get(path).status_code for path in ("/admin/categories", "/admin/categories/talk/help")
    } == {403}
    assert {send("Ada", path, form) for path, form in forms} == {303}
    robot = system.robot("Amina")
    listed = [each for each in robot.get("/categories").json["items"] if each["section"] == "talk"]
    assert [(each["slug"], each["closed"]) for each in listed] == [("maps", True), ("help", False)]
    page = browsers["Bea"].get("/talk/c/maps?uselang=ar").text
    assert "خرائط" in page
    refused = robot.post("/topics", {"language": "en", "title": "T", "body": "B", "category": "maps"})
    assert refused.json["errors"][0]["code"] == "category-closed"
    log = re.sub(r"<[^>]+>", "", browsers["Ada"].get("/admin/log").text)
    assert "Ada added the category maps" in log
    assert "Asked for" in log
    moved = robot.post("/topics", {"language": "en", "title": "T", "body": "B", "category": "help"}).json
    assert browsers["Bea"].get("/talk/c/help").status_code == 200
    forms = [
        ("/admin/categories/talk/help/merge", {"do": "merge", "into": "maps", "reason": "Twice the same"}),
        ("/admin/categories/news", {**ADD, "slug": "empty"}),
        ("/admin/categories/news/empty/merge", {"do": "merge", "into": "maps", "reason": "Twice the same"}),
    ]
    assert {send("Bea", path, form) for path, form in forms} == {403}
    assert {send("Ada", path, form) for path, form in forms} == {303}
    for former, now in (
        ("/talk/c/help?sort=new", "/talk/c/maps?sort=new"),
        ("/news?category=empty", "/news?category=maps"),
        ("/feeds/news.rss?category=empty", "/feeds/news.rss?category=maps"),
    ):
        answer = browsers["Bea"].get(former)
        assert (answer.status_code, answer.headers["Location"]) == (301, now)
    assert "maps" in browsers["Bea"].get(f"/talk/t/{moved['id']}/{moved['slug']}").text
    assert browsers["Bea"].get("/feeds/talk.rss?category=help").status_code == 301
    found = robot.get("/topics?category=help").json["items"]
    assert [(each["id"], each["category"]) for each in found] == [(moved["id"], "maps")]
    assert robot.get("/search?category=maps").json["items"][0]["path"].endswith(moved["slug"])
    log = re.sub(r"<[^>]+>", "", browsers["Ada"].get("/admin/log").text)
    assert "Ada merged the category help into maps." in log
    assert browsers["Bea"].get("/talk/c/never").status_code == 404
