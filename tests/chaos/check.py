"""The check after every scenario: no event is lost or takes effect twice, every replica equals a rebuild of it, and
nothing waits for an operator. `test_check_can_fail.py` shows that it finds each of these faults."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from contracts.common import Recorded

Effects = list[tuple[int, str]]
"""`seq` and text of events, in the order in which they took effect."""


@dataclass(frozen=True)
class Subscriber:
    """What took effect in one subscriber, and in a rebuild of it; subjects that failed, and halt reasons."""

    live: Effects
    rebuilt: Effects
    failed: list[str] = field(default_factory=list)
    halt_reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """The state at the end. `each` is how many notes each writer was to write, None if it was stopped before."""

    each: int | None
    notes: list[str]
    events: list[Recorded]
    subscribers: dict[str, Subscriber]


def wrong_in(found: Found) -> list[str]:
    """A line for each fault."""
    wrong = _wrong_in_log(found)
    for name, subscriber in found.subscribers.items():
        faults = [f"live: {fault}" for fault in faults_in(subscriber.live, found.events)]
        faults += [f"rebuilt: {fault}" for fault in faults_in(subscriber.rebuilt, found.events)]
        if sorted(subscriber.live) != sorted(subscriber.rebuilt):
            faults.append("it differs from its rebuild")
        faults += [f"{subject} waits for an operator" for subject in subscriber.failed]
        faults += [f"it waits for an operator: {reason}" for reason in subscriber.halt_reasons]
        wrong += [f"{name}: {fault}" for fault in faults]
    return wrong


def _wrong_in_log(found: Found) -> list[str]:
    texts = [str(event.data["text"]) for event in found.events]
    wrong = []
    if [event.seq for event in found.events] != list(range(1, len(texts) + 1)):
        wrong.append("the log has a gap")
    if sorted(found.notes) != sorted(texts):
        wrong.append("log and state differ")
    written = defaultdict(list)
    for text in texts:
        kind, _, number = text.rpartition(" ")
        written[kind].append(int(number))
    for kind, numbers in written.items():
        if numbers != list(range(len(numbers))):
            wrong.append(f"notes of the kind {kind!r} are not written once each, in order")
        if found.each is not None and len(numbers) != found.each:
            wrong.append(f"{len(numbers)} notes of the kind {kind!r} are written, not {found.each}")
    return wrong


def faults_in(effects: Effects, events: list[Recorded]) -> list[str]:
    """A line for each event of `effects` that is lost, repeated, not in the log, or out of order in its subject."""
    subjects = {event.seq: event.subject for event in events}
    texts = {event.seq: event.data["text"] for event in events}
    wrong = [f"{seq} is lost" for seq in texts.keys() - {seq for seq, _ in effects}]
    wrong += [f"{seq} is not in the log" for seq, text in effects if texts.get(seq) != text]
    seen: set[int] = set()
    for seq, _ in effects:
        if seq in seen:
            wrong.append(f"{seq} took effect twice")
        seen.add(seq)
    by_subject = defaultdict(list)
    for seq, _ in effects:
        by_subject[subjects.get(seq)].append(seq)
    return wrong + [f"{name} is out of order" for name, seqs in by_subject.items() if seqs != sorted(seqs)]
