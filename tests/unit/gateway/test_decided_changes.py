"""Moderators who change a text or move an item by a decision, and what overturning that puts back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from contracts.moderation import UNNAMED
from core import clock
from services.blog import actions as blog_actions
from services.blog.actions import decisions as blog
from services.events.actions import decisions as events
from services.forum import actions as forum_actions
from services.forum.actions import decisions as forum
from tests.unit.gateway.acts import KINDS, Act
from tests.unit.gateway.harness import ROOT, Robot, SystemHarness

pytestmark = pytest.mark.slow

NEW = "zqbetter"


class Of(NamedTuple):
    """The service that an item is of, and what purges it."""

    name: str
    purge: Callable[[Session], None]


FORUM = Of("forum", forum.purge_changes)
OF = {
    "topic": FORUM,
    "post": FORUM,
    "article": Of("blog", blog.purge_changes),
    "event": Of("events", events.purge_changes),
}


def edited(act: Act, **changes: Any) -> str:
    """The id of a decision that changes title and text."""
    title = "" if act.kind == "post" else "Zqtitle"
    new = {"language": "en", "title": title, "body": NEW, **changes}
    return act.decide("edit", text=new)


def add_category(system: SystemHarness, slug: str) -> None:
    """A category of this name in the forum and in the blog."""
    for name, actions in (("forum", forum_actions), ("blog", blog_actions)):
        with system.local.databases[name].writing() as session:
            actions.set_category(session, ROOT, slug, "en", {"en": ("Elsewhere", "There")})


def said(act: Act) -> str:
    """What strangers read of it."""
    stranger = Robot(act.system)
    if act.kind == "topic":
        return str((stranger.get(act.api).json["versions"], stranger.get(f"{act.api}/posts").json["items"]))
    found = stranger.get(act.api).json
    return str((found.get("title", ""), found["body"]))


def history(act: Act, reader: Robot) -> str:
    path = act.api
    if act.kind == "topic":
        first = Robot(act.system).get(f"{act.api}/posts").json["items"][0]
        path = f"/posts/{first['id']}"
    return str(reader.get(f"{path}/history").json)


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_is_changed_and_put_back(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    before = said(act)
    decision = edited(act)
    assert NEW in said(act)
    assert ("Zqtitle" in said(act)) is (kind != "post")
    act.overturn(decision)
    assert NEW not in said(act)
    assert "Zqtitle" not in said(act)
    for word in ("Where?", "There.", "Two.", "A walk"):
        assert (word in said(act)) is (word in before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_with_spaces_at_its_end_is_put_back_too(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    decision = edited(act, body=f"{NEW} \n\n")
    assert NEW in said(act)
    act.overturn(decision)
    assert NEW not in said(act)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("withhold", [True, False])
def test_the_earlier_text_is_for_moderators_until_it_is_back(
    system: SystemHarness, kind: str, withhold: bool
) -> None:
    act = Act(system, kind)
    old = {"topic": "Where?", "post": "There.", "article": "Two.", "event": "A walk"}[kind]
    decision = edited(act, withhold=withhold)
    assert (old in history(act, system.robot("Boris"))) is not withhold
    assert (old in history(act, system.robot("Amina"))) is not withhold
    assert old in history(act, system.robot("Mina"))
    act.overturn(decision)
    assert old in history(act, system.robot("Boris"))


@pytest.mark.parametrize("body", ["Where?", NEW])
def test_a_topics_earlier_title_is_for_moderators_until_it_is_back(system: SystemHarness, body: str) -> None:
    act = Act(system, "topic")
    old = Robot(system).get(act.api).json["title"]

    def titles(robot: Robot) -> list[str]:
        return [each["title"] for each in robot.get(f"{act.api}/history").json["items"]]

    decision = edited(act, body=body)
    assert titles(system.robot("Amina")) == ["Zqtitle", ""]
    assert titles(system.robot("Mina")) == ["Zqtitle", old]
    assert UNNAMED in system.robot("Amina").get(f"{act.api}/history").text
    act.overturn(decision)
    assert titles(system.robot("Boris")) == [old, "Zqtitle", old]


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_told_which_moderator_wrote_it(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    edited(act)
    mina = str(act.viewer("Mina").person_id)
    amina = system.robot("Amina")
    answers = [said(act), amina.get(act.api).text, amina.get("/notifications").text]
    answers.append(history(act, amina))
    assert UNNAMED in history(act, amina)
    assert not any(mina in each for each in answers)


@pytest.mark.parametrize("kind", KINDS)
def test_what_somebody_has_changed_since_stays(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    decision = edited(act)
    where = act.api
    if kind == "topic":
        first = Robot(system).get(f"{act.api}/posts").json["items"][0]
        where = f"/posts/{first['id']}"
    author = system.robot("Edith") if kind == "article" else system.robot("Amina")
    revision = author.get(where).json["revision"]
    saved = author.patch(where, {"revision": revision, "body": "Zqsince"})
    assert saved.status_code == 200, saved.text
    system.drain()
    act.overturn(decision)
    assert "Zqsince" in said(act)


@pytest.mark.parametrize("kind", ["topic", "article"])
def test_an_item_is_moved_and_comes_back(system: SystemHarness, kind: str) -> None:
    category = "elsewhere"
    add_category(system, category)
    act = Act(system, kind)
    before = Robot(system).get(act.api).json["category"]
    assert before != category
    decision = act.decide("move", category=category)
    assert Robot(system).get(act.api).json["category"] == category
    act.overturn(decision)
    assert Robot(system).get(act.api).json["category"] == before


def test_a_topic_without_its_first_post_is_moved_and_comes_back(system: SystemHarness) -> None:
    add_category(system, "elsewhere")
    act = Act(system, "topic")
    system.robot("Boris").post(f"{act.api}/posts", {"body": "There."})
    first = Robot(system).get(f"{act.api}/posts").json["items"][0]
    act.amina.delete(f"/posts/{first['id']}")
    system.drain()
    assert Robot(system).get(f"/posts/{first['id']}").json["deleted"]
    decision = act.decide("move", category="elsewhere")
    assert Robot(system).get(act.api).json["category"] == "elsewhere"
    act.overturn(decision)
    assert Robot(system).get(act.api).json["category"] == "help"


@pytest.mark.parametrize("kind", ["topic", "article"])
def test_the_text_is_changed_also_where_the_item_can_not_be_moved_to(
    system: SystemHarness, kind: str
) -> None:
    act = Act(system, kind)
    before = Robot(system).get(act.api).json["category"]
    new = {"language": "en", "title": "Zqtitle", "body": NEW}
    decision = act.decide("edit", "move", text=new, category="never-was")
    assert Robot(system).get(act.api).json["category"] == before
    assert NEW in said(act)
    act.overturn(decision)
    assert NEW not in said(act)
    assert Robot(system).get(act.api).json["category"] == before


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_kept_to_put_back_goes(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    edited(act)
    service = OF[kind]
    rows = text("SELECT count(*) FROM decided_change")
    left = []
    for age in (89, 91):
        with system.local.databases[service.name].writing() as session:
            session.execute(
                text("UPDATE decided_change SET at = :at"), {"at": clock.now() - timedelta(days=age)}
            )
            service.purge(session)
            left.append(session.execute(rows).scalar_one())
    assert left == [1, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_said_before_the_last_change_is_withheld_with_it(system: SystemHarness, kind: str) -> None:
    act = Act(system, kind)
    old = {"topic": "Where?", "post": "There.", "article": "Two.", "event": "Bring shoes."}[kind]
    where = act.api
    if kind == "topic":
        first = Robot(system).get(f"{act.api}/posts").json["items"][0]
        where = f"/posts/{first['id']}"
    author = system.robot("Edith") if kind == "article" else system.robot("Amina")
    revision = author.get(where).json["revision"]
    assert author.patch(where, {"revision": revision, "body": "Zqsecond"}).status_code == 200
    system.drain()
    decision = edited(act)
    for reader in ("Boris", "Amina"):
        assert not {each for each in (old, "Zqsecond") if each in history(act, system.robot(reader))}
    assert old in history(act, system.robot("Mina"))
    act.overturn(decision)
    assert old in history(act, system.robot("Boris"))
