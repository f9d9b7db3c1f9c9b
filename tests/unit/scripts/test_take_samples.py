"""Samples are taken from a service's log: the newest event of each type that has none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bus.eventlog import schema
from bus.eventlog.append import append_event
from contracts.check import FOLDER
from contracts.people import PersonChanged
from core.database import Database
from scripts import take_samples

SAMPLES = FOLDER / "samples"


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/people.sqlite"
    database = Database(url)
    schema.metadata.create_all(database.engine)
    data = json.loads((SAMPLES / "people.person.changed.v1.json").read_text(encoding="utf-8"))["data"]
    with database.writing() as session:
        for about in ("older", "newest"):
            data["person"]["about"] = about
            append_event(session, PersonChanged.model_validate(data))
    database.close()
    return url


def test_the_newest_event_of_a_type_without_a_sample_is_taken(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        take_samples.main([url], tmp_path / "a" / "b") == 1
    )  # the other services' events are still missing, and it says so
    taken = json.loads(
        (tmp_path / "a" / "b" / "samples" / "people.person.changed.v1.json").read_text("utf-8")
    )
    assert (taken["data"]["person"]["about"], taken["sequence"]) == ("newest", "2")
    assert "no log has an event forum.post.created of version 1" in capsys.readouterr().err


def test_what_has_a_sample_keeps_it(url: str, tmp_path: Path) -> None:
    copy = tmp_path / "published"
    shutil.copytree(FOLDER, copy)
    take_samples.main([url], copy)
    taken = copy / "samples" / "people.person.changed.v1.json"
    assert taken.read_bytes() == (SAMPLES / taken.name).read_bytes()
