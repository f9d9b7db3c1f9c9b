"""Several items are asked for at once: whole, in their order, and never more than the viewer may see."""

from __future__ import annotations

import pytest

from contracts.errors import Invalid
from core.audience import STRANGER
from tests.unit.gateway.harness import SystemHarness, hidden_group, plan_event

pytestmark = pytest.mark.slow


def test_topics(system: SystemHarness) -> None:
    amina, forum = system.robot("Amina"), system.services.forum
    secret = {"audience": hidden_group(system)["audience"]}
    ids = []
    for more in ({}, secret, {"audience": "members"}, {}):
        text = {"language": "en", "title": "Wells", "body": "Two.", "category": "help", **more}
        ids.append(amina.post("/topics", text).json["id"])
    asked = [ids[3], "0" * 16, *ids, "no id"]
    assert forum.topics_by_id(STRANGER, asked, None) == [
        forum.topic(STRANGER, each, None) for each in (ids[3], ids[0], ids[3])
    ]
    assert forum.topics_by_id(STRANGER, [], None) == []


def test_articles(system: SystemHarness) -> None:
    amina, edith, blog = system.robot("Amina"), system.robot("Edith"), system.services.blog
    ids = []
    for out in (True, False, True):
        text = {"language": "en", "title": "Wells", "body": "Two.", "category": "stories"}
        ids.append(amina.post("/articles", text).json["id"])
        if out:
            amina.post(f"/articles/{ids[-1]}/submit")
            edith.post(f"/articles/{ids[-1]}/publish")
    assert blog.articles_by_id(STRANGER, [*reversed(ids)], "en") == [
        blog.article(STRANGER, each, "en") for each in (ids[2], ids[0])
    ]


def test_events(system: SystemHarness) -> None:
    events, secret = system.services.events, hidden_group(system)["audience"]
    plain, hidden = plan_event(system, "Walk"), plan_event(system, "Talk", audience=secret)
    ids = [hidden["id"], plain["id"], plain["id"]]
    assert events.events_by_id(STRANGER, ids, [None, plain["occurrence"], "20300101T1000"], None) == [
        events.event(STRANGER, plain["id"], plain["occurrence"], None)
    ]


def test_too_many_are_refused(system: SystemHarness) -> None:
    many = ["0" * 16] * 101
    with pytest.raises(Invalid):
        system.services.forum.topics_by_id(STRANGER, many, None)
    with pytest.raises(Invalid):
        system.services.blog.articles_by_id(STRANGER, many, None)
    with pytest.raises(Invalid):
        system.services.events.events_by_id(STRANGER, many, [None] * 101, None)
    with pytest.raises(Invalid):
        system.services.events.events_by_id(STRANGER, many[:2], [None], None)
