"""The story as a script walks it with tokens, over the real services."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from tests.unit.gateway.harness import PASSWORD, Robot, SystemHarness, hidden_group

pytestmark = pytest.mark.slow


def test_a_draft_goes_through_review_and_opens_its_discussion(system: SystemHarness) -> None:
    amina, edith = system.robot("Amina"), system.robot("Edith", "editor")
    made = amina.post(
        "/articles", {"language": "es", "title": "Hola", "body": "Un *mundo*.", "tags": ["mapas"]}
    )
    assert made.status_code == 201
    path = f"/articles/{made.json['id']}"
    assert made.headers["Location"] == f"/api/v1{path}"
    missing = amina.post(f"{path}/submit")
    assert missing.status_code == 422
    assert [error["code"] for error in missing.json["errors"]] == ["category-missing"]
    changed = amina.patch(path, {"revision": made.json["revision"], "category": "stories"})
    assert changed.status_code == 200, changed.text
    assert amina.post(f"{path}/submit").json["status"] == "submitted"
    back = edith.post(f"{path}/return", {"remark": "Who took the picture?"})
    assert back.json["status"] == "returned"
    assert back.json["review"][-1]["remark"] == "Who took the picture?"
    again = amina.patch(path, {"revision": back.json["revision"], "body": "Un mundo. Foto: yo."})
    assert again.status_code == 200
    assert amina.post(f"{path}/submit").status_code == 200
    assert amina.post(f"{path}/publish").status_code == 403
    assert edith.post(f"{path}/publish").json["status"] == "published"
    system.drain()
    assert [line["id"] for line in Robot(system).get("/articles?tag=mapas").json["items"]] == [
        made.json["id"]
    ]
    topic = amina.get(f"{path}/discussion").json
    assert topic["article_id"] == made.json["id"]
    assert edith.post(f"/topics/{topic['id']}/posts", {"body": "¡Qué bien!"}).status_code == 201


def test_a_text_goes_out_as_it_was_read(system: SystemHarness) -> None:
    amina, boris, edith = system.robot("Amina"), system.robot("Boris"), system.robot("Edith", "editor")
    body = {"language": "es", "title": "Hola", "body": "Un mundo.", "category": "stories"}
    path = f"/articles/{amina.post('/articles', body).json['id']}"
    read = amina.post(f"{path}/submit").json
    late = boris.patch(path, {"revision": read["revision"], "body": "Buy this."})
    assert late.status_code == 200
    at = (clock.now() + timedelta(days=1)).isoformat()
    for step, sent in (
        ("publish", None),
        ("publish", {"revision": read["article_revision"]}),
        ("schedule", {"at": at}),
        ("schedule", {"at": at, "revision": read["article_revision"]}),
    ):
        refused = edith.post(f"{path}/{step}", sent)
        assert (refused.status_code, refused.json["code"]) == (409, "text-changed")
        assert refused.json["revision"] == late.json["article_revision"]
        assert "See what changed" in refused.json["detail"]
    back = boris.patch(path, {"revision": late.json["revision"], "body": "Un mundo."})
    out = edith.post(f"{path}/publish", {"revision": back.json["article_revision"]})
    assert (out.json["status"], out.json["published_alone"]) == ("published", False)
    assert out.json["review"][-1]["revision"] == back.json["article_revision"]
    assert Robot(system).get(path).json["review"] == []


def test_a_topic_is_opened_answered_edited_and_translated(system: SystemHarness) -> None:
    amina, boris = system.robot("Amina"), system.robot("Boris")
    topic = amina.post(
        "/topics", {"language": "en", "title": "Maps", "body": "Which?", "category": "help"}
    ).json
    path = f"/topics/{topic['id']}"
    post = boris.post(f"{path}/posts", {"body": "This one."}).json
    edited = boris.patch(f"/posts/{post['id']}", {"revision": post["revision"], "body": "That one."})
    assert edited.json["body"] == "That one."
    stale = boris.patch(f"/posts/{post['id']}", {"revision": post["revision"], "body": "Another."})
    assert stale.status_code == 409
    assert stale.json["code"] == "edit-conflict"
    assert {"yours", "theirs", "revision"} <= stale.json.keys()
    version = boris.put(f"{path}/versions/es", {"title": "Mapas", "body": "¿Cuáles?"})
    assert version.status_code == 200, version.text
    assert Robot(system).get(f"{path}?lang=es").json["title"] == "Mapas"
    assert Robot(system).get(path, Accept_Language="es-MX").json["title"] == "Mapas"
    assert boris.delete(f"/posts/{post['id']}").status_code == 204
    posts = Robot(system).get(f"{path}/posts").json["items"]
    assert [(one["number"], one["deleted"]) for one in posts] == [(1, False), (2, True)]


def test_an_event_is_made_and_people_say_that_they_come(system: SystemHarness) -> None:
    amina, boris = system.robot("Amina"), system.robot("Boris")
    found = amina.get("/places?q=Cairo").json["items"][0]
    place = {name: found[name] for name in ("name", "country", "latitude", "longitude")}
    day = (clock.now() + timedelta(days=60)).date()
    event = {
        "language": "en",
        "title": "Photo walk",
        "body": "Bring shoes.",
        "start": f"{day}T18:00",
        "minutes": 90,
        "timezone": found["timezone"],
        "place": place,
        "recurrence": "FREQ=WEEKLY;COUNT=3",
    }
    made = amina.post("/events", event)
    assert made.status_code == 201, made.text
    path = f"/events/{made.json['id']}"
    dates = Robot(system).get("/events?country=EG").json["items"]
    names = [f"{day + timedelta(weeks=week):%Y%m%d}T1800" for week in range(3)]
    assert [one["occurrence"] for one in dates] == names
    going = boris.put(f"{path}/attendance", {"occurrence": names[1]})
    assert (going.json["my_attendance"], going.json["going"]) == ("going", 1)
    assert Robot(system).get(f"{path}/attendees?occurrence={names[1]}").status_code == 401
    assert len(amina.get(f"{path}/attendees?occurrence={names[1]}").json["items"]) == 1
    assert amina.get(f"{path}/attendees?occurrence={names[0]}").json["items"] == []
    gone = boris.delete(f"{path}/attendance?occurrence={names[1]}")
    assert gone.json["going"] == 0
    assert len(Robot(system).get("/events?box=20,20,40,40").json["items"]) == 3
    assert Robot(system).get("/events?box=-10,40,10,60").json["items"] == []


def test_seats_and_events_near_a_place(system: SystemHarness) -> None:
    amina, boris, cleo = (system.robot(name) for name in ("Amina", "Boris", "Cleo"))
    day = (clock.now() + timedelta(days=60)).date()
    lisbon = {"name": "Lisboa", "country": "PT", "latitude": 38.71667, "longitude": -9.13333}
    event = {
        "language": "en", "title": "Photo walk", "body": "Bring shoes.", "start": f"{day}T18:00", "minutes": 90,
        "timezone": "Europe/Lisbon", "place": lisbon, "seats": 1,
    }  # fmt: skip
    made = amina.post("/events", event)
    assert (made.status_code, made.json["seats_free"]) == (201, 1), made.text
    path = f"/events/{made.json['id']}"
    stranger = Robot(system)

    def found(query: str) -> list[str]:
        answer = stranger.get(f"/search?{query}")
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json["items"]]

    system.drain()
    for query in (
        "q=near:Lisbon",
        "near=Lissabon&within=20mi",
        "q=walk&near=38.8,-9.1",
        "q=has:seats+near:リスボン",
    ):
        assert found(query) == [made.json["id"]], query
    assert found("near=Porto&within=100km") == []
    assert stranger.get("/search?near=91,0").status_code == 422
    assert stranger.get("/search?near=Lisbon&within=far").status_code == 422
    hint = stranger.get("/search?near=Nowhereville").json["hints"][0]
    assert (hint["code"], hint["text"]) == ("place-unknown", "Nowhereville")
    assert boris.put(f"{path}/attendance", {}).json["my_attendance"] == "going"
    waits = cleo.put(f"{path}/attendance", {}).json
    assert (waits["my_attendance"], waits["my_place"], waits["waiting"]) == (None, 1, 1)
    system.drain()
    assert found("q=has:seats") == []
    assert len(amina.get(f"{path}/waiting").json["items"]) == 1
    assert stranger.get(f"{path}/waiting").status_code == 401
    boris.delete(f"{path}/attendance")
    assert cleo.get(path).json["my_attendance"] == "going"
    cleo.delete(f"{path}/attendance")
    system.drain()
    assert found("q=has:seats") == [made.json["id"]]


def test_a_hidden_group_is_to_outsiders_as_one_that_never_was(system: SystemHarness) -> None:
    amina, boris = system.robot("Amina"), system.robot("Boris")
    group = hidden_group(system)
    body = {"language": "en", "title": "Secret", "body": "Psst", "audience": group["audience"]}
    topic = amina.post("/topics", body).json["id"]
    for method, path in (
        ("GET", "/groups/{}"),
        ("GET", "/groups/{}/members"),
        ("POST", "/groups/{}/join"),
        ("GET", "/topics?group={}"),
        ("GET", "/articles?group={}"),
        ("GET", "/events?group={}"),
    ):
        hidden, never = (boris.ask(method, path.format(slug)) for slug in ("circle", "nothing"))
        assert hidden.status_code == never.status_code == 404
        assert hidden.data == never.data
    assert boris.get(f"/topics/{topic}").data == boris.get(f"/topics/{'0' * 16}").data
    assert boris.get("/topics").json["items"] == []
    assert [one["id"] for one in amina.get("/topics?group=circle").json["items"]] == [topic]


def test_nobody_takes_a_hidden_groups_address_from_its_members(system: SystemHarness) -> None:
    amina, boris = system.robot("Amina"), system.robot("Boris")
    wanted = {"slug": "circle", "kind": "hidden", "language": "en", "name": "Circle"}
    hidden = amina.post("/groups", wanted).json
    other = boris.post("/groups", {**wanted, "kind": "open"}).json
    assert (hidden["slug"], other["slug"]) == (f"circle--{hidden['id']}", "circle")
    assert amina.get("/groups/circle").json["id"] == hidden["id"]
    assert boris.get("/groups/circle").json["id"] == other["id"]
    slugs = {one["id"]: one["slug"] for one in amina.get("/groups").json["items"]}
    assert slugs[other["id"]] == f"circle--{other['id']}"
    assert amina.get(f"/groups/{slugs[other['id']]}").json["id"] == other["id"]
    theirs, absent = (boris.get(f"/groups/circle--{end}") for end in (hidden["id"], "0" * 16))
    assert theirs.status_code == 404
    assert theirs.data == absent.data


def test_a_closed_group_is_joined_by_asking(system: SystemHarness) -> None:
    amina, boris = system.robot("Amina"), system.robot("Boris")
    amina.post("/groups", {"slug": "photo", "kind": "closed", "language": "en", "name": "Photographers"})
    assert boris.post("/groups/photo/join").json["my_state"] == "requested"
    waiting = amina.get("/groups/photo/members?state=requested").json["items"]
    assert [one["person"]["name"] for one in waiting] == ["Boris"]
    assert amina.put("/groups/photo/members/Boris", {}).json["state"] == "member"
    assert boris.delete("/groups/photo/members/boris").status_code == 204
    assert boris.get("/groups/photo").json["my_state"] == "none"


def test_tokens_are_listed_without_secret_and_revoked(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    body = {"name": "Amina", "password": PASSWORD, "label": "reader", "scopes": ["read"]}
    made = Robot(system).post("/tokens", body)
    assert made.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in made.headers
    reader = Robot(system, made.json["token"])
    assert reader.get("/me").json["name"] == "Amina"
    refused = reader.patch("/me", {"about": "x"})
    assert (refused.status_code, refused.json["code"]) == (403, "scope-missing")
    assert all("token" not in one for one in amina.get("/tokens").json["items"])
    assert amina.delete(f"/tokens/{made.json['id']}").status_code == 204
    assert reader.get("/me").status_code == 401
    wrong = Robot(system).post("/tokens", {**body, "password": "nothing like it"})
    assert (wrong.status_code, wrong.json["code"]) == (403, "sign-in-wrong")
