"""Reports, the moderators' queue, decisions and appeals, over pages and API with the real services."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import text

from contracts.administration import ChangeRole
from contracts.categories import AddCategory
from contracts.people import SignIn
from core.audience import STRANGER
from gateway.moderation.decisions import USES
from services.forum import actions as forum_actions
from services.people.tables import Decision
from services.shared.administration import new_decision
from tests.unit.gateway.harness import PASSWORD, ROOT, Robot, SystemHarness, hidden_group, plan_event

pytestmark = pytest.mark.slow

RUDE = "zqrude"
SECRET_WORDS = "zqtold"


def same(page: str, path: str) -> str:
    """A page without its own address and the tokens of its forms."""
    return (
        re.sub(r'value="[^"]{16}\.[0-9a-f]{64}"', "TOKEN", page)
        .replace(quote(path, safe=""), "X")
        .replace(path, "X")
    )


class Browser:
    """A browser in which somebody is signed in, or nobody."""

    def __init__(self, system: SystemHarness, name: str | None = None) -> None:
        self.client: FlaskClient = system.app.test_client()
        if name is not None:
            system.robot(name)
            opened = system.services.people.sign_in(STRANGER, SignIn(name=name, password=SecretStr(PASSWORD)))
            self.client.set_cookie("space_session", opened.token)

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def send(self, path: str, action: str | None = None, **fields: Any) -> Any:
        """Open a page and send one of its forms, by default to the page's own address."""
        page = self.client.get(path).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token, page
        return self.client.post(action or path.partition("?")[0], data={"csrf_token": token[1], **fields})


class World:
    """A post of Boris's in a topic of Amina's, and the moderators Mina and Nora."""

    def __init__(self, system: SystemHarness) -> None:
        self.system = system
        system.robot("Nora", "moderator")
        body = {"language": "en", "title": "Wells", "body": "Where?", "category": "help"}
        self.topic = system.robot("Amina").post("/topics", body).json
        self.post = (
            system.robot("Boris").post(f"/topics/{self.topic['id']}/posts", {"body": f"{RUDE} you."}).json
        )
        system.drain()
        self.path = f"/talk/p/{self.post['id']}"
        self.amina, self.boris = Browser(system, "Amina"), Browser(system, "Boris")
        self.mina, self.nora = Browser(system, "Mina"), Browser(system, "Nora")

    def report(self, browser: Browser, path: str | None = None, **fields: str) -> Any:
        path = path or self.path
        return browser.send(f"/report?of={path}", of=path, **{"reason": "harassment", **fields})

    def case(self, browser: Browser) -> str:
        """The path of the first case in the queue."""
        found = re.search(r'href="(/moderation/cases/[0-9a-z]{16})"', browser.get("/moderation").text)
        assert found
        return found[1]

    def decide(self, **fields: Any) -> str:
        """Let Amina report Boris's post and Mina decide; returns the path of the decision as Boris is told it."""
        self.report(self.amina, words=SECRET_WORDS)
        case = self.case(self.mina)
        assert self.mina.send(case, f"{case}/claim").status_code == 303
        sent = self.mina.send(
            case, f"{case}/decide", **{"reason": "harassment", "words": "Be kind.", **fields}
        )
        assert sent.status_code == 303, sent.text
        self.system.drain()
        with self.system.local.databases["people"].reading() as session:
            return f"/decisions/{session.execute(text('SELECT id FROM case_decision')).scalar_one()}"


@pytest.fixture
def world(system: SystemHarness) -> World:
    return World(system)


def test_a_report_is_decided_appealed_and_overturned(world: World) -> None:
    assert "/report?of=" in Browser(world.system).get(f"/talk/t/{world.topic['id']}/wells").text
    form = world.amina.get(f"/report?of={world.path}")
    assert form.status_code == 200
    assert RUDE in form.text
    sent = world.report(world.amina, words=SECRET_WORDS)
    assert (sent.status_code, sent.location) == (303, world.path)
    case = world.case(world.mina)
    world.system.drain()
    assert f'href="{case}"' in world.mina.get("/notifications").text
    assert case not in world.boris.get("/notifications").text + world.amina.get("/notifications").text
    seen = world.mina.get(case).text
    assert f"{RUDE} you." in seen
    assert SECRET_WORDS in seen
    assert "Amina" in seen
    world.mina.send(case, f"{case}/claim")
    decided = world.mina.send(
        case, f"{case}/decide",
        measures="hide", person_measure="silence", days="3", reason="harassment", words="Be kind.",
    )  # fmt: skip
    assert decided.status_code == 303
    world.system.drain()

    # The post is hidden, and Boris reads but does not write.
    page = Browser(world.system).get(f"/talk/t/{world.topic['id']}/wells").text
    assert RUDE not in page
    own = world.boris.get(f"/talk/t/{world.topic['id']}/wells").text
    decision = re.search(r'href="(/decisions/[0-9a-z]{16})"', own)
    assert decision
    silenced = world.system.robot("Boris").post(f"/topics/{world.topic['id']}/posts", {"body": "Still here."})
    assert (silenced.status_code, silenced.json["code"]) == (403, "silenced")
    notified = world.boris.get("/notifications")
    assert decision[1] in notified.text
    assert "Mina" not in notified.text

    # He appeals; Nora, who wasn't involved, overturns it.
    told = world.boris.get(decision[1])
    assert "Be kind." in told.text
    for name in ("Mina", "Amina", SECRET_WORDS):
        assert name not in told.text
    assert world.boris.send(decision[1], f"{decision[1]}/appeal", words="A joke.").status_code == 303
    assert "/moderation/cases/" not in world.mina.get("/moderation").text
    appeal = world.case(world.nora)
    page = world.nora.get(appeal).text
    assert "A joke." in page
    assert "Amina" not in page
    world.nora.send(appeal, f"{appeal}/claim")
    answered = world.nora.send(appeal, f"{appeal}/answer", outcome="overturn", words="It was a joke.")
    assert answered.status_code == 303
    world.system.drain()
    assert RUDE in Browser(world.system).get(f"/talk/t/{world.topic['id']}/wells").text
    again = world.system.robot("Boris").post(f"/topics/{world.topic['id']}/posts", {"body": "Hello again."})
    assert again.status_code == 201
    told = world.boris.get(decision[1]).text
    assert "It was a joke." in told
    assert "Nora" not in told
    log = Browser(world.system).get("/transparency").text
    assert "Overturned on appeal" in log
    for name in ("Mina", "Nora", "Boris", "Amina", world.post["id"]):
        assert name not in log


def test_what_may_not_be_seen_is_reported_like_what_is_not_there(world: World) -> None:
    group = hidden_group(world.system)
    body = {"language": "en", "title": "Inside", "body": "Only us.", "audience": group["audience"]}
    topic = world.system.robot("Amina").post("/topics", body).json
    event = plan_event(world.system, "Inside too", audience=group["audience"])
    world.system.drain()
    hidden = [f"/talk/t/{topic['id']}", f"/groups/{group['slug']}", f"/events/{event['id']}"]
    absent = ["/talk/t/0000000000000000", "/groups/never-was", "/events/0000000000000000"]
    nothing = [
        "",
        "/",
        "/search?q=x",
        "//evil.example/talk",
        "//[",
        "https://evil.example/",
        "/talk/p/x",
        "/report",
        "/people/",
    ]
    for browser in (Browser(world.system), world.boris, world.mina):
        for there, gone in zip(hidden, absent, strict=True):
            one, other = browser.get(f"/report?of={there}"), browser.get(f"/report?of={gone}")
            assert one.status_code == other.status_code == 404
            assert same(one.text, there) == same(other.text, gone)
        for address in nothing:
            assert browser.get(f"/report?of={address}").status_code == 404
    for robot in (Robot(world.system), world.system.robot("Boris")):
        refused = [robot.post("/reports", {"of": path, "reason": "spam"}) for path in (*hidden, *absent)]
        assert {(each.status_code, each.json["code"]) for each in refused} == {(404, "not-found")}
    # Those inside report it to the group's own moderators.
    assert world.system.robot("Amina").put(f"/groups/{group['slug']}/members/Boris", {}).status_code == 200
    accepted = world.system.robot("Boris").post(f"/groups/{group['slug']}/invitation", {"accepted": True})
    assert accepted.status_code == 204
    world.system.drain()
    post = world.system.robot("Boris").post(f"/topics/{topic['id']}/posts", {"body": "Go away."}).json
    assert world.report(world.boris, f"/talk/p/{post['id']}").status_code == 303
    assert "/moderation/cases/" in world.amina.get("/moderation").text
    assert "/moderation/cases/" not in world.mina.get("/moderation").text


def test_every_kind_of_item_can_be_reported_by_anybody(world: World) -> None:
    event = plan_event(world.system, "A walk")
    group = (
        world.system.robot("Amina")
        .post("/groups", {"slug": "maps", "kind": "open", "language": "en", "name": "Maps"})
        .json
    )
    draft = {"language": "en", "title": "News", "body": "B.", "category": "stories"}
    article = f"/articles/{world.system.robot('Amina').post('/articles', draft).json['id']}"
    world.system.robot("Amina").post(f"{article}/submit", {})
    slug = world.system.robot("Edith").post(f"{article}/publish", {}).json["slug"]
    world.system.drain()
    paths = [
        world.path, f"/talk/t/{world.topic['id']}/wells", f"/events/{event['id']}/a-walk", f"/news/{slug}",
        f"/groups/{group['slug']}", "/people/Boris",
    ]  # fmt: skip
    stranger = Browser(world.system)
    for path in paths:
        shown = stranger.get(paths[1] if path == world.path else path).text
        assert f"/report?of={path}" in shown
        assert world.report(stranger, path).status_code == 303
    queue = world.mina.get("/moderation").text
    assert len(set(re.findall(r"/moderation/cases/[0-9a-z]{16}", queue))) == len(paths)


def test_titles_of_any_length_and_script_can_be_reported(world: World) -> None:
    title, robot = "\u6587" * 100, world.system.robot("Amina")
    body = {"language": "zh", "title": title, "body": "B.", "category": "help"}
    topic = robot.post("/topics", body).json
    event = plan_event(world.system, title)
    draft = {"language": "zh", "title": title, "body": "B.", "category": "stories"}
    article = f"/articles/{robot.post('/articles', draft).json['id']}"
    robot.post(f"{article}/submit", {})
    slug = world.system.robot("Edith").post(f"{article}/publish", {}).json["slug"]
    world.system.drain()
    for path in (f"/talk/t/{topic['id']}", f"/events/{event['id']}", f"/news/{quote(slug)}"):
        assert Robot(world.system).post("/reports", {"of": path, "reason": "spam"}).status_code == 201
    case = world.mina.get(world.case(world.mina)).text
    assert f'href="/talk/t/{topic["id"]}"' in case
    assert world.mina.get(f"/talk/t/{topic['id']}").status_code == 301


def test_a_report_over_the_api_comes_once(world: World) -> None:
    robot, body = world.system.robot("Amina"), {"of": world.path, "reason": "spam"}
    first = robot.post("/reports", body, Idempotency_Key="one")
    assert first.status_code == 201, first.text
    assert robot.post("/reports", body, Idempotency_Key="one").json == first.json
    assert robot.post("/reports", body).json == first.json
    assert Robot(world.system).post("/reports", body).status_code == 201
    assert "2 reports" in world.mina.get(world.case(world.mina)).text
    missing = robot.post("/reports", {"of": "/people/Boris", "reason": "other"})
    assert missing.json["errors"][0]["code"] == "note-missing"


@pytest.mark.parametrize("name", [None, "Amina", "Boris", "Edith"])
def test_the_queue_is_for_moderators(world: World, name: str | None) -> None:
    world.report(world.amina)
    case = world.case(world.mina)
    browser = Browser(world.system, name)
    assert browser.get("/moderation").status_code == (403 if name else 401)
    assert browser.get(case).status_code == 404
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/languages?q=none-has-this").text)
    assert token
    for verb in ("claim", "release", "decide", "answer"):
        sent = browser.client.post(
            f"{case}/{verb}", data={"csrf_token": token[1], "words": "x", "outcome": "uphold"}
        )
        assert sent.status_code in (401, 404), verb
    assert "Open" in world.mina.get(case).text


def test_forms_need_their_token(world: World) -> None:
    decision = world.decide(person_measure="warning")
    case = world.mina.get("/moderation?show=closed").text
    found = re.search(r'href="(/moderation/cases/[0-9a-z]{16})"', case)
    assert found
    for browser, path in (
        (world.amina, "/report"), (world.boris, f"{decision}/appeal"),
        *((world.mina, f"{found[1]}/{verb}") for verb in ("claim", "release", "decide", "answer")),
    ):  # fmt: skip
        refused = browser.client.post(path, data={"of": world.path, "reason": "spam", "words": "x"})
        assert refused.status_code == 403, path


def test_a_decision_is_for_the_person_concerned(world: World) -> None:
    decision = world.decide(person_measure="word")
    assert world.boris.get(decision).status_code == 200
    for browser in (Browser(world.system), world.amina, world.mina, world.nora):
        assert browser.get(decision).status_code == 404
        assert browser.get(f"{decision}?key=guess").status_code == 404


def test_two_moderators_at_one_case(world: World) -> None:
    world.report(world.amina)
    case = world.case(world.mina)
    before = world.nora.get(case).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', before)
    assert token
    assert world.mina.send(case, f"{case}/claim").status_code == 303
    late = world.nora.client.post(f"{case}/claim", data={"csrf_token": token[1]})
    assert late.status_code == 409
    decided = world.nora.client.post(f"{case}/decide", data={"csrf_token": token[1], "words": "No."})
    assert decided.status_code == 409


def test_who_is_silenced_writes_nothing_but_what_is_theirs_alone(world: World) -> None:
    event = plan_event(world.system, "A walk")
    world.system.drain()
    world.decide(person_measure="silence", days="1")
    boris, topic = world.system.robot("Boris"), world.topic["id"]
    day = event["starts_at"][:10]
    refused = [
        boris.post("/topics", {"language": "en", "title": "New", "body": "B.", "category": "help"}),
        boris.post(f"/topics/{topic}/posts", {"body": "B."}),
        boris.patch(f"/posts/{world.post['id']}", {"revision": 1, "body": "B."}),
        boris.delete(f"/posts/{world.post['id']}"),
        boris.post("/articles", {"language": "en", "title": "New", "body": "B.", "category": "stories"}),
        boris.post("/events", {
            "language": "en", "title": "New", "body": "B.", "start": f"{day}T18:00", "minutes": 60, "timezone": "UTC",
            "online_url": "https://meet.test/",
        }),
        boris.put(f"/events/{event['id']}/attendance", {"attending": "going"}),
        boris.post("/groups", {"slug": "new", "kind": "open", "language": "en", "name": "New"}),
        boris.patch("/me", {"about": "B."}),
    ]  # fmt: skip
    assert {(each.status_code, each.json.get("code")) for each in refused} == {(403, "silenced")}
    assert boris.get(f"/topics/{topic}").status_code == 200
    assert boris.post("/notifications/read", {}).status_code == 200
    assert boris.put(f"/follows/topic/{topic}", {"level": "muted"}).status_code == 200
    said = world.boris.send(
        f"/talk/t/{topic}/wells", f"/talk/t/{topic}/wells/reply", body="B.", language="en"
    )
    assert said.status_code == 403
    assert "silenced" in said.text
    assert "silenced" in world.boris.get("/talk").text
    assert boris.post("/reports", {"of": "/people/Amina", "reason": "spam"}).status_code == 201


def test_who_is_silenced_sees_why_and_until_when_in_place_of_forms(world: World) -> None:
    event = plan_event(world.system, "A walk")
    day = event["starts_at"][:10]
    body = {
        "language": "en", "title": "My walk", "body": "Bring shoes.", "start": f"{day}T18:00", "minutes": 90,
        "timezone": "UTC", "online_url": "https://meet.test/",
    }  # fmt: skip
    own = world.system.robot("Boris").post("/events", body).json
    group = {"slug": "maps", "kind": "open", "language": "en", "name": "Maps"}
    assert world.system.robot("Amina").post("/groups", group).status_code == 201
    world.system.drain()
    topic = f"/talk/t/{world.topic['id']}/wells"
    read = [topic, f"/events/{event['id']}/a-walk", f"/events/{own['id']}/my-walk", "/groups/maps"]
    forms = [
        "/talk/new",
        "/news/submit",
        "/events/new",
        "/groups/new",
        f"{world.path}/edit",
        f"{world.path}/delete",
    ]
    before = [world.boris.get(path).text for path in read]
    for page, verb in zip(before, ("/reply", "/attend", "/edit", "/join"), strict=True):
        assert verb in page
    decision = world.decide(person_measure="silence", days="1")
    for path in (*read, *forms):
        answer = world.boris.get(path)
        assert answer.status_code == (200 if path in read else 403), path
        assert "Moderators have silenced you until" in answer.text, path
        assert f'href="{decision}"' in answer.text
        assert "<textarea" not in answer.text
        for verb in ("/reply", "/attend", "/edit", "/join"):
            assert f"{path}{verb}" not in answer.text, path
    assert f"{decision}/appeal" in world.boris.get(decision).text
    assert "silenced" not in world.amina.get(topic).text
    assert world.amina.get("/talk/new").status_code == 200


def test_who_is_suspended_is_out_at_once_and_appeals_with_the_key(world: World) -> None:
    assert world.boris.get("/settings").status_code == 200
    decision = world.decide(person_measure="suspension", days="7")
    boris = world.system.robot("Boris")
    assert boris.get("/me").status_code == 401
    assert world.boris.get("/settings").status_code == 401
    browser = Browser(world.system)
    wrong = browser.send("/sign-in", name="Boris", password="not his password")
    assert wrong.status_code == 403
    assert "/decisions/" not in wrong.text
    right = browser.send("/sign-in", name="Boris", password=PASSWORD)
    assert right.status_code == 303
    assert right.location.startswith(f"{decision}?key=")
    body = {"name": "Boris", "password": PASSWORD, "label": "x", "scopes": ["read"]}
    token = Robot(world.system).post("/tokens", body)
    assert (token.status_code, token.json["code"]) == (403, "suspended")
    page = browser.get(right.location)
    assert "Be kind." in page.text
    key = right.location.partition("key=")[2]
    sent = browser.send(right.location, f"{decision}/appeal", words="Sorry.", key=key)
    assert (sent.status_code, sent.location) == (303, right.location)
    appeal = world.case(world.nora)
    world.nora.send(appeal, f"{appeal}/claim")
    world.nora.send(appeal, f"{appeal}/answer", outcome="overturn", words="Fine.")
    assert boris.get("/me").status_code == 200
    assert world.boris.get("/settings").status_code == 200


def test_what_was_reported_outlives_its_deletion(world: World) -> None:
    world.report(world.amina)
    assert world.system.robot("Boris").delete(f"/posts/{world.post['id']}").status_code == 204
    world.system.drain()
    assert f"{RUDE} you." in world.mina.get(world.case(world.mina)).text


def test_pages_of_moderation_are_kept_by_no_cache(world: World) -> None:
    decision = world.decide(person_measure="word")
    for browser, path in (
        (world.amina, f"/report?of={world.path}"), (world.mina, "/moderation"), (world.boris, decision)
    ):  # fmt: skip
        assert browser.get(path).headers["Cache-Control"] == "no-store", path


def test_the_code_of_conduct_is_linked_from_every_page(world: World) -> None:
    stranger = Browser(world.system)
    assert 'href="/conduct"' in stranger.get("/").text
    page = stranger.get("/conduct")
    assert page.status_code == 200
    assert 'href="/transparency"' in page.text


def test_the_log_shows_uses_of_power_outside_of_reports(world: World) -> None:
    root, api = ROOT, world.system.services
    api.people.change_role(root, "Boris", ChangeRole(role="moderator", held=True, reason="zqwhy"))
    api.forum.add_category(
        root,
        AddCategory(slug="zqwells", language="en", name="Wells", about="", reason="zqwhy", official=False),
    )
    world.system.drain()
    page = Browser(world.system).get("/transparency").text
    for shown in ("Role given", "Moderator", "Category added", "zqwells", "Administrators"):
        assert shown in page
    for hidden in ("Boris", "zqwhy", "Root"):
        assert hidden not in page
    with world.system.local.databases["people"].writing() as session:
        for _ in range(USES):
            session.add(new_decision(Decision, None, "sign-up-closed", "site"))
    page = Browser(world.system).get("/transparency").text
    assert page.count("Creation of accounts stopped") == USES
    following = re.search(r'href="(/transparency\?date=[^"#]+)#uses"', page)
    assert following
    assert "zqwells" in Browser(world.system).get(following[1]).text


FIELDS = re.compile(r'<input[^>]*name="(title|shown|shown_category|language)"[^>]*value="([^"]*)"')


def test_a_moderator_changes_the_text_and_moves_the_topic_on_the_cases_page(world: World) -> None:
    path = f"/talk/t/{world.topic['id']}"
    with world.system.local.databases["forum"].writing() as session:
        forum_actions.set_category(session, ROOT, "general", "en", {"en": ("General", "The rest")})
    assert world.report(world.amina, path).status_code == 303
    case = world.case(world.mina)
    world.mina.send(case, f"{case}/claim")
    page = world.mina.get(case).text
    shown = dict(FIELDS.findall(page))
    assert shown["title"] == "Wells"
    assert shown["shown_category"] == "help"
    fields = {
        **shown,
        "body": "Where?",
        "category": "help",
        "reason": "other",
        "words": "Clearer.",
        "withhold": "1",
    }
    empty = world.mina.send(case, f"{case}/decide", **{**fields, "body": " "})
    assert empty.status_code == 422
    assert "f-body" in empty.text
    sent = world.mina.send(
        case, f"{case}/decide", **{**fields, "title": "Wells in Ouidah", "category": "general"}
    )
    assert sent.status_code == 303, sent.text
    world.system.drain()
    topic = world.system.robot("Amina").get(f"/topics/{world.topic['id']}").json
    assert (topic["title"], topic["category"]) == ("Wells in Ouidah", "general")
    decided = world.mina.get(case).text
    assert "Text changed" in decided
    assert "Moved to another category" in decided


def test_what_is_sent_as_it_was_shown_changes_nothing(world: World) -> None:
    world.report(world.amina)
    case = world.case(world.mina)
    world.mina.send(case, f"{case}/claim")
    page = world.mina.get(case).text
    shown = dict(re.findall(r'name="(shown|language)" value="([^"]*)"', page))
    body = re.search(r'<textarea[^>]*id="f-body"[^>]*>\n([^<]*)</textarea>', page)
    assert body
    sent = world.mina.send(
        case, f"{case}/decide", **shown, body=body[1] + "\r\n", words="Nothing to do.", withhold="1"
    )
    assert sent.status_code == 303
    assert "Text changed" not in world.mina.get(case).text


def test_the_opening_of_an_articles_discussion_is_changed_with_the_article_alone(world: World) -> None:
    body = {"language": "en", "title": "Wells", "body": "Two.", "category": "stories"}
    amina = world.system.robot("Amina")
    article = amina.post("/articles", body).json["id"]
    amina.post(f"/articles/{article}/submit", {})
    world.system.robot("Edith").post(f"/articles/{article}/publish", {})
    world.system.drain()
    topic = amina.get(f"/articles/{article}/discussion").json
    world.report(world.boris, f"/talk/t/{topic['id']}")
    case = world.case(world.mina)
    world.mina.send(case, f"{case}/claim")
    page = world.mina.get(case).text
    assert 'value="hide"' in page
    assert 'id="f-body"' not in page
