"""The check accepts additions, and refuses incompatible changes with advice."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from contracts.check import FOLDER, Published, check_calls, check_events, main
from contracts.common import Event, Recorded
from contracts.upcasts import Upcasts
from tests.unit.contracts import models

UPCAST: Upcasts = {
    ("toys.kite.flown", 1): lambda data: {**data, "how_high": f"{data.get('height') or 'not'} m"},
}


@pytest.fixture
def published(tmp_path: Path) -> Published:
    """The test contract's first release, as published."""
    sample(
        tmp_path, models.Flown, at="2026-03-06T06:00:00Z", kite={"name": "Uku", "colour": "red"}, height=40
    )
    found = Published(tmp_path)
    assert list(check_events(found, [models.Flown], write=True)) == []
    assert list(check_calls(found, [models.ToysApi], write=True)) == []
    return found


def sample(folder: Path, model: type[Event], **data: Any) -> Path:
    event = Recorded(
        producer="toys",
        seq=1,
        id="0k4f93a1b2c3d4e5",
        type=model.type,
        version=model.version,
        subject="kite/Uku",
        audience="public",
        occurred_at=datetime(2026, 3, 6, 6, tzinfo=UTC),
        data=data,
    )
    path = folder / "samples" / f"{model.type}.v{model.version}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(event.cloud_event()))
    return path


def refusal(published: Published, model: type[Event], upcasts: Upcasts | None = None) -> str:
    """The messages of the check about `model`, with `--write`."""
    return "\n".join(check_events(published, [model], write=True, upcasts=upcasts or {}))


@pytest.mark.slow
def test_the_system_keeps_its_promises() -> None:
    assert main([]) == 0


def test_an_unchanged_model_passes(published: Published) -> None:
    assert list(check_events(published, [models.Flown], write=False)) == []


def test_a_new_field_with_a_default_is_recorded(published: Published) -> None:
    (problem,) = check_events(published, [models.FlownHigher], write=False)
    assert "--write" in problem
    assert list(check_events(published, [models.FlownHigher], write=True)) == []
    assert list(check_events(published, [models.FlownHigher], write=False)) == []
    # From now on it is a promise like the others.
    assert "wind: is gone" in refusal(published, models.Flown)


@pytest.mark.parametrize(
    ("model", "what"),
    [
        (models.FlownShort, "height: is gone"),
        (models.FlownNeedy, "wind: is new and has no default"),
        (models.FlownFloat, "height: is number and was integer"),
        (models.FlownSure, "height: can't be null any more"),
        (models.FlownAnywhen, "at: has another x-time-zone: was aware and is naive"),
        (models.FlownGreen, "kite.colour: can be 'green' now"),
        (models.FlownRed, "kite.colour: can't be 'blue' any more"),
    ],
)
def test_a_break_is_refused_and_the_way_out_told(published: Published, model: type[Event], what: str) -> None:
    before = published.event(model.type, 1)
    said = refusal(published, model)
    assert published.event(model.type, 1) == before
    assert what in said
    assert "version: ClassVar[int] = 2" in said
    assert "contracts/upcasts.py" in said


def test_a_new_version_needs_a_step_from_the_old_one_and_a_sample(
    published: Published, tmp_path: Path
) -> None:
    assert "UPCASTS['toys.kite.flown', 1]" in "\n".join(
        check_events(published, [models.FlownAnew], write=False, upcasts={})
    )
    assert "version 2 has no sample" in refusal(published, models.FlownAnew, UPCAST)
    sample(
        tmp_path,
        models.FlownAnew,
        at="2026-03-06T06:00:00Z",
        kite={"name": "Uku", "colour": "red"},
        how_high="40 m",
    )
    assert list(check_events(published, [models.FlownAnew], write=True, upcasts=UPCAST)) == []
    assert published.versions() == {"toys.kite.flown": [1, 2]}


def test_a_step_that_does_not_do_is_noticed_by_the_old_sample(published: Published, tmp_path: Path) -> None:
    idle: Upcasts = {("toys.kite.flown", 1): lambda data: data}
    problems = "\n".join(check_events(published, [models.FlownAnew], write=False, upcasts=idle))
    assert "toys.kite.flown.v1.json can't be read" in problems
    assert "how_high" in problems


def test_a_version_is_neither_skipped_nor_taken_back(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.Flown, "version", 3)
    assert "is version 3, and 1 is stored" in refusal(published, models.Flown)
    monkeypatch.setattr(models.Flown, "version", 0)
    assert "is version 0, and 1 is stored" in refusal(published, models.Flown)


def test_an_event_type_does_not_vanish(published: Published) -> None:
    (problem,) = check_events(published, [], write=True)
    assert "toys.kite.flown: no model has this type any more" in problem


def test_a_sample_of_something_else_is_noticed(published: Published, tmp_path: Path) -> None:
    path = tmp_path / "samples" / "toys.kite.flown.v1.json"
    event = json.loads(path.read_text())
    path.write_text(json.dumps(event | {"subject": "kite/another"}))
    assert "has another subject or audience" in refusal(published, models.Flown)
    path.write_text(json.dumps(event | {"type": "toys.kite.lost"}))
    assert "is one of toys.kite.lost" in refusal(published, models.Flown)
    path.write_text("{}")
    assert "can't be read" in refusal(published, models.Flown)


def call_breaks(published: Published, api: type) -> str:
    # The stored API has the name of the test contract's.
    api.__name__, api.__module__ = models.ToysApi.__name__, models.ToysApi.__module__
    return "\n".join(check_calls(published, [api], write=True))


def test_a_call_may_take_more_and_answer_more(published: Published) -> None:
    class Wider(Protocol):
        def fly(self, kite: models.FlyKiteWider, high: bool) -> models.Kite: ...
        def kites(self) -> list[models.Kite]: ...
        def land(self, name: str) -> None: ...

    assert call_breaks(published, Wider) == ""
    assert "land" in json.dumps(published.calls())


def test_a_call_may_not_take_less_or_answer_otherwise(published: Published) -> None:
    class Narrower(Protocol):
        def fly(self, kite: models.FlyKiteNarrower, high: int) -> models.Kite2: ...

    said = call_breaks(published, Narrower)
    assert "fly(kite).colour: can't be 'blue' any more" in said
    assert "fly(high): is integer and was boolean" in said
    assert "fly().colour: can be 'green' now" in said
    assert "kites: is gone" in said
    assert "add a method beside it" in said


class Swapped(Protocol):
    def fly(self, high: bool, kite: models.FlyKite) -> models.Kite: ...
    def kites(self) -> list[models.Kite]: ...


class Short(Protocol):
    def fly(self, kite: models.FlyKite) -> models.Kite: ...
    def kites(self) -> list[models.Kite]: ...


class Long(Protocol):
    def fly(self, kite: models.FlyKite, high: bool, low: bool = False) -> models.Kite: ...
    def kites(self) -> list[models.Kite]: ...


@pytest.mark.parametrize(
    ("api", "now"), [(Swapped, "high, kite"), (Short, "kite"), (Long, "kite, high, low")]
)
def test_parameters_stay_as_they_are(published: Published, api: type, now: str) -> None:
    assert f"fly: takes ({now}) and took (kite, high)" in call_breaks(published, api)


def test_a_break_of_calls_can_be_accepted_with_a_reason(published: Published) -> None:
    class Fewer(Protocol):
        def kites(self) -> list[models.Kite]: ...

    Fewer.__name__, Fewer.__module__ = models.ToysApi.__name__, models.ToysApi.__module__
    assert list(check_calls(published, [Fewer], write=True, accept="Nobody flies any more.")) == []
    assert list(check_calls(published, [Fewer], write=False)) == []
    (accepted,) = published.calls()["accepted"]
    assert accepted["why"] == "Nobody flies any more."
    assert "fly is gone" in accepted["breaks"][0]


def test_the_command_says_what_is_wrong_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path)]) == 1
    assert "forum.post.created: has something new" in capsys.readouterr().err
    assert FOLDER.is_dir()
