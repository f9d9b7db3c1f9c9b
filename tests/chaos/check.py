"""What must hold after any scenario: no event lost, none applied twice, every replica equals a rebuild, and nobody
had to press a button. One check for all of them; `test_check_can_fail.py` shows that it sees what it is there for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from contracts.common import Recorded

Effects = list[tuple[int, str]]
"""Number in the log and text, in the order in which they took effect."""


@dataclass(frozen=True)
class Listener:
    """What one service made of the events, and what a rebuild from the logs makes of them."""

    live: Effects
    rebuilt: Effects
    held: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """All that is there at the end. `each` is how many notes each writer wrote, None where it was stopped."""

    each: int | None
    notes: list[str]
    events: list[Recorded]
    listeners: dict[str, Listener]


def wrong_in(found: Found) -> list[str]:
    """What is wrong, a line each; empty if all is well."""
    wrong = _wrong_in_log(found)
    for name, listener in found.listeners.items():
        faults = [f"live: {fault}" for fault in faults_in(listener.live, found.events)]
        faults += [f"rebuilt: {fault}" for fault in faults_in(listener.rebuilt, found.events)]
        if sorted(listener.live) != sorted(listener.rebuilt):
            faults.append("it is not what a rebuild makes")
        faults += [f"{subject} waits for a button" for subject in listener.held]
        faults += [f"it waits for a button: {problem}" for problem in listener.problems]
        wrong += [f"{name}: {fault}" for fault in faults]
    return wrong


def _wrong_in_log(found: Found) -> list[str]:
    texts = [str(event.data["text"]) for event in found.events]
    wrong = []
    if [event.seq for event in found.events] != list(range(1, len(texts) + 1)):
        wrong.append("the log has a hole")
    if sorted(found.notes) != sorted(texts):
        wrong.append("the log does not tell what the state is")
    written = defaultdict(list)
    for text in texts:
        kind, _, number = text.rpartition(" ")
        written[kind].append(int(number))
    for kind, numbers in written.items():
        if numbers != list(range(len(numbers))):
            wrong.append(f"what was {kind} is not written once each, in order")
        if found.each is not None and len(numbers) != found.each:
            wrong.append(f"{found.each} were {kind}, and {len(numbers)} are written")
    return wrong


def faults_in(effects: Effects, events: list[Recorded]) -> list[str]:
    """What is wrong with `effects`: lost, twice, invented, or out of order within a subject."""
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
