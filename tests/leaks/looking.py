"""Opening every address as somebody, and finding what they should not have been told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import unified_diff
from itertools import islice

from core import clock
from core.audience import Viewer
from tests.leaks.routes import READS, Reads
from tests.leaks.site import Answer
from tests.leaks.words import found_in
from tests.leaks.world import Item, Reader, World

# Never the same twice: tokens of forms, what signs a carried form, ids of requests, and how long ago something was.
_FRESH = re.compile(
    r'value="[\w-]{16}\.[0-9a-f]{64}"|(?<=name="form_id" value=")[\w-]+|(?<=name="errand" value=")[^"]+'
    r'|(?<=name="nonce" value=")[\w-]+'
    r'|(?<="token":")[\w-]{16}\.[0-9a-f]{64}(?=")'
    r'|(?<= \(UTC\)">)[^<]+(?=</time>)'
)
# The length is that of the body, which is compared.
_FRESH_HEADERS = frozenset({"date", "etag", "set-cookie", "server", "content-length"})
LOOKS = 3
"""How often somebody looks at a running Space until what they find is right."""


@dataclass(frozen=True)
class Look:
    """One address of a route, and the item that it is about."""

    rule: str
    address: str
    item: Item | None


def looks(world: World, reads: Mapping[str, Reads] = READS) -> Iterator[Look]:
    """Every address of every route, for each item of the world."""
    now = clock.now()
    moments = {"month": f"{now:%Y-%m}", "event_month": f"{now + timedelta(days=30):%Y-%m}"}
    for rule, wanted in reads.items():
        for kind, template in wanted:
            if not kind:
                yield Look(rule, template.format(**moments), None)
            for item in world.items_of(kind) if kind else ():
                yield Look(rule, template.format(**item.values), item)


def counts_tokens(rule: str) -> bool:
    """Whether a route looks at a bearer token; pages look at sessions alone."""
    return rule.startswith(("/api/", "/v2/")) or rule in ("/live", "/api.php")


def allowed(world: World, viewer: Viewer, rule: str) -> set[str]:
    """The words that somebody may find on a route."""
    return {each.word for each in world.secrets if each.rule(viewer) or each.open_at(rule, viewer)}


def shown(world: World, reader: Reader) -> set[str]:
    """The words that somebody finds somewhere."""
    program = bool(reader.client.token)
    return {
        each.word
        for each in world.secrets
        if each.shown and each.rule(reader.viewer) and (each.in_api or not program)
    }


def what(world: World, words: Iterable[str]) -> str:
    """What the words stand in."""
    known = {each.word: each.what for each in world.secrets}
    return ", ".join(sorted({known.get(word, word) for word in words}))


class Looking:
    """What one reader has found; `faults` are sentences. `raw`: strings that nobody may be told, and what they are."""

    def __init__(self, world: World, reader: Reader, raw: Mapping[str, str] | None = None) -> None:
        self.world, self.reader, self.raw = world, reader, raw or {}
        self.found: set[str] = set()
        self.faults: list[str] = []
        self._may: dict[str, set[str]] = {}
        self._twins: dict[str, str] = {}

    def look(self, look: Look) -> Answer:
        """Open an address, and where it names what the reader may not know of, another that names nothing."""
        answer = self.reader.client.get(look.address)
        # What the address says, the reader knew; whether there is anything is told by the comparison below.
        told = found_in(answer.told) - found_in(look.address)
        may = self._allowed(look.rule)
        if told - may:
            self._fault(look, f"tells of {what(self.world, told - may)}")
        self.found |= told & may
        self.faults += [f"{look.address} tells {self.raw[each]}" for each in self.raw if each in answer.told]
        if answer.status >= 500:
            self._fault(look, f"answers {answer.status}")
        self._compare(look, answer, may)
        return answer

    def look_at_all(self, wanted: Iterable[Look]) -> None:
        """Open every address that takes notice of who this reader is, and expect to find all that there is for
        them."""
        program = bool(self.reader.client.token)
        for look in wanted:
            if not program or counts_tokens(look.rule):
                self.look(look)
        if lacking := missing(self):
            self.faults.append(lacking)

    def _allowed(self, rule: str) -> set[str]:
        if rule not in self._may:
            self._may[rule] = allowed(self.world, self.reader.viewer, rule)
        return self._may[rule]

    def _compare(self, look: Look, answer: Answer, may: set[str]) -> None:
        """A fault unless the address answers as one of the same form that names what never was."""
        never = self._never_was(look.address, may)
        twin = replaced(look.address, never)
        if twin == look.address:
            return
        marks = {old: f"<{number}>" for number, old in enumerate(never)}
        one, form = comparable(answer, marks), replaced(look.address, marks)
        # Many addresses differ in what never was alone: one of them stands for all, while they answer like it.
        if one == self._twins.get(form):
            return
        other = self.reader.client.get(twin)
        two = self._twins[form] = comparable(other, {never[old]: mark for old, mark in marks.items()})
        if one != two:
            self._fault(look, f"does not answer like {twin}: {difference(one, two)}")

    def _never_was(self, address: str, may: set[str]) -> dict[str, str]:
        """For what stands in the address and the reader may not know of: something of its form that never was."""
        words = self.world.words
        never: dict[str, str] = {}
        for item in self.world.items:
            if not item.known(self.reader.viewer) and item.id[-8:] in address:
                never[item.id] = words.new_id()
                never[item.id[-8:]] = never[item.id][-8:]
        return never | {word: words.twin(word) for word in found_in(address) - may}

    def _fault(self, look: Look, says: str) -> None:
        self.faults.append(f"{self.reader.name}: {look.address} ({look.rule}) {says}")


def missing(looking: Looking) -> str:
    """A sentence that says what a reader should have found and did not, or `""`."""
    words = shown(looking.world, looking.reader) - looking.found
    return f"{looking.reader.name} does not find {what(looking.world, words)}" if words else ""


def replaced(text: str, values: Mapping[str, str]) -> str:
    for old, new in values.items():
        text = text.replace(old, new)
    return text


def comparable(answer: Answer, marks: Mapping[str, str]) -> str:
    """An answer byte for byte, but for what is never the same twice and what the address itself said."""
    length = answer.header("Content-Length")
    assert length in ("", str(len(answer.body))), f"the answer has {len(answer.body)} bytes, not {length}"
    headers = [f"{name}: {value}" for name, value in answer.headers if name.lower() not in _FRESH_HEADERS]
    names = sorted(name for name, _ in answer.headers)
    text = _FRESH.sub("FRESH", answer.text)
    return replaced("\n".join([str(answer.status), *names, *headers, text]), marks)


def difference(one: str, two: str) -> str:
    """The lines in which two texts differ, those of the second marked with a plus."""
    lines = unified_diff(one.splitlines(), two.splitlines(), lineterm="", n=0)
    return "\n".join(line[:300] for line in islice(lines, 3, 20) if not line.startswith("@@"))
