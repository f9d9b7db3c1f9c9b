"""A search is followed from its page and by the API; what it finds is told, with the search that found it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient
from sqlalchemy import select, update

from bus.eventlog.schema import outbox_task
from contracts.common import Page
from contracts.notify import FollowView, NotificationView
from contracts.search import SearchResult
from core import clock
from services.search.following import matching
from services.search.following.matching import PublishMatch
from tests.unit.gateway.fakes import BORIS, MOMENT, TOPIC, FakeServices
from tests.unit.gateway.harness import Robot, SystemHarness, hidden_group

QUERY = 'wells "deep water" lang:en'
PATH = f"/follows/search/{quote(QUERY)}"


def drain_all(system: SystemHarness) -> None:
    """Let everything take effect, also the tasks of search."""
    system.drain()
    with system.local.databases["search"].writing() as session:
        waiting = select(outbox_task).where(
            outbox_task.c.kind == PublishMatch.kind, outbox_task.c.done_at.is_(None)
        )
        for row in session.execute(waiting).all():
            matching.publish(session, PublishMatch.model_validate(row.data), 1)
            session.execute(
                update(outbox_task).where(outbox_task.c.key == row.key).values(done_at=clock.now(), data={})
            )
    system.drain()


def opens(robot: Robot, title: str, **fields: Any) -> str:
    """A new topic; returns its id."""
    body = {"language": "en", "title": title, "body": "In deep water.", "category": "help", **fields}
    made = robot.post("/topics", body)
    assert made.status_code == 201, made.text
    found: str = made.json["id"]
    return found


def told(robot: Robot) -> list[dict[str, Any]]:
    """The notifications of somebody."""
    found: list[dict[str, Any]] = robot.get("/notifications").json["items"]
    return found


def test_what_is_published_from_then_on_is_told(system: SystemHarness) -> None:
    amina, boris = system.robot("Amina"), system.robot("Boris")
    opens(boris, "Wells of before")
    drain_all(system)
    followed = amina.put(PATH, {"level": "normal"})
    assert followed.json["id"] == QUERY, followed.text
    assert [each["id"] for each in amina.get("/follows").json["items"]] == [QUERY]
    assert amina.get(PATH).json == followed.json
    drain_all(system)
    topic = opens(boris, "A well")
    opens(boris, "A walk")
    opens(amina, "My own well")
    drain_all(system)
    (one,) = told(amina)
    assert (one["title"], one["reasons"], one["actor_id"]) == ("A well", ["search"], one["actor_id"])
    assert one["followed"] == [{"kind": "search", "id": QUERY}]
    assert one["because"] == [f"You follow {QUERY}"]
    assert boris.patch(f"/topics/{topic}", {"title": "A well again", "revision": 1}).status_code == 200
    drain_all(system)
    assert [each["title"] for each in told(amina)] == ["A well again"]
    assert amina.delete(PATH).status_code == 204
    assert amina.get(PATH).status_code == 404
    drain_all(system)
    opens(boris, "Another well")
    drain_all(system)
    assert len(told(amina)) == 1


def test_nobody_outside_is_told_of_a_hidden_group(system: SystemHarness) -> None:
    group = hidden_group(system)
    for name in ("Amina", "Boris"):
        for query in ("wells", f"group:{group['slug']}"):
            assert system.robot(name).put(f"/follows/search/{quote(query)}", {}).status_code == 200
    drain_all(system)
    opens(system.robot("Amina"), "Wells", audience=f"group:{group['id']}", category=None)
    drain_all(system)
    (event,) = system.services.search.events_after(0, 10)
    assert (event.type, event.audience) == ("search.item.matched", f"group:{group['id']}")
    assert len(event.data["searches"]) == 2
    assert told(system.robot("Boris")) == []


def test_what_can_not_be_followed_is_refused(system: SystemHarness) -> None:
    refused = system.robot("Amina").put(f"/follows/search/{quote('-wells')}", {})
    assert refused.status_code == 422
    assert refused.json["errors"][0]["code"] == "search-broad"
    assert Robot(system).put(PATH, {}).status_code == 401


def test_the_button_of_the_page(fakes: FakeServices, member: FlaskClient, stranger: FlaskClient) -> None:
    fakes.search.answers["search"] = SearchResult(items=[], total=0)
    page = member.get("/search", query_string={"q": " wells  tag:maps"}).text
    assert "Tell me about new results" in page
    assert '<input type="hidden" name="id" value="wells tag:maps">' in page
    asked = [args[1:] for name, args in fakes.notify.calls if name == "follow_state"]
    assert asked == [("search", "wells tag:maps")]
    assert "/sign-in?next=/search%3Fq%3Dwells" in stranger.get("/search?q=wells").text
    for broad in ("-wells", "after:2026"):
        assert "Tell me about" not in member.get("/search", query_string={"q": broad}).text
    fakes.notify.answers["follow_state"] = FollowView(kind="search", id="wells", level="normal", since=MOMENT)
    page = member.get("/search?q=wells").text
    assert "told about new results" in page
    assert 'name="level" value="none"' in page


def test_the_lists_name_it(fakes: FakeServices, member: FlaskClient) -> None:
    follow = FollowView(kind="search", id=QUERY, level="normal", since=MOMENT)
    fakes.notify.answers["follows"] = Page(items=[follow])
    page = member.get("/notifications/follows").text
    assert "Searches</h2>" in page
    assert (
        'href="/search?q=wells+%22deep+water%22+lang%3Aen" dir="auto">wells &#34;deep water&#34; lang:en</a>'
        in page
    )
    one = NotificationView.model_validate(
        {
            "id": "0" * 16, "what": "search.item.matched", "reasons": ["search"], "actor_id": BORIS, "title": "A well",
            "followed": [{"kind": "search", "id": QUERY}], "language": "en", "path": f"/talk/t/{TOPIC}/a-well",
            "subject": f"topic/{TOPIC}", "read": False, "at": clock.now(),
        }
    )  # fmt: skip
    fakes.notify.answers["notifications"] = Page(items=[one])
    page = member.get("/notifications").text
    assert "is a new result of a search of yours" in page
    assert "&amp;sort=newest" in page
