"""Blocks, mutes and one's own data over the API."""

from __future__ import annotations

import io
import zipfile

from flask.testing import FlaskClient

from contracts.blocks import BlockPerson, BlockView
from contracts.common import Page
from contracts.errors import TooMany
from contracts.own_data import ExportRecord
from tests.unit.gateway.fakes import BORIS, MEMBER, MOMENT, FakeServices

BEARER = {"Authorization": "Bearer space_x"}


def test_blocks_and_mutes_are_two_lists(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.people.answers["viewer_of_token"] = MEMBER
    one = BlockView(person_id=BORIS, level="mute", since=MOMENT)
    fakes.people.answers.update(blocks_of=Page[BlockView](items=[one], next="c-1"), block=one, lift=None)
    listed = member.get("/api/v1/me/mutes?limit=1", headers=BEARER)
    assert (listed.get_json()["items"][0]["person_id"], listed.get_json()["next"]) == (BORIS, "c-1")
    assert member.get("/api/v1/me/blocks", headers=BEARER).status_code == 200
    assert [call[1] for call in fakes.people.called("blocks_of")] == ["mute", "block"]
    for path, level in (("mutes", "mute"), ("blocks", "block")):
        assert member.put(f"/api/v1/me/{path}/Boris", headers=BEARER).status_code == 200
        assert fakes.people.called("block")[-1][1:] == ("Boris", BlockPerson(level=level))
        assert member.delete(f"/api/v1/me/{path}/Boris", headers=BEARER).status_code == 204
        assert fakes.people.called("lift")[-1][1:] == ("Boris", level)


def test_the_export_is_a_file(member: FlaskClient, fakes: FakeServices) -> None:
    for service in (fakes.people, fakes.blog, fakes.forum, fakes.events, fakes.notify, fakes.mail):
        service.answers["export_of"] = Page[ExportRecord](items=[])
    fakes.people.answers.update(begin_export=None, viewer_of_token=MEMBER)
    answer = member.post("/api/v1/me/export", headers=BEARER)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "no-store"
    assert zipfile.ZipFile(io.BytesIO(answer.data)).namelist() == ["export.json"]
    fakes.people.answers["begin_export"] = TooMany("exports-too-many", params={"seconds": 9})
    refused = member.post("/api/v1/me/export", headers=BEARER)
    assert (refused.status_code, refused.get_json()["code"]) == (429, "exports-too-many")


def test_strangers_have_neither(stranger: FlaskClient, fakes: FakeServices) -> None:
    for path in ("blocks", "mutes"):
        assert stranger.put(f"/api/v1/me/{path}/Boris").status_code == 401
    assert stranger.post("/api/v1/me/export").status_code == 401
