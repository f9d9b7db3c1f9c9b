"""Whatever is written, a kept page is the one that would be made now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from contracts.categories import SetCategoryState
from contracts.people import SignIn
from contracts.site import SetSignUp, SetSiteText
from core import clock
from core.audience import STRANGER
from gateway.app import create_app
from services.blog import actions as blog_actions
from services.forum import actions as forum_actions
from services.forum import category_queries
from tests.unit.gateway.harness import PASSWORD, ROOT, Robot, SystemHarness

NOON = datetime(2026, 5, 4, 12, 0, 20, tzinfo=UTC)

WRITES = (
    "topic", "reply", "edit post", "delete post", "rename topic", "delete topic", "restore topic", "event",
    "attend", "cancel event", "draft", "submit", "publish", "edit article", "delete article", "restore article",
    "profile", "group", "join", "translate event", "delete event", "other topic", "move topic", "tag topic",
    "translate topic", "close topic", "restore post", "other profile", "role", "group", "leave", "restore event",
    "forum category", "blog category", "move category", "close category", "site name", "site about", "sign-up",
)  # fmt: skip
WRITE = st.sampled_from(WRITES)
PATHS = (
    "/", "/news", "/talk", "/talk/c/help", "/events", "/events/map", "/groups", "/people",
    "/people/Amina", "/feeds/all.atom", "/feeds/talk.rss", "/feeds/events.ics", "/api/v1/topics",
    "/api/v1/articles", "/api/v1/events", "/api/v1/groups", "/?uselang=ar", "/talk?uselang=de",
    "{topics}", "{topics}", "{events}", "{articles}", "/people/Boris", "/groups/g", "/events?view=month",
    "/feeds/news.atom", "/talk/c/maps", "/talk?tag=wells", "/talk?sort=new", "/talk?lang=de",
    "/api/v1/topics?category=maps", "/api/v1/topics?tag=wells", "/api/v1/people", "/about",
    "/api/v1/categories", "/tags", "/search?q=number", "/search?kind=topic&q=text",
)  # fmt: skip
READ = st.sampled_from(PATHS)


class Writers:
    """Two people who write; what can't be done now is refused, which is as good."""

    def __init__(self, system: SystemHarness) -> None:
        self.amina, self.edith, self.mina = (system.robot(name) for name in ("Amina", "Edith", "Mina"))
        self.boris = system.robot("Boris")
        self.people = system.services.people
        self.databases = system.local.databases
        self.set_category("forum", "maps", "Maps")
        system.drain()
        self.sessions = [session_of(system, name) for name in ("Amina", "Boris", "Edith")]
        self.ids: dict[str, list[str]] = {"topics": [], "posts": [], "events": [], "articles": []}
        self.count = 0

    def write(self, what: str) -> None:
        """Do one thing to the newest of its kind."""
        self.count += 1
        topic, post, event, article = (each[-1] if each else "0" * 16 for each in self.ids.values())
        name = f"Number {self.count}"
        text = {"language": "en", "title": name, "body": f"Text {self.count}"}
        if what == "topic":
            made = self.make(self.amina, "/topics", text | {"category": "help"}, "topics")
            if made in self.ids["topics"]:  # it is refused while its category is closed
                first = self.amina.get(f"/topics/{made}/posts").json["items"]
                self.ids["posts"].append(first[0]["id"])
        elif what == "other topic":
            made = self.make(self.boris, "/topics", text | {"category": "maps", "tags": ["wells"]}, "topics")
        elif what in ("move topic", "tag topic", "close topic"):
            self.turn(f"/topics/{topic}", what)
        elif what == "restore post":
            self.mina.post(f"/posts/{post}/restore")
        elif what in ("translate topic", "translate event"):
            version = {"title": f"Nummer {self.count}", "body": f"Wort {self.count}"}
            of = f"/topics/{topic}" if what == "translate topic" else f"/events/{event}"
            self.boris.put(f"{of}/versions/de", version)
        elif what == "other profile":
            self.boris.patch("/me", {"display_name": name})
        elif what == "role":
            held = "editor" in self.people.person(ROOT, "Amina").roles
            self.people.grant_role(ROOT, "Amina", "editor", not held)
        elif what == "leave":
            self.boris.delete("/groups/g/members/Boris")
        elif what == "restore event":
            self.mina.post(f"/events/{event}/restore")
        elif what == "forum category":
            self.set_category("forum", "maps", name)
        elif what == "blog category":
            self.set_category("blog", "stories", name)
        elif what in ("move category", "close category"):
            self.turn_category(what)
        elif what in ("site name", "site about", "sign-up"):
            self.change_site(what, name)
        elif what == "reply":
            body = {"language": "en", "body": name}
            self.make(self.edith, f"/topics/{topic}/posts", body, "posts")
        elif what == "edit post":
            self.change(self.edith, f"/posts/{post}", body=name)
        elif what == "delete post":
            self.mina.delete(f"/posts/{post}?reason=spam")
        elif what == "rename topic":
            self.change(self.amina, f"/topics/{topic}", title=name)
        elif what == "delete topic":
            self.mina.delete(f"/topics/{topic}?reason=spam")
        elif what == "restore topic":
            self.mina.post(f"/topics/{topic}/restore")
        elif what == "event":
            when = {"start": "2026-06-01T18:00:00", "timezone": "Europe/Berlin", "minutes": 60}
            where = {"online_url": "https://meet.example/maps"}
            self.make(self.amina, "/events", text | when | where, "events")
        elif what == "delete event":
            self.mina.delete(f"/events/{event}?reason=spam")
        elif what == "cancel event":
            self.change(self.amina, f"/events/{event}", status="cancelled")
        elif what == "attend":
            self.edith.put(f"/events/{event}/attendance", {"attending": "going"})
        elif what == "draft":
            self.make(self.amina, "/articles", text | {"category": "stories"}, "articles")
        elif what in ("submit", "publish"):
            who = self.amina if what == "submit" else self.edith
            who.post(f"/articles/{article}/{what}")
        elif what == "edit article":
            self.change(self.edith, f"/articles/{article}", title=name, revised="article_revision")
        elif what == "delete article":
            self.edith.delete(f"/articles/{article}?reason=spam")
        elif what == "restore article":
            self.edith.post(f"/articles/{article}/restore")
        elif what == "join":
            self.boris.post("/groups/g/join")
        elif what == "profile":
            self.amina.patch("/me", {"display_name": name, "about": f"*{name}*"})
        elif what == "group":
            if self.amina.get("/groups/g").status_code == 404:
                self.amina.post("/groups", {"slug": "g", "kind": "open", "language": "en", "name": name})
            else:
                self.amina.put("/groups/g/texts/en", {"name": name, "about": f"About {name}"})

    def path(self, path: str) -> str:
        """The path, with the page of one thing in place of its kind: now of the newest, now of the oldest."""
        kind, at = path.strip("{}"), -(self.count % 2)
        if path not in ("{topics}", "{events}", "{articles}"):
            return path
        if not self.ids[kind]:
            return "/talk"
        return {"topics": "/talk/t/{}/x", "events": "/events/{}/x", "articles": "/news/{}"}[kind].format(
            self.ids[kind][at]
        )

    def set_category(self, service: str, slug: str, name: str) -> None:
        actions = {"forum": forum_actions, "blog": blog_actions}[service]
        with self.databases[service].writing() as session:
            actions.set_category(session, ROOT, slug, "en", {"en": (name, "")})

    def turn_category(self, what: str) -> None:
        """Let the second category be the first, or close or open it."""
        with self.databases["forum"].writing() as session:
            second = category_queries.category_details(session, ROOT)[-1]
            if what == "move category":
                forum_actions.move_category(session, ROOT, second.slug, True)
            else:
                state = SetCategoryState(closed=not second.closed, reason="A test")
                forum_actions.set_category_state(session, ROOT, second.slug, state)

    def change_site(self, what: str, name: str) -> None:
        """Rename the site, describe it, or close or open its sign-up."""
        state = self.people.site(ROOT)
        if what == "sign-up":
            self.people.set_sign_up(ROOT, SetSignUp(open=not state.sign_up_open, reason="A test"))
            return
        revision = state.name_revision if what == "site name" else sum(each.revision for each in state.abouts)
        command = SetSiteText(
            kind="name" if what == "site name" else "about",
            language="" if what == "site name" else "en",
            text=name,
            revision=revision,
            reason="A test",
        )
        self.people.set_site_text(ROOT, command)

    def turn(self, path: str, what: str) -> None:
        """Move a topic to the other category, tag it or close it, or the reverse."""
        found = self.mina.get(path)
        if found.status_code == 200:
            was = found.json
            changes: dict[str, dict[str, object]] = {
                "move topic": {"category": "help" if was["category"] == "maps" else "maps"},
                "tag topic": {"tags": [] if was["tags"] else ["wells"]},
                "close topic": {"closed": not was["closed"]},
            }
            self.mina.patch(path, {"revision": was["revision"], **changes[what]})

    def change(self, who: Robot, path: str, revised: str = "revision", **fields: str) -> None:
        found = who.get(path)
        if found.status_code == 200:
            who.patch(path, {"revision": found.json[revised], **fields})

    def make(self, who: Robot, path: str, body: Mapping[str, object], kind: str) -> str:
        made = who.post(path, body)
        if made.status_code != 201:
            return "0" * 16
        self.ids[kind].append(made.json["id"])
        return str(made.json["id"])


def session_of(system: SystemHarness, name: str) -> str:
    """A browser's session of somebody."""
    return system.services.people.sign_in(STRANGER, SignIn(name=name, password=PASSWORD)).token


@pytest.mark.slow
def test_each_write_has_an_event(system: SystemHarness) -> None:
    with clock.at(NOON):
        writers = Writers(system)
        for what in WRITES:
            before = ends(system)
            writers.write(what)
            assert ends(system) > before, what


def ends(system: SystemHarness) -> int:
    services = system.services
    return sum(each.log_end() for each in (services.people, services.blog, services.forum, services.events))


@pytest.mark.slow
def test_after_each_write_each_page_is_that_of_now(system: SystemHarness) -> None:
    """What a random walk may miss: whatever each event changes, on all pages that were kept before it."""
    with clock.at(NOON):
        cached = create_app(system.settings, system.services, keep_pages=True).test_client()
        plain = system.app.test_client()
        writers = Writers(system)
        paths: set[str] = set()
        for what in WRITES:
            writers.write(what)
            drain(system, cached)
            paths |= {writers.path(path) for path in PATHS}
            for path in sorted(paths):
                same(cached, plain, path)


@pytest.mark.slow
@given(st.lists(st.tuples(WRITE, st.lists(READ, min_size=1, max_size=3)), min_size=1, max_size=12))
@hypothesis(
    max_examples=8,
    # To shrink takes minutes, since each step lays pages for four readers.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_kept_page_is_that_of_now(system: SystemHarness, steps: list[tuple[str, list[str]]]) -> None:
    with clock.at(NOON):
        cached = create_app(system.settings, system.services, keep_pages=True).test_client()
        plain = system.app.test_client()
        writers = Writers(system)
        for what, paths in steps:
            writers.write(what)
            drain(system, cached)
            for path in (*paths, *paths):
                path = writers.path(path)
                same(cached, plain, path)
                for session in writers.sessions:
                    same(cached, plain, path, session)


def drain(system: SystemHarness, cached: FlaskClient) -> None:
    """Let all events take effect. No event tells of the index: its version is asked for when it is in doubt."""
    system.drain()
    cached.application.extensions["space.page_cache"].ends.doubt("search")


def same(cached: FlaskClient, plain: FlaskClient, path: str, session: str = "") -> None:
    """The page that is kept is the one that is made now, for a stranger or for who has the session."""
    kept, now = (read(client, path, session) for client in (cached, plain))
    if kept[0] in (301, 302) and kept == now:
        path = plain.get(path, headers={"Cookie": f"space_session={session}"}).location
        kept, now = (read(client, path, session) for client in (cached, plain))
    assert kept == now, path


def read(client: FlaskClient, path: str, session: str = "") -> tuple[int, str]:
    """A response's status, and its text without what is another one each time."""
    found = client.get(path, headers={"Cookie": f"space_session={session}"} if session else {})
    return found.status_code, re.sub(r'(name="(csrf_token|form_id)" value=)"[\w.-]*"', r"\1", found.text)


@pytest.mark.slow
def test_what_its_members_read_of_a_hidden_group_is_kept_for_nobody(system: SystemHarness) -> None:
    with clock.at(NOON):
        cached = create_app(system.settings, system.services, keep_pages=True).test_client()
        amina = system.robot("Amina")
        group = {"slug": "secret", "kind": "hidden", "language": "en", "name": "Secret plans"}
        made = amina.post("/groups", group).json
        text = {
            "language": "en",
            "title": "Secret topic",
            "body": "Secret words",
            "audience": made["audience"],
        }
        topic = amina.post("/topics", text).json
        token = {"Authorization": f"Bearer {amina.token}"}
        for path in (
            f"/api/v1/groups/{made['slug']}", "/api/v1/groups", f"/api/v1/topics/{topic['id']}", "/api/v1/topics",
            f"/api/v1/topics/{topic['id']}/posts",
        ):  # fmt: skip
            for _ in range(2):
                assert "ecret" in cached.get(path, headers=token).text
                assert "ecret" not in cached.get(path).text.replace(made["slug"], "")
        for path in (
            f"/talk/t/{topic['id']}/secret-topic",
            f"/groups/{made['slug']}",
            "/talk",
            "/groups",
            "/",
        ):
            for _ in range(2):
                same(cached, system.app.test_client(), path)
