"""Namesakes are shown with the names of their accounts, on pages, in the API, feeds and search."""

from __future__ import annotations

import feedparser
import pytest

from tests.unit.gateway.harness import SystemHarness


@pytest.mark.slow
def test_namesakes_are_told_apart_everywhere(system: SystemHarness) -> None:
    amina, boris = system.robot("Amina"), system.robot("Boris")
    body = {"language": "en", "title": "Zebra", "body": "Stripes.", "category": "help"}
    topic = amina.post("/topics", body).json
    boris.post(f"/topics/{topic['id']}/posts", {"body": "More stripes."})
    for robot, name in ((amina, "Ada Nkemelu"), (boris, "Аda Nkemelu")):  # Boris begins with a Cyrillic А
        assert robot.patch("/me", {"display_name": name}).status_code == 200
    system.drain()
    client = system.app.test_client()
    page = client.get(f"/talk/t/{topic['id']}/{topic['slug']}").text
    assert "<bdi>Ada Nkemelu (@Amina)</bdi>" in page
    assert "<bdi>Аda Nkemelu (@Boris)</bdi>" in page
    assert "<h1><bdi>Аda Nkemelu (@Boris)</bdi></h1>" in client.get("/people/Boris").text
    profile = amina.get("/people/Boris").json
    assert (profile["display_name"], profile["shown_name"]) == ("Аda Nkemelu", "Аda Nkemelu (@Boris)")
    authors = {entry.author for entry in feedparser.parse(client.get("/feeds/talk.atom").data).entries}
    assert authors == {"Ada Nkemelu (@Amina)"}
    found = [hit["title"] for hit in amina.get("/search?q=nkemelu&kind=person").json["items"]]
    assert sorted(found) == ["Ada Nkemelu (@Amina)", "Аda Nkemelu (@Boris)"]
