"""The check finds retired words in prose, identifiers and file names, and accepts other words."""

from __future__ import annotations

import pytest

from scripts.check_words import ALLOWED, RETIRED, RETIRED_PHRASES, faults, needless, words_of


@pytest.mark.parametrize(
    "line",
    [
        "the rooms of a service",
        "class LocalHouse:",
        "def room_of(module):",
        "TAP = 1",
        "insert(handled_request)",
        "Lay in the demo.",
    ],
)
def test_a_retired_word_is_found_in_prose_and_names(line: str) -> None:
    assert next(faults("core/module.py", f"fine\n{line}\n")).startswith("core/module.py:2: ")


@pytest.mark.parametrize(
    "line", ["a housekeeper", "groom", "tapping", "roommate_id", "warehouse", "display in bold", "a place"]
)
def test_other_words_that_contain_one_are_not(line: str) -> None:
    assert list(faults("core/module.py", line)) == []


def test_a_file_is_judged_by_its_name_too() -> None:
    assert list(faults("gateway/rooms.py", "")) == [
        f"gateway/rooms.py: its name has 'rooms'; the term is {RETIRED['rooms']}"
    ]


def test_what_is_allowed_is_allowed_there_alone() -> None:
    assert list(faults("space/cli.py", "def parked():")) == []
    assert list(faults("space/run.py", "def parked():"))


def test_names_are_split_at_underscores_and_capitals() -> None:
    assert words_of("LocalHouse relay_mark HTTPServer") == {
        "localhouse", "local", "house", "relay_mark", "relay", "mark", "httpserver", "http", "server",
    }  # fmt: skip


def test_every_word_has_a_term_that_is_not_retired() -> None:
    for term in [*RETIRED.values(), *RETIRED_PHRASES.values()]:
        assert not words_of(term) & (RETIRED.keys() | RETIRED_PHRASES.keys()), term


def test_every_allowance_has_a_reason() -> None:
    assert all(ALLOWED.values())


def test_an_allowance_that_nothing_needs_is_reported() -> None:
    assert len(list(needless([]))) == len(ALLOWED)
