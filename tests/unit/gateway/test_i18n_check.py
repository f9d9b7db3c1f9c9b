"""The check of message files: each fault is found, and a sound folder has none."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.i18n import check


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write(tmp_path, "blog", "en", {"space-blog-a": "A $1", "space-blog-state-draft": "Draft"})
    write(tmp_path, "blog", "qqq", {"space-blog-a": "Heading. $1: name", "space-blog-state-draft": "State"})
    write(tmp_path, "blog", "es", {"space-blog-a": "A de $1"})
    (tmp_path / "page.html").write_text(
        "{{ msg('space-blog-a', name) }} {{ msg('space-blog-state-' ~ state) }}"
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
        ("es", {"space-blog-a": "A $2"}, "uses $2, which English has not"),
        ("es", {"space-blog-a": "{{PLURAL:$1|a"}, "is never closed"),
        ("es", {"space-blog-b": "B"}, "is not in en.json"),
        ("es", {"space-talk-b": "B"}, "does not begin with space-blog-"),
        ("es", {"space-blog-a": ""}, "is not a text"),
        ("es", {"space-blog-state-draft": "x", "space-blog-a": "x"}, "not in order"),
        ("xx", {"space-blog-a": "A"}, "is no language code"),
        ("qqq", {"space-blog-a": "$1"}, "space-blog-state-draft is not explained"),
        ("qqq", {"space-blog-a": "Heading", "space-blog-state-draft": "State"}, "does not explain $1"),
    ],
)
def test_faults_of_files(place: Path, lang: str, content: dict[str, Any], fault: str) -> None:
    write(place, "blog", lang, content)
    assert any(fault in line for line in found(place))


def test_files_that_are_none(place: Path) -> None:
    path = place / "i18n" / "blog" / "de.json"
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
        ("x.html", "{{ msg('space-blog-none') }}", "space-blog-none is in no en.json"),
        ("x.py", 'markup("space-nwes-a", lang)', "space-nwes-a is in no en.json"),
        ("x.py", 'message(f"space-blog-kind-{kind}", lang)', "no message begins with space-blog-kind-"),
        ("x.html", "{{ msg('space-events-' ~ kind) }}", "no message begins with space-events-"),
    ],
)
def test_keys_that_are_not_defined(place: Path, name: str, content: str, fault: str) -> None:
    (place / name).write_text(content)
    assert any(fault in line for line in found(place))


def test_keys_that_nothing_uses(place: Path) -> None:
    (place / "page.html").write_text("<p class='space-blog-{{ x }}'>")
    assert found(place) == ["space-blog-a is used nowhere", "space-blog-state-draft is used nowhere"]
    (place / "page.py").write_text('KEYS = ["space-blog-a"]\nstate = f"space-blog-state-{name}"')
    assert found(place) == []


def test_order_is_mended_without_other_change(place: Path) -> None:
    write(place, "blog", "es", {"space-blog-state-draft": "x", "space-blog-a": "$1"})
    path = place / "i18n" / "blog" / "es.json"
    before = json.loads(path.read_text())
    path.write_text(check.in_order(path))
    assert json.loads(path.read_text()) == before
    assert found(place) == []


def test_wrong_arguments_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["--what"]) == 2
    assert "usage" in capsys.readouterr().err
