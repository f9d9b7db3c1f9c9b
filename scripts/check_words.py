"""Check that retired words are used nowhere: each thing has one name, which `docs/glossary.md` explains.

Usage: ``python scripts/check_words.py [FILE…]``; without files it reads all that git tracks. It covers file names,
identifiers, comments, docstrings and docs. Names are split at underscores and capitals, so ``LocalHouse`` contains
``house``. Interface texts (`gateway/i18n/`) and the demo's content are not read: they are ordinary prose.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

RETIRED = {
    "begun": "started",
    "betas": "test services",
    "brake": "backoff",
    "braked": "paused",
    "brakes": "backoff",
    "braking": "paused",
    "ear": "event listener",
    "ears": "event listeners",
    "floor": "layer",
    "floors": "layers",
    "founding": "seed",
    "given_up": "failed tasks",
    "handled_request": "idempotency_key",
    "hear": "handle",
    "heard": "handled or received",
    "hearing": "handlers",
    "hears": "handles",
    "house": "system or deployment",
    "houses": "systems or deployments",
    "hub": "broadcaster",
    "lane": "partition",
    "lanes": "partitions",
    "nursery": "fork server",
    "parked": "dead-lettered",
    "parking": "failures",
    "patience": "deadline",
    "perform": "carry out",
    "performed": "carried out",
    "performer": "task handler",
    "performing": "carrying out",
    "performs": "task handler",
    "relay_mark": "relay_offset",
    "reword": "update titles",
    "rewords": "updates titles",
    "room": "service, process or component",
    "rooms": "services, processes or components",
    "settle": "drain or record",
    "settled": "drained or recorded",
    "settles": "drains or records",
    "take_confirms": "process_confirms",
    "tap": "event listener",
    "taps": "event listeners",
    "telling": "delivery or publishing",
    "trouble": "halt reason",
    "troubles": "halt reasons",
    "unpark": "retry",
}
"""Each retired word, or name in snake case, with its standard term."""

RETIRED_PHRASES = {
    "inside exchange": "internal exchange",
    "laid in": "loaded",
    "lay in": "load",
    "laying in": "loading",
    "lays in": "loads",
}
"""Each retired phrase with its standard term."""

READ = ("*.py", "*.md", "*.js", "*.css", "*.html", "*.sh", "*.toml", "*.yml", "Makefile")

ALLOWED: dict[tuple[str, str], str] = {
    (
        "*/migrations/versions/*",
        "*",
    ): "a released migration is never changed, and names the tables of its time",
    ("bus/eventlog/migrations.py", "*"): "the steps of released migrations",
    ("bus/ops/process.py", "hub"): "eventlet's term",
    ("bus/ops/greenlets.py", "hub"): "eventlet's term",
    ("deploy/alerts*.yml", "parked"): "the command's public name is `space parked`",
    ("docs/*.md", "parked"): "the command's public name is `space parked`",
    ("CHANGELOG.md", "parked"): "the command's public name is `space parked`",
    ("bus/consumer/subscription.py", "parked"): "the command's public name is `space parked`",
    ("scripts/check_words.py", "*"): "the list itself",
    ("space/cli.py", "parked"): "the command's public name is `space parked`",
    ("space/failures.py", "parked"): "the command's public name is `space parked`",
    ("tests/chaos/process.py", "hub"): "eventlet's term",
    ("tests/unit/bus/test_migrations.py", "*"): "stores as earlier releases left them",
    ("tests/unit/scripts/test_check_words.py", "*"): "tests of the list",
    ("tests/unit/space/test_*.py", "parked"): "the command's public name is `space parked`",
}
"""Why a word (`*`: any) may be used in files whose paths match a pattern."""

_NAME = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+)*")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PHRASE = re.compile(rf"\b(?:{'|'.join(RETIRED_PHRASES)})\b", re.IGNORECASE)
_TERMS = RETIRED | RETIRED_PHRASES


def words_of(line: str) -> set[str]:
    """The words of a line, its names in snake case, and the retired phrases in it, all in lower case."""
    found: set[str] = set()
    for name in _NAME.findall(line):
        found.add(name.lower())
        found.update(part.lower() for part in _PART.findall(name))
    return found | {match.group().lower() for match in _PHRASE.finditer(line)}


def faults(path: str, text: str) -> Iterator[str]:
    """A message for each retired word in a file and in its name."""
    retired = {word: term for word, term in _TERMS.items() if not _allowed(path, word)}
    for word in sorted(words_of(Path(path).name) & retired.keys()):
        yield f"{path}: its name has {word!r}; the term is {retired[word]}"
    for number, line in enumerate(text.splitlines(), 1):
        for word in sorted(words_of(line) & retired.keys()):
            yield f"{path}:{number}: {word!r}; the term is {retired[word]}"


def needless(paths: Sequence[str]) -> Iterator[str]:
    """A message for each allowance that no file in `paths` needs any more."""
    for pattern, allowed in ALLOWED:
        words = _TERMS.keys() if allowed == "*" else {allowed}
        matching = [path for path in paths if fnmatch(path, pattern)]
        if not any(words_of(f"{Path(path).name} {_text(path)}") & words for path in matching):
            yield f"scripts/check_words.py: nothing needs {(pattern, allowed)!r} in ALLOWED any more"


def main(arguments: Sequence[str]) -> int:
    """Print every fault. Returns 1 if there is one, else 0."""
    paths = list(arguments) or _tracked()
    found = [fault for path in paths for fault in faults(path, _text(path))]
    if not arguments:
        found += needless(paths)
    print("\n".join(found) or "No retired words.")
    return 1 if found else 0


def _allowed(path: str, word: str) -> bool:
    return any(allowed in (word, "*") and fnmatch(path, pattern) for pattern, allowed in ALLOWED)


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "--", *READ], check=True, capture_output=True, text=True)
    return [path for path in listed.stdout.splitlines() if Path(path).exists()]


def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
