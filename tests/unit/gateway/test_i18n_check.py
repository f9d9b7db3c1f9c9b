"""The check of message files: each fault is found, and a sound folder has none."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.i18n import check


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write(tmp_path, "news", "en", {"space-news-a": "A $1", "space-news-state-draft": "Draft"})
    write(tmp_path, "news", "qqq", {"space-news-a": "Heading. $1: name", "space-news-state-draft": "State"})
    write(tmp_path, "news", "es", {"space-news-a": "A de $1"})
    (tmp_path / "page.html").write_text(
        "{{ msg('space-news-a', name) }} {{ msg('space-news-state-' ~ state) }}"
    )
    return tmp_path


def write(place: Path, area: str, lang: str, content: dict[str, Any], **top: Any) -> None:
    path = place / "i18n" / area / f"{lang}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"@metadata": {"authors": []}} | content, indent="\t", ensure_ascii=False) + "\n"
    )


def found(place: Path) -> list[str]:
    return list(check.problems(place / "i18n", place))


def test_a_sound_folder(place: Path) -> None:
    assert found(place) == []


@pytest.mark.parametrize(
    ("lang", "content", "fault"),
    [
        ("es", {"space-news-a": "A $2"}, "uses $2, which English has not"),
        ("es", {"space-news-a": "{{PLURAL:$1|a"}, "is never closed"),
        ("es", {"space-news-b": "B"}, "is not in en.json"),
        ("es", {"space-talk-b": "B"}, "does not begin with space-news-"),
        ("es", {"space-news-a": ""}, "is not a text"),
        ("es", {"space-news-state-draft": "x", "space-news-a": "x"}, "not in order"),
        ("xx", {"space-news-a": "A"}, "is no language code"),
        ("qqq", {"space-news-a": "$1"}, "space-news-state-draft is not explained"),
        ("qqq", {"space-news-a": "Heading", "space-news-state-draft": "State"}, "does not explain $1"),
    ],
)
def test_faults_of_files(place: Path, lang: str, content: dict[str, Any], fault: str) -> None:
    write(place, "news", lang, content)
    assert any(fault in line for line in found(place))


def test_files_that_are_none(place: Path) -> None:
    path = place / "i18n" / "news" / "de.json"
    for content, fault in (
        ("{", "Expecting"),
        ("{}", "@metadata"),
        ('{"@metadata":{},"a":"x","a":"y"}', "twice"),
    ):
        path.write_text(content)
        assert any("de.json" in line and fault in line for line in found(place))


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("x.html", "{{ msg('space-news-none') }}", "space-news-none is in no en.json"),
        ("x.py", 'markup("space-nwes-a", lang)', "space-nwes-a is in no en.json"),
        ("x.py", 'message(f"space-news-kind-{kind}", lang)', "no message begins with space-news-kind-"),
        ("x.html", "{{ msg('space-events-' ~ kind) }}", "no message begins with space-events-"),
    ],
)
def test_keys_that_are_not_defined(place: Path, name: str, content: str, fault: str) -> None:
    (place / name).write_text(content)
    assert any(fault in line for line in found(place))


def test_keys_that_nothing_uses(place: Path) -> None:
    (place / "page.html").write_text("<p class='space-news-{{ x }}'>")
    assert found(place) == ["space-news-a is used nowhere", "space-news-state-draft is used nowhere"]
    (place / "page.py").write_text('KEYS = ["space-news-a"]\nstate = f"space-news-state-{name}"')
    assert found(place) == []


def test_order_is_mended_without_other_change(place: Path) -> None:
    write(place, "news", "es", {"space-news-state-draft": "x", "space-news-a": "$1"})
    path = place / "i18n" / "news" / "es.json"
    before = json.loads(path.read_text())
    path.write_text(check.in_order(path))
    assert json.loads(path.read_text()) == before
    assert found(place) == []


def test_wrong_arguments_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["--what"]) == 2
    assert "usage" in capsys.readouterr().err
