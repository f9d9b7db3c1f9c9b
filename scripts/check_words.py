"""Keeps retired words out of code and docs: each has a standard term, which stands beside it here.

Usage: ``python scripts/check_words.py [FILE…]``; without files all that git tracks are read. Names are split at
underscores and capitals, so ``LocalHouse`` contains ``house``. `docs/glossary.md` explains the terms.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

RETIRED = {
    "house": "system or deployment",
    "houses": "systems or deployments",
    "room": "service, process or component",
    "rooms": "services, processes or components",
    "lane": "partition",
    "lanes": "partitions",
    "seat": "partition assignment",
    "seats": "partition assignments",
    "brake": "backoff",
    "brakes": "backoff",
    "braking": "paused",
    "tap": "event listener",
    "taps": "event listeners",
    "ear": "event listener",
    "hub": "broadcaster",
    "parked": "dead-lettered",
    "unpark": "retry",
    "trouble": "halt reason",
    "troubles": "halt reasons",
    "hears": "handles",
    "hear": "handle",
    "heard": "handled or received",
    "hearing": "handlers",
    "telling": "delivery or publishing",
    "performs": "task handler",
    "founding": "seed",
    "nursery": "fork server",
    "betas": "test services",
    "handled_request": "idempotency_key",
    "relay_mark": "relay_offset",
    "given_up": "failed tasks",
    "take_confirms": "process confirms",
    "reword": "update titles",
    "rewords": "updates titles",
    "floor": "layer",
    "floors": "layers",
}
"""Each retired word with its standard term."""

READ = ("*.py", "*.md", "*.js", "*.css", "*.html", "*.sh", "*.toml", "*.yml", "Makefile")

ALLOWED: dict[tuple[str, str], str] = {
    ("scripts/check_words.py", "*"): "the list itself",
    ("tests/unit/scripts/test_check_words.py", "*"): "tests of the list",
    (
        "*/migrations/versions/*",
        "*",
    ): "a released migration is never changed, and names the tables of its time",
    ("bus/eventlog/migrations.py", "*"): "what released migrations do",
    ("tests/unit/bus/test_migrations.py", "*"): "stores as earlier releases left them",
    ("space/cli.py", "parked"): "the command's public name is `space parked`",
    ("space/failures.py", "parked"): "the command's public name is `space parked`",
    ("tests/unit/space/test_*.py", "parked"): "the command's public name is `space parked`",
    ("bus/consumer/subscription.py", "parked"): "the command's public name is `space parked`",
    ("*.md", "parked"): "the command's public name is `space parked`",
    ("deploy/alerts*.yml", "parked"): "the command's public name is `space parked`",
    ("bus/ops/process.py", "hub"): "eventlet's",
    ("tests/chaos/process.py", "hub"): "eventlet's",
}
"""By a pattern of paths and a word: why it may stand there."""

_NAME = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+)*")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def words_of(text: str) -> set[str]:
    """The words of a line, and its names in snake case, in lower case."""
    found: set[str] = set()
    for name in _NAME.findall(text):
        found.add(name.lower())
        found.update(part.lower() for part in _PART.findall(name))
    return found


def faults(path: str, text: str) -> Iterator[str]:
    """A message for each retired word of a file."""
    retired = {word for word in RETIRED if not _allowed(path, word)}
    for word in sorted(words_of(Path(path).name) & retired):
        yield f"{path}: its name has {word!r}; the term is {RETIRED[word]}"
    for number, line in enumerate(text.splitlines(), 1):
        for word in sorted(words_of(line) & retired):
            yield f"{path}:{number}: {word!r}; the term is {RETIRED[word]}"


def main(arguments: Sequence[str]) -> int:
    """Print every fault; 1 if there is one."""
    found = [fault for path in arguments or _tracked() for fault in faults(path, _text(path))]
    print("\n".join(found) or "No retired words.")
    return 1 if found else 0


def _allowed(path: str, word: str) -> bool:
    return any(other in (word, "*") and fnmatch(path, pattern) for pattern, other in ALLOWED)


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "--", *READ], check=True, capture_output=True, text=True)
    return listed.stdout.split()


def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
