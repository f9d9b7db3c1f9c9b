"""/settings/data: the archive is sent while it is made, and a broken one is seen to be broken."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from contracts.common import Page
from contracts.errors import TooMany, Unavailable
from contracts.own_data import ExportRecord
from core.audience import Viewer
from tests.unit.gateway.fakes import FakeServices

Token = Callable[[FlaskClient], str]


@pytest.fixture(autouse=True)
def exporters(fakes: FakeServices) -> None:
    for service in (fakes.people, fakes.blog, fakes.forum, fakes.events, fakes.notify, fakes.mail):
        service.answers["export_of"] = Page[ExportRecord](items=[])
    fakes.people.answers["begin_export"] = None


def record(number: int) -> ExportRecord:
    return ExportRecord(file="forum/posts", record={"body": f"نص {number}"})


def test_it_is_ones_own(stranger: FlaskClient, member: FlaskClient, token: Token) -> None:
    assert stranger.get("/settings/data").status_code == 401
    assert stranger.post("/settings/data", data={"csrf_token": token(stranger)}).status_code == 401
    assert "Download your data" in member.get("/settings/data").text
    assert member.post("/settings/data").status_code == 403, "without the form's token"


def test_pages_become_files(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    pages: dict[str | None, Page[ExportRecord]] = {
        None: Page(items=[record(1)], next="0-1"),
        "0-1": Page(items=[record(2)]),
    }
    fakes.forum.answers["export_of"] = lambda viewer, after, limit: pages[after]
    answer = member.post("/settings/data", data={"csrf_token": token(member)})
    assert answer.mimetype == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.namelist() == ["forum/posts.json", "export.json"]
        assert json.loads(packed.read("forum/posts.json")) == [{"body": "نص 1"}, {"body": "نص 2"}]
        assert json.loads(packed.read("export.json"))["records"] == {"forum/posts": 2}


def test_a_service_is_asked_again_before_it_fails(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    asked: list[str | None] = []

    def sometimes(viewer: Viewer, after: str | None, limit: int) -> Page[ExportRecord]:
        asked.append(after)
        if len(asked) < 3:
            raise Unavailable
        return Page(items=[record(1)])

    fakes.forum.answers["export_of"] = sometimes
    answer = member.post("/settings/data", data={"csrf_token": token(member)})
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert "export.json" in packed.namelist()
    fakes.forum.answers["export_of"] = Unavailable()
    broken = member.post("/settings/data", data={"csrf_token": token(member)})
    with pytest.raises(Unavailable):
        broken.get_data()


def test_who_asks_too_often_is_told_when_to_come_back(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.people.answers["begin_export"] = TooMany("exports-too-many", params={"seconds": 60})
    answer = member.post("/settings/data", data={"csrf_token": token(member)})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert "several times" in answer.text
    assert fakes.forum.called("export_of") == []
