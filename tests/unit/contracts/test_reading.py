"""Every version of every published event can be read, by the function that subscriptions use."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from contracts import catalogue
from contracts.check import FOLDER
from contracts.common import Recorded
from contracts.reading import NoUpcast, read_event
from contracts.upcasts import UPCASTS, Upcasts
from tests.unit.contracts import models

SAMPLES = sorted((FOLDER / "samples").glob("*.json"))
MODELS = {model.type: model for model in catalogue.event_models()}


def recorded(version: int, **data: Any) -> Recorded:
    return Recorded(
        producer="toys",
        seq=1,
        id="0k4f93a1b2c3d4e5",
        type="toys.kite.flown",
        version=version,
        subject="kite/Uku",
        audience="public",
        occurred_at=datetime(2026, 3, 6, 6, tzinfo=UTC),
        data={"at": "2026-03-06T06:00:00Z", "kite": {"name": "Uku", "colour": "red"}, **data},
    )


def contains(whole: Any, part: Any) -> bool:
    """Whether `whole` has all fields of `part` with their values; fields that were added since may stand beside."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and contains(whole[name], value) for name, value in part.items()
        )
    if isinstance(part, list):
        return (
            isinstance(whole, list)
            and len(whole) == len(part)
            and all(contains(each, wanted) for each, wanted in zip(whole, part, strict=True))
        )
    return bool(whole == part)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_stored_sample_is_read(path: Path) -> None:
    stored = json.loads(path.read_text(encoding="utf-8"))
    event = Recorded.from_cloud_event(stored)
    read = read_event(event, MODELS[event.type])
    assert read.subject() == event.subject
    # Nothing of what was published is lost on the way in and out again.
    if event.version == read.version:
        assert contains(read.model_dump(mode="json"), event.data)
    assert event.cloud_event() == stored


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_stored_sample_fits_its_stored_schema(path: Path) -> None:
    event = Recorded.from_cloud_event(json.loads(path.read_text(encoding="utf-8")))
    schema = json.loads(
        (FOLDER / "events" / f"{event.type}.v{event.version}.json").read_text(encoding="utf-8")
    )
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(event.data, schema)


MODULES = {
    "people": {
        "contracts.people",
        "contracts.blocks",
        "contracts.contact",
        "contracts.moderation",
        "contracts.site",
        "contracts.held",
        "contracts.tags",
        "contracts.trust",
        "contracts.writing_rules",
    },
    "blog": {
        "contracts.blog",
        "contracts.decision_failures",
        "contracts.held",
        "contracts.removed_categories",
        "contracts.tags",
    },
    "forum": {
        "contracts.forum",
        "contracts.decision_failures",
        "contracts.held",
        "contracts.removed_categories",
        "contracts.tags",
    },
    "events": {"contracts.events", "contracts.decision_failures", "contracts.held", "contracts.tags"},
}
"""The modules of a service whose contracts fill more than one."""


def test_every_event_type_has_a_sample_and_a_name_of_its_service() -> None:
    assert {path.name.rsplit(".v", 1)[0] for path in SAMPLES} == MODELS.keys()
    assert len(MODELS) == len(catalogue.event_models())
    for type_, model in MODELS.items():
        service, subject, _verb = type_.split(".")
        assert model.__module__ in MODULES.get(service, {f"contracts.{service}"})
        assert subject.isidentifier()


def test_steps_start_from_versions_that_there_are() -> None:
    for type_, version in UPCASTS:
        assert 1 <= version < MODELS[type_].version


def test_an_older_event_takes_each_step_up() -> None:
    class Third(models.FlownAnew):
        version = 3
        wind: str

    steps: Upcasts = {
        ("toys.kite.flown", 1): lambda data: {**data, "how_high": f"{data['height']} m"},
        ("toys.kite.flown", 2): lambda data: {**data, "wind": "calm", "how_high": data["how_high"].upper()},
    }
    old = recorded(1, height=40)
    assert read_event(old, Third, steps).how_high == "40 M"
    assert read_event(recorded(2, how_high="9 km"), Third, steps).wind == "calm"
    assert read_event(recorded(3, how_high="high", wind="gale"), Third, steps).how_high == "high"
    assert old.data["height"] == 40
    assert "how_high" not in old.data


def test_a_missing_step_is_told() -> None:
    with pytest.raises(NoUpcast, match="version 1 of toys"):
        read_event(recorded(1, height=40), models.FlownAnew, {})


def test_a_newer_event_is_read_without_the_fields_that_it_added() -> None:
    read = read_event(recorded(7, height=40, from_the_future=["?"]), models.Flown)
    assert (read.height, hasattr(read, "from_the_future")) == (40, False)


def test_a_newer_event_that_is_another_thing_is_refused() -> None:
    with pytest.raises(ValidationError):
        read_event(recorded(7, height="a tree's"), models.Flown)
