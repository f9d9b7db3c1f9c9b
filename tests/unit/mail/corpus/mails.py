"""All mails of the corpus, each with what is new in it.

`plain.txt` and `formatted.txt` hold mails as programs write them, one by one: `@@@ name`, the mail without its usual
headers, `@@@ =`, what is new in it. `clients.py` makes others in each language.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.unit.mail.corpus.clients import CLIENTS, answer, languages

_HEAD = """\
From: Anna <anna@example.org>
To: Space <reply+k3y@mail.space.example>
Subject: {subject}
Message-ID: <answer@example.org>
MIME-Version: 1.0
Content-Transfer-Encoding: 8bit
"""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class CorpusMail:
    """A mail, and what is new in it."""

    name: str
    raw: bytes
    expected: str


@dataclass(frozen=True)
class Score:
    """How a text compares with the expected one, in words: how many are missing, and how many others stayed."""

    exact: bool
    lost: int
    kept: int


@cache
def mails() -> list[CorpusMail]:
    """All of them."""
    return [*_written("plain.txt"), *_written("formatted.txt"), *_generated()]


def score(found: str, expected: str) -> Score:
    """Compare a text with the expected one; line breaks and quote marks count as spaces."""
    wanted, got = (Counter(_WORD.findall(text)) for text in (expected, found))
    exact = [line.strip("> ") for line in found.split() if line.strip("> ")] == [
        line.strip("> ") for line in expected.split() if line.strip("> ")
    ]
    return Score(exact, (wanted - got).total(), (got - wanted).total())


def _written(name: str) -> Iterator[CorpusMail]:
    text = (Path(__file__).parent / name).read_text("utf-8")
    cases = re.split(r"^@@@ ([a-z0-9-]+)\n", text, flags=re.MULTILINE)[1:]
    for title, case in zip(cases[::2], cases[1::2], strict=True):
        raw, _, expected = case.partition("@@@ =\n")
        head = _HEAD.format(subject="Fwd: Flyers" if "forward" in title else "Re: The map")
        yield CorpusMail(title, (head + raw).encode("utf-8"), expected.rstrip("\n"))


def _generated() -> Iterator[CorpusMail]:
    for language, words in languages().items():
        for name, written in CLIENTS.items():
            yield CorpusMail(f"{name}-{language}", written(words), answer(language))
