"""docs/security.md says of each requirement what the state is, counts them right, and names what holds the ones met."""

import re
from collections import Counter
from pathlib import Path

TEXT = (Path(__file__).parents[3] / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (.+?) \| (.*) \|$", TEXT, re.MULTILINE)


def test_each_requirement_is_there_once() -> None:
    numbers = [number for number, *_ in ROWS]
    assert len(numbers) == len(set(numbers)) == 259
    assert numbers == sorted(numbers, key=lambda number: [int(part) for part in number.split(".")])


def test_the_states_are_counted_right() -> None:
    states = Counter(state for _, _, state, _ in ROWS)
    said = re.search(
        r"Of (\d+) requirements (\d+) are met, (\d+) partly met, (\d+) not yet met, (\d+) are the operator's,"
        r" and (\d+) do not apply",
        TEXT,
    )
    assert said
    assert [int(number) for number in said.groups()] == [
        len(ROWS),
        *(states[state] for state in ("met", "partly", "not yet", "operator", "n/a")),
    ]


def test_what_is_met_or_partly_met_says_how() -> None:
    assert [number for number, _, state, how in ROWS if state in ("met", "partly") and not how.strip()] == []
