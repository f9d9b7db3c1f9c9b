"""What is deleted is gone from every surface at once, and back from all of them when it is restored."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from bus.eventlog.stale import publish_stale
from core import clock
from services.blog.actions import stale as blog_stale
from services.events.actions import stale as events_stale
from services.forum.actions import stale as forum_stale
from services.people.actions import stale as people_stale
from tests.unit.gateway.harness import PASSWORD, Robot, SystemHarness

pytestmark = pytest.mark.slow

WORD = "zqunwanted"
KINDS = ("topic", "article", "event")


def moderator(system: SystemHarness) -> Robot:
    """Mina, with a token that may moderate."""
    if "Mina moderating" not in system.people:
        wanted = {
            "name": "Mina",
            "password": PASSWORD,
            "label": "mod",
            "scopes": ["read", "write", "moderate"],
        }
        made = Robot(system).post("/tokens", wanted)
        system.people["Mina moderating"] = Robot(system, made.json["token"])
    return system.people["Mina moderating"]


class Item:
    """One of each kind with a word that nothing else has, and where it stands."""

    def __init__(self, system: SystemHarness, kind: str) -> None:
        self.system, self.kind = system, kind
        self.plural = f"{kind}s"
        self.author = system.robot("Amina")
        made = getattr(self, f"_{kind}")()
        system.drain()
        self.id: str = made["id"]
        self.view = self.fetch(self.author).json
        self.page = {
            "topic": f"/talk/t/{self.id}/{self.view['slug']}",
            "article": f"/news/{self.view['slug']}",
            "event": f"/events/{self.id}/{self.view['slug']}",
        }[kind]

    def _topic(self) -> dict[str, Any]:
        body = {"language": "en", "title": f"Topic {WORD}", "body": f"First {WORD}.", "category": "help"}
        made: dict[str, Any] = self.author.post("/topics", {**body, "tags": [WORD]}).json
        reply = self.system.robot("Boris").post(f"/topics/{made['id']}/posts", {"body": f"Reply {WORD}."})
        assert reply.status_code == 201
        return made

    def _article(self) -> dict[str, Any]:
        body = {"language": "en", "title": f"Article {WORD}", "body": f"Text {WORD}.", "category": "stories"}
        made: dict[str, Any] = self.author.post("/articles", {**body, "tags": [WORD]}).json
        self.author.post(f"/articles/{made['id']}/submit", {})
        out = self.system.robot("Edith", "editor").post(f"/articles/{made['id']}/publish", {})
        assert out.status_code == 200, out.text
        self.system.drain()
        return made

    def _event(self) -> dict[str, Any]:
        body = {
            "language": "en", "title": f"Event {WORD}", "body": f"Text {WORD}.", "minutes": 60,
            "start": f"{clock.now() + timedelta(days=40):%Y-%m-%dT18:00}",
            "timezone": "UTC", "online_url": f"https://{WORD}.example.org/", "tags": [WORD],
        }  # fmt: skip
        made: dict[str, Any] = self.author.post("/events", body).json
        return made

    def fetch(self, who: Robot) -> Any:
        return who.get(f"/{self.plural}/{self.id}")

    @property
    def moderator(self) -> Robot:
        return self.system.robot("Edith") if self.kind == "article" else moderator(self.system)

    def surfaces(self) -> list[str]:
        """Every address that lists or shows public things."""
        month = self.view["starts_at" if self.kind == "event" else "created_at"][:7]
        made = f"{clock.now():%Y-%m}"
        api = [f"/api/v1/{path}" for path in (
            "topics", "articles", "events", "tags", "categories",
            f"search?q={WORD}", f"search?tag={WORD}", f"{self.plural}/{self.id}", f"topics/{self.id}/posts",
        )]  # fmt: skip
        pages = [
            "/", "/news", "/talk", "/talk/c/help", "/events", f"/events?view=month&month={month}", "/tags",
            f"/tags/{WORD}", f"/search?q={WORD}", "/people/Amina", "/sitemap-pages.xml",
            f"/sitemap-{ {'topic': 'talk', 'article': 'news', 'event': 'events'}[self.kind] }-{made}.xml",
        ]  # fmt: skip
        feeds = [f"/feeds/{name}.{ending}" for name in ("all", "news", "talk", "events")
                 for ending in ("rss", "atom", "json")]  # fmt: skip
        wiki = [
            "/feeds/events.ics", f"/feeds/tags/{WORD}.json", f"/feeds/search.json?q={WORD}",
            f"/feeds/events/{self.id}.ics",
            f"/api.php?action=query&list=search&srsearch={WORD}&format=json",
            f"/api.php?action=opensearch&search={WORD}&format=json",
        ]  # fmt: skip
        return [*api, *pages, *feeds, *wiki, self.page]

    def seen_at(self, client: FlaskClient) -> dict[str, tuple[int, int]]:
        """By surface: its status, and how often the word stands in it beyond the query that is echoed."""
        found = {}
        for path in self.surfaces():
            answer = client.get(path)
            # A page that is not there repeats its own address.
            text = answer.text.replace(path, "").replace(quote(path, safe=""), "")
            text = re.sub(r"(?i)(topic|article|event|first|reply|text)[ -]" + WORD, "FOUND", text)
            found[path] = (answer.status_code, text.count("FOUND"))
        return found


@pytest.fixture(params=KINDS)
def item(request: pytest.FixtureRequest, system: SystemHarness) -> Item:
    return Item(system, request.param)


@pytest.fixture
def client(system: SystemHarness) -> FlaskClient:
    return system.app.test_client()


def test_a_deleted_item_is_on_no_surface_and_comes_back_to_all(
    system: SystemHarness, item: Item, client: FlaskClient
) -> None:
    before = item.seen_at(client)
    assert sum(times > 0 for _, times in before.values()) > 10
    answer = item.moderator.delete(f"/{item.plural}/{item.id}?reason=spam&note=Advertising")
    assert answer.status_code == 200, answer.text
    assert answer.json["reason"] == "spam"
    system.drain()
    gone = item.seen_at(client)
    assert {path: times for path, (_, times) in gone.items() if times} == {}
    assert {status for status, _ in gone.values()} <= {200, 404}
    assert gone[item.page][0] == gone[f"/api/v1/{item.plural}/{item.id}"][0] == 404
    never = client.get(item.page.replace(item.id, "0" * 16).replace(item.view["slug"], "never-was"))
    assert client.get(item.page).text == never.text.replace("never-was", item.view["slug"]).replace(
        "0" * 16, item.id
    )
    assert item.moderator.post(f"/{item.plural}/{item.id}/restore", {}).status_code == 200
    system.drain()
    assert item.seen_at(client) == before


def test_moderators_see_it_marked_and_its_author_why(system: SystemHarness, item: Item) -> None:
    item.moderator.delete(f"/{item.plural}/{item.id}?reason=other&note=Chain+letter")
    seen, own = item.fetch(item.moderator).json, item.fetch(item.author).json
    assert (seen["deletion"]["reason"], seen["deletion"]["note"]) == ("other", "Chain letter")
    assert seen["deletion"]["by_id"]
    assert seen["may_restore"]
    assert (own["deletion"]["note"], own["deletion"]["by_id"]) == ("Chain letter", None)
    assert not own["may_restore"]
    assert not own["may_edit"]
    assert not own["may_delete"]
    assert item.fetch(system.robot("Boris")).status_code == 404
    system.drain()
    told: Any = item.author.get("/notifications").json
    newest = told["items"][0]
    assert newest["what"].endswith(f"{item.kind}.deleted")
    assert (newest["actor_id"], newest["because"]) == (None, ["You wrote it"])
    page = _signed_in(system, "Amina").get("/notifications").text
    assert "was deleted by a moderator. Its page says why." in page
    assert newest["path"] in page


def test_moderators_give_a_reason(item: Item) -> None:
    for query, fault in (("", "reason-missing"), ("?reason=other", "note-missing"), ("?reason=dislike", "")):
        refused = item.moderator.delete(f"/{item.plural}/{item.id}{query}")
        assert refused.status_code == 422, refused.text
        assert fault in refused.text
    assert item.moderator.delete(f"/{item.plural}/{item.id}?reason=spam").status_code == 200


def test_others_may_neither_delete_nor_restore(system: SystemHarness, item: Item) -> None:
    boris = system.robot("Boris")
    assert boris.delete(f"/{item.plural}/{item.id}?reason=spam").status_code == 403
    assert Robot(system).delete(f"/{item.plural}/{item.id}?reason=spam").status_code == 401
    item.moderator.delete(f"/{item.plural}/{item.id}?reason=spam")
    assert boris.delete(f"/{item.plural}/{item.id}?reason=spam").status_code == 404
    assert boris.post(f"/{item.plural}/{item.id}/restore", {}).status_code == 404
    assert item.author.post(f"/{item.plural}/{item.id}/restore", {}).status_code == 403


def test_deleting_and_restoring_twice_is_once(system: SystemHarness, item: Item) -> None:
    path = f"/{item.plural}/{item.id}"
    first = item.moderator.delete(f"{path}?reason=spam").json
    assert item.moderator.delete(f"{path}?reason=hate").json == first
    assert item.moderator.post(f"{path}/restore", {}).json == item.moderator.post(f"{path}/restore", {}).json
    service = {"topic": "forum", "article": "blog", "event": "events"}[item.kind]
    types = [event.type for event in getattr(system.services, service).events_after(0, 1000)]
    assert (
        types.count(f"{service}.{item.kind}.deleted") == types.count(f"{service}.{item.kind}.restored") == 1
    )


def _signed_in(system: SystemHarness, name: str) -> FlaskClient:
    client = system.app.test_client()
    page = client.get("/sign-in")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    client.post("/sign-in", data={"csrf_token": token[1], "name": name, "password": PASSWORD})
    return client


def _send(client: FlaskClient, page: str, path: str, **fields: str) -> Any:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], **fields}, follow_redirects=True)


def test_pages_ask_for_the_reason_and_offer_undo(system: SystemHarness, item: Item) -> None:
    client = _signed_in(system, "Edith" if item.kind == "article" else "Mina")
    assert f"{item.page}/delete" in client.get(item.page).text
    again = _send(client, f"{item.page}/delete", f"{item.page}/delete", note="x")
    assert again.status_code == 422
    assert "Choose a reason." in again.text
    done = _send(client, f"{item.page}/delete", f"{item.page}/delete", reason="spam", note="No <ads>")
    assert done.status_code == 200
    assert f"{item.page}/restore" in done.text
    assert "No &lt;ads&gt;" in done.text
    for form in ("edit", "translate", "translate/de", "delete"):
        assert client.get(f"{item.page}/{form}", follow_redirects=True).status_code in (403, 404)
    log = client.get("/moderation/deletions")
    assert log.status_code == 200
    assert "No &lt;ads&gt;" in log.text
    assert WORD in log.text
    back = _send(client, item.page, f"{item.page}/restore")
    assert back.status_code == 200
    assert "No &lt;ads&gt;" not in back.text
    assert _signed_in(system, "Boris").get("/moderation/deletions").status_code == 403


def test_an_author_takes_back_what_nobody_answered(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    body = {"language": "en", "title": "Mine", "body": "Text.", "category": "help"}
    topic: Any = amina.post("/topics", body).json
    assert topic["may_delete"]
    assert not topic["reason_needed"]
    assert amina.delete(f"/topics/{topic['id']}").json["reason"] == "author"
    assert moderator(system).post(f"/topics/{topic['id']}/restore", {}).status_code == 403
    assert amina.post(f"/topics/{topic['id']}/restore", {}).json["title"] == "Mine"
    system.robot("Boris").post(f"/topics/{topic['id']}/posts", {"body": "Answer."})
    refused = amina.delete(f"/topics/{topic['id']}")
    assert (refused.status_code, refused.json["code"]) == (403, "topic-answered")


def test_with_its_last_post_a_topic_is_gone(system: SystemHarness, client: FlaskClient) -> None:
    amina = system.robot("Amina")
    body = {"language": "en", "title": f"Topic {WORD}", "body": "Text.", "category": "help"}
    topic: Any = amina.post("/topics", body).json
    listed: Any = amina.get(f"/topics/{topic['id']}/posts").json
    post = listed["items"][0]
    assert amina.delete(f"/posts/{post['id']}").status_code == 204
    system.drain()
    for path in ("/talk", "/feeds/talk.json", f"/search?q=Topic+{WORD}"):
        assert f"Topic {WORD}</" not in client.get(path).text
    assert client.get(f"/api/v1/topics/{topic['id']}").status_code == 404
    amina.post(f"/topics/{topic['id']}/restore", {})
    back: Any = client.get(f"/api/v1/topics/{topic['id']}/posts").json
    assert back["items"] == [{**post, "may_edit": False, "may_delete": False}]


def test_the_discussion_goes_and_comes_with_its_article(system: SystemHarness, client: FlaskClient) -> None:
    item = Item(system, "article")
    topic: Any = client.get(f"/api/v1/articles/{item.id}/discussion").json
    item.moderator.delete(f"/articles/{item.id}?reason=rights")
    system.drain()
    assert client.get(f"/api/v1/topics/{topic['id']}").status_code == 404
    item.moderator.post(f"/articles/{item.id}/restore", {})
    system.drain()
    assert client.get(f"/api/v1/articles/{item.id}/discussion").json == topic


def test_a_post_is_deleted_with_a_reason_and_restored_on_its_page(system: SystemHarness) -> None:
    item = Item(system, "topic")
    listed: Any = item.author.get(f"/topics/{item.id}/posts").json
    path = f"/talk/p/{listed['items'][1]['id']}"
    page, boris = _signed_in(system, "Mina") if moderator(system) else None, _signed_in(system, "Boris")
    assert page is not None
    again = _send(page, f"{path}/delete", f"{path}/delete", note="x")
    assert (again.status_code, "Choose a reason." in again.text) == (422, True)
    done = _send(page, f"{path}/delete", f"{path}/delete", reason="other", note="No <ads>")
    system.drain()
    for reader in (done, page.get(item.page), boris.get(item.page)):
        assert "This post was deleted." in reader.text
        assert "No &lt;ads&gt;" in reader.text
        assert f"Reply {WORD}" not in reader.text
    assert f"{path}/restore" not in boris.get(item.page).text
    assert f"Reply {WORD}" in page.get(f"{path}/history").text
    for other in (_signed_in(system, "Amina"), system.app.test_client()):
        assert "No &lt;ads&gt;" not in other.get(item.page).text
    log = page.get("/moderation/deletions").text
    assert f"Reply {WORD}" in log
    assert f'action="{path}/restore"' in log
    assert "/moderation/deletions" in page.get("/").text
    assert "/moderation/deletions" not in boris.get("/").text
    told: Any = system.robot("Boris").get("/notifications").json
    assert told["items"][0]["what"] == "forum.post.deleted"
    assert "Your post in" in boris.get("/notifications").text
    assert f"Reply {WORD}" in _send(page, item.page, f"{path}/restore").text


def test_the_log_of_deletions_has_an_api(system: SystemHarness, item: Item) -> None:
    item.moderator.delete(f"/{item.plural}/{item.id}?reason=spam")
    answer: Any = item.moderator.get(f"/deletions?kind={item.kind}&limit=1")
    assert answer.status_code == 200
    assert [(line["item_id"], line["reason"]) for line in answer.json["items"]] == [(item.id, "spam")]
    assert item.moderator.get("/deletions?kind=person").status_code == 422
    assert system.robot("Boris").get(f"/deletions?kind={item.kind}").status_code == 403
    assert Robot(system).get(f"/deletions?kind={item.kind}").status_code == 401


def test_moderators_give_the_api_a_reason_for_a_post(system: SystemHarness) -> None:
    item = Item(system, "topic")
    listed: Any = item.author.get(f"/topics/{item.id}/posts").json
    path = f"/posts/{listed['items'][1]['id']}"
    assert moderator(system).delete(path).status_code == 422
    assert moderator(system).delete(f"{path}?reason=spam").status_code == 204
    seen: Any = moderator(system).get(path).json
    assert (seen["deletion"]["reason"], seen["may_restore"]) == ("spam", True)
    assert item.author.post(f"{path}/restore", {}).status_code == 403
    back: Any = moderator(system).post(f"{path}/restore", {}).json
    assert back["body"] == f"Reply {WORD}."


def test_what_a_migration_changed_is_published_and_reaches_search(system: SystemHarness, item: Item) -> None:
    service = {"topic": "forum", "article": "blog", "event": "events"}[item.kind]
    table, key = f"{item.kind}_version", f"{item.kind}_id"
    with system.local.databases[service].writing() as session:
        session.execute(text(f"UPDATE {table} SET title = 'Zqmended' WHERE {key} = :id"), {"id": item.id})
        session.execute(text("INSERT INTO stale_subject VALUES (:it)"), {"it": f"{item.kind}/{item.id}"})
        publishers = {"forum": forum_stale, "blog": blog_stale, "events": events_stale}[service].PUBLISHERS
        assert publish_stale(session, publishers) == 1
        assert publish_stale(session, publishers) == 0
    system.drain()
    found: Any = Robot(system).get("/search?q=Zqmended").json
    assert [hit["id"] for hit in found["items"] if hit["kind"] == item.kind] == [item.id]


def test_people_and_groups_that_a_migration_changed_are_published(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    made: Any = amina.post("/groups", {"slug": "walk", "kind": "open", "language": "en", "name": "Walk"}).json
    person: Any = amina.get("/me").json
    system.drain()
    with system.local.databases["people"].writing() as session:
        session.execute(text("UPDATE person SET display_name = 'Zqmended'"))
        session.execute(text("UPDATE group_words SET name = 'Zqmended'"))
        for subject in (f"person/{person['id']}", f"group/{made['id']}"):
            session.execute(text("INSERT INTO stale_subject VALUES (:it)"), {"it": subject})
        assert publish_stale(session, people_stale.PUBLISHERS) == 2
    system.drain()
    found: Any = Robot(system).get("/search?q=Zqmended").json
    assert {hit["kind"] for hit in found["items"]} == {"person", "group"}
