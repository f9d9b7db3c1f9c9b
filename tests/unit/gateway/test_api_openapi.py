"""The OpenAPI document: valid, in step with its file, and the whole surface."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from gateway.api import openapi
from tests.unit.gateway.harness import Robot, SystemHarness

pytestmark = pytest.mark.slow

SURFACE = """
POST /tokens · GET /me · GET /topics · POST /topics · GET /topics/{topic_id} · PATCH /topics/{topic_id} ·
GET /topics/{topic_id}/posts · POST /topics/{topic_id}/posts · PATCH /posts/{post_id} · DELETE /posts/{post_id} ·
GET /categories · GET /tags · GET /articles · POST /articles · GET /articles/{article_id} ·
PATCH /articles/{article_id} · POST /articles/{article_id}/submit · POST /articles/{article_id}/return ·
POST /articles/{article_id}/decline · POST /articles/{article_id}/publish · POST /articles/{article_id}/schedule ·
GET /events · POST /events · GET /events/{event_id} · PATCH /events/{event_id} ·
PUT /events/{event_id}/attendance · DELETE /events/{event_id}/attendance · GET /groups · POST /groups ·
GET /groups/{slug} · POST /groups/{slug}/join · GET /groups/{slug}/members · PUT /groups/{slug}/members/{name} ·
DELETE /groups/{slug}/members/{name} · GET /people/{name} · GET /notifications · POST /notifications/read ·
GET /follows/{kind}/{id} · PUT /follows/{kind}/{id} · DELETE /follows/{kind}/{id} · GET /search · POST /uploads
"""


def test_a_local_time_is_not_declared_as_one_with_an_offset() -> None:
    schemas = openapi.document()["components"]["schemas"]
    times = [
        schemas["EventView"]["properties"]["local_start"],
        schemas["CreateEvent"]["properties"]["start"],
        schemas["ChangeEvent"]["properties"]["start"]["anyOf"][0],
    ]
    for declared in times:
        assert "format" not in declared
        assert re.search(declared["pattern"], "2027-03-05T18:00:00")
        assert re.search(declared["pattern"], "2027-03-05T18:00")
        assert not re.search(declared["pattern"], "2027-03-05T18:00:00Z")
    assert schemas["EventView"]["properties"]["starts_at"]["format"] == "date-time"


def test_the_document_is_valid() -> None:
    validate(openapi.document())


def test_the_documented_surface_is_all_there() -> None:
    paths = openapi.document()["paths"]
    there = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert {one.strip() for one in SURFACE.split("·")} <= there


def test_the_file_in_docs_is_in_step() -> None:
    assert openapi.main(["--check"]) == 0


def test_the_check_fails_when_the_file_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "openapi.json"
    assert openapi.main(["--check"], file) == 1
    assert "--write" in capsys.readouterr().err
    assert openapi.main(["--write"], file) == 0
    assert openapi.main(["--check"], file) == 0
    file.write_text(
        file.read_text(encoding="utf-8").replace("Open a topic", "Shut a topic"), encoding="utf-8"
    )
    assert openapi.main(["--check"], file) == 1


def test_it_is_served(system: SystemHarness) -> None:
    answer = Robot(system).get("/openapi.json")
    assert answer.json == json.loads(openapi.written())
    assert Robot(system).get("/openapi.json", If_None_Match=answer.headers["ETag"]).status_code == 304
