"""What goes wrong at the API's edge, and what stands around every answer."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from contracts.errors import TooMany, Unavailable
from tests.unit.gateway.fakes import TOKEN, FakeServices
from tests.unit.gateway.harness import Robot, SystemHarness

pytestmark = pytest.mark.slow

TOPIC = {"language": "en", "title": "Maps", "body": "Which?", "category": "help"}


def send(robot: Robot, data: bytes, content_type: str = "application/json", path: str = "/topics") -> Any:
    headers = {"Authorization": f"Bearer {robot.token}", "Content-Type": content_type}
    return robot.client.post(f"/api/v1{path}", data=data, headers=headers)


@pytest.mark.parametrize(
    ("data", "content_type", "status", "code"),
    [
        (b'{"title": ', "application/json", 422, "json-broken"),
        (b'{"title": NaN}', "application/json", 422, "json-broken"),
        (b"[" * 100_000, "application/json", 422, "json-broken"),
        (b'{"revision": ' + b"9" * 5000 + b"}", "application/json", 422, "json-broken"),
        (b'{"title": "\xff"}', "application/json", 400, "request-broken"),
        (b"title=x", "application/x-www-form-urlencoded", 415, "media-type-wrong"),
        (b"{}", "text/plain", 415, "media-type-wrong"),
        (b"{}", "", 415, "media-type-wrong"),
        (b'{"body": "' + b"x" * 1_100_000 + b'"}', "application/json", 413, "request-too-large"),
        (b'{"tags": [' + b"1," * 1_000 + b"1]}", "application/json", 422, "json-too-complex"),
        (
            b"{" + b",".join(b'"k%d":1' % number for number in range(50_000)) + b"}",
            "application/json",
            422,
            "json-too-complex",
        ),
        (b"[" * 900 + b"]" * 900, "application/json", 422, "invalid"),
        (b"[]", "application/json", 422, "invalid"),
        (b"null", "application/json", 422, "invalid"),
    ],
)
def test_a_broken_body_is_refused_with_a_reason(
    system: SystemHarness, data: bytes, content_type: str, status: int, code: str
) -> None:
    answer = send(system.robot("Amina"), data, content_type)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"
    assert answer.json["type"] == f"/problems/{code}"
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert answer.json["detail"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("title", "x" * 201, "too-long"),
        ("title", "", "missing"),
        ("title", None, "type-wrong"),
        ("title", "a\x00b", "text-broken"),
        ("title", "\ud800", "text-broken"),
        ("body", 5, "type-wrong"),
        ("body", f"|{'a|' * 1000}\n|{'-|' * 1000}\nx\nx\n", "markup-cells"),
        ("body", ">" * 50 + "a", "markup-nested"),
        ("tags", "maps", "type-wrong"),
        ("tags", ["x" * 41], "too-long"),
        ("audience", "everybody", "shape-wrong"),
        ("language", "tlh-nothing", "language-unknown"),
        ("category", "nothing", "category-unknown"),
        ("colour", "red", "field-unknown"),
    ],
)
def test_each_wrong_field_is_named_with_a_sentence(
    system: SystemHarness, field: str, value: Any, code: str
) -> None:
    answer = system.robot("Amina").post("/topics", {**TOPIC, field: value})
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert error["field"].split(".")[0] == field
    assert error["code"] == code
    assert error["message"]
    spanish = system.robot("Amina").post("/topics", {**TOPIC, field: value}, Accept_Language="es")
    assert spanish.json["title"] != answer.json["title"]


def test_of_many_wrong_fields_the_first_are_named(system: SystemHarness) -> None:
    wrong = {f"colour{number}": "red" for number in range(900)}
    answer = system.robot("Amina").post("/topics", {**TOPIC, **wrong})
    assert len(answer.json["errors"]) == 20
    long = system.robot("Amina").post("/topics", {**TOPIC, "x" * 50_000: 1})
    assert (long.status_code, len(long.data) < 2_000) == (422, True)


def test_only_what_has_a_long_text_may_be_long(system: SystemHarness) -> None:
    robot = system.robot("Amina")
    thai = {**TOPIC, "body": "ก" * 50_000}
    assert robot.post("/topics", thai).status_code == 201
    padding = b" " * 64_000
    assert send(robot, b"{}" + padding).status_code == 422
    for path in ("/notifications/read", "/tokens"):
        answer = send(robot, b"{}" + padding, path=path)
        assert (answer.status_code, answer.json["code"]) == (413, "request-too-large"), path


def test_a_query_is_checked_as_well(system: SystemHarness) -> None:
    robot = Robot(system)
    for query, field in (
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("sort=best", "sort"),
        ("colour=red", "colour"),
        (f"cursor={'x' * 300}", "cursor"),
    ):
        answer = robot.get(f"/topics?{query}")
        assert answer.status_code == 422, query
        assert [error["field"] for error in answer.json["errors"]] == [field]
    refused = robot.get("/topics?cursor=nonsense")
    assert [(error["field"], error["code"]) for error in refused.json["errors"]] == [
        ("cursor", "cursor-shape")
    ]
    assert robot.get("/topics?tag=&uselang=es").status_code == 200
    assert robot.get("/topics?tag=%ff").status_code == 400
    assert robot.get("/events?box=1,2,3").status_code == 422


def test_paths_and_methods_that_are_none(system: SystemHarness) -> None:
    robot = Robot(system)
    for path in ("/nothing", "/topics/0000000000000000", "/people/nobody", "/follows/cat/1", "/topics/%00"):
        answer = robot.get(path)
        assert answer.status_code in (400, 401, 404), path
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    wrong = robot.ask("PUT", "/topics")
    assert (wrong.status_code, wrong.json["code"]) == (405, "method-wrong")
    assert set(wrong.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_writing_needs_an_account_and_a_token_that_is_one(system: SystemHarness) -> None:
    stranger = Robot(system).post("/topics", TOPIC)
    assert (stranger.status_code, stranger.json["code"]) == (401, "sign-in-needed")
    assert stranger.headers["WWW-Authenticate"] == "Bearer"
    for token in ("nonsense", "x" * 5000):
        answer = Robot(system, token).get("/topics")
        assert (answer.status_code, answer.json["code"]) == (401, "token-wrong")


def test_a_browser_session_may_write_with_the_pages_token_only(
    fakes: FakeServices, member: FlaskClient, token: Any
) -> None:
    fakes.notify.answers["mark_read"] = 3
    refused = member.post("/api/v1/notifications/read", json={})
    assert (refused.status_code, refused.json["code"]) == (403, "form-expired")  # type: ignore[index]
    good = member.post("/api/v1/notifications/read", json={}, headers={"X-CSRF-Token": token(member)})
    assert (good.status_code, good.json) == (200, {"unread": 3})


def test_a_wrong_bearer_token_does_not_fall_back_on_the_session(
    fakes: FakeServices, member: FlaskClient
) -> None:
    fakes.people.answers["viewer_of_token"] = None
    answer = member.post("/api/v1/notifications/read", json={}, headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401
    assert not fakes.notify.called("mark_read")


def test_no_answer_sets_a_cookie_or_shows_a_secret(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    for path in ("/me", "/topics", "/nothing", "/openapi.json"):
        answer = amina.get(path)
        assert "Set-Cookie" not in answer.headers
        assert TOKEN not in answer.text
        assert str(amina.token) not in answer.text


def test_other_sites_scripts_may_ask_first_and_send_no_cookie(system: SystemHarness) -> None:
    asked = Robot(system).ask("OPTIONS", "/topics", Origin="https://example.org")
    assert asked.status_code == 204
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked.headers
    answer = Robot(system).get("/topics", Origin="https://example.org")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_repeated_request_is_done_once(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    first, again = (amina.post("/topics", TOPIC, Idempotency_Key="k-1") for _ in range(2))
    assert first.json["id"] == again.json["id"]
    assert first.headers["Location"] == again.headers["Location"]
    other_key = amina.post("/topics", TOPIC, Idempotency_Key="k-2")
    other_body = amina.post("/topics", {**TOPIC, "title": "Other"}, Idempotency_Key="k-1")
    other_person = system.robot("Boris").post("/topics", TOPIC, Idempotency_Key="k-1")
    made = [answer.json["id"] for answer in (first, other_key, other_body, other_person)]
    assert len(set(made)) == 4
    posts = [
        amina.post(f"/topics/{id}/posts", {"body": "Yes."}, Idempotency_Key="k-1").json["topic_id"]
        for id in made[:2]
    ]
    assert posts == made[:2]
    assert amina.post("/topics", TOPIC, Idempotency_Key="x" * 201).status_code == 422


def test_an_unchanged_answer_is_a_304(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    first = amina.get("/topics")
    assert amina.get("/topics", If_None_Match=first.headers["ETag"]).status_code == 304
    assert {"Authorization", "Cookie", "Accept-Language"} <= {
        name.strip() for name in first.headers["Vary"].split(",")
    }
    amina.post("/topics", TOPIC)
    assert amina.get("/topics", If_None_Match=first.headers["ETag"]).status_code == 200


def test_a_list_is_walked_by_its_link(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    for number in range(5):
        amina.post("/topics", {**TOPIC, "title": f"Topic {number}", "tags": ["maps"]})
    seen: list[str] = []
    path = "/api/v1/topics?limit=2&tag=maps&sort=new"
    for _ in range(10):
        answer = Robot(system).get(path)
        assert answer.json.keys() == {"items", "next"}
        seen += [item["title"] for item in answer.json["items"]]
        if answer.json["next"] is None:
            assert "Link" not in answer.headers
            break
        link, relation = answer.headers["Link"].split("; ")
        assert relation == 'rel="next"'
        path = link.strip("<>")
        assert "tag=maps" in path
    assert seen == [f"Topic {number}" for number in (4, 3, 2, 1, 0)]


def test_cards_come_by_ids_and_names(system: SystemHarness) -> None:
    me = system.robot("Amina").get("/me").json["id"]
    found = Robot(system).get(f"/people?ids={me},0000000000000000&names=Boris").json["items"]
    assert sorted(card["name"] for card in found) == ["Amina", "Boris"]
    assert Robot(system).get(f"/people?ids={','.join(['x'] * 101)}").status_code == 422


def test_what_one_follows(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    assert amina.get("/follows/category/talk/help").status_code == 404
    assert amina.put("/follows/category/talk/help", {"level": "watching"}).json["level"] == "watching"
    assert amina.get("/follows/category/talk/help").json["id"] == "talk/help"
    assert amina.put("/follows/tag/maps").json["level"] == "normal"
    assert amina.put("/follows/tag/maps", {"mail": "weekly"}).json["mail"] == "weekly"
    assert amina.put("/follows/tag/maps", {"level": "watching"}).json["mail"] == "weekly"
    assert amina.put("/follows/tag/maps", {"mail": "never"}).status_code == 422
    assert len(amina.get("/follows").json["items"]) == 2
    assert amina.delete("/follows/tag/maps").status_code == 204
    assert amina.put("/follows/tag/maps", {"level": "madly"}).status_code == 422


def test_categories_of_both_services_come_as_one_list(system: SystemHarness) -> None:
    found = Robot(system).get("/categories").json["items"]
    assert [(one["section"], one["follow"]) for one in found] == [
        ("news", "news/stories"),
        ("talk", "talk/help"),
    ]


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    return out.getvalue()


def test_a_picture_comes_as_json_or_as_a_form(system: SystemHarness) -> None:
    amina = system.robot("Amina")
    said = {"alt": "Teal", "author": "Amina", "licence": "CC0", "source": "own work"}
    as_json = amina.post("/uploads", {**said, "base64": base64.b64encode(picture()).decode()})
    assert (as_json.status_code, as_json.json["width"]) == (201, 40)
    headers = {"Authorization": f"Bearer {amina.token}"}
    form = {**said, "file": (io.BytesIO(picture()), "teal.png")}
    as_form = amina.client.post("/api/v1/uploads", data=form, headers=headers)
    assert (as_form.status_code, as_form.json["alt"]) == (201, "Teal")  # type: ignore[index]
    no_picture = amina.post("/uploads", {**said, "base64": base64.b64encode(b"not a picture").decode()})
    assert no_picture.status_code == 422
    no_file = amina.client.post(
        "/api/v1/uploads", data=said, headers=headers, content_type="multipart/form-data"
    )
    assert [error["field"] for error in json.loads(no_file.data)["errors"]] == ["base64"]


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [
        (Unavailable("service-away", params={"service": "forum"}), 503, "5"),
        (TooMany("too-many-posts", params={"seconds": 17}), 429, "17"),
    ],
)
def test_a_service_that_is_away_and_a_flood_say_when_to_come_back(
    fakes: FakeServices, stranger: FlaskClient, error: Exception, status: int, retry: str
) -> None:
    fakes.forum.answers["topics"] = error
    answer = stranger.get("/api/v1/topics")
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, retry)
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/topics"), ("PATCH", f"/posts/{'0' * 16}"), ("POST", "/uploads")]
)
def test_a_stranger_is_asked_to_sign_in_before_anything_else(
    system: SystemHarness, method: str, path: str
) -> None:
    answer: Any = Robot(system).client.open(f"/api/v1{path}", method=method, json={"nonsense": 1})
    assert (answer.status_code, answer.json["code"]) == (401, "sign-in-needed")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
