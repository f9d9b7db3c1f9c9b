"""A beta that tells somebody outside of each note it hears; what it told is kept in a file, as another server would."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bus.entrypoints import call, on, task_handler
from bus.eventlog.schema import effect
from bus.ops.tracing import current_trace
from bus.outbox.tasks import OutboxTask, enqueue
from bus.service import Service
from contracts.common import Recorded
from core.audience import Viewer
from core.database import Database
from tests.bus.toy import Noted, all_heard, heard


class Tell(OutboxTask):
    kind: ClassVar[str] = "beta.tell"
    event_id: str
    text: str
    about: str

    def key(self) -> str:
        return f"tell/{self.event_id}"

    def subject(self) -> str:
        return self.about


class Whisper(Tell):
    """Of a kind of its own, for what must go on while telling can't."""

    kind: ClassVar[str] = "beta.whisper"

    def key(self) -> str:
        return f"whisper/{self.event_id}"


class TellingService(Service):
    name = "beta"
    outside: ClassVar[Path]
    """The receiver: a line for each time that it was told, `key begun text`."""
    trouble: ClassVar[dict[str, Exception]] = {}
    """What telling of a text raises; `*` is any text."""
    slowness: ClassVar[float] = 0.0
    traces: ClassVar[list[str]] = []
    at_once: ClassVar[dict[str, int]] = {}
    most_at_once: ClassVar[int] = 0

    @call
    def heard(self, viewer: Viewer) -> list[str]:
        return self.read(all_heard, viewer)

    @on(Noted)
    def noted(self, session: Session, event: Noted, recorded: Recorded) -> None:
        session.execute(insert(heard).values(seq=recorded.seq, text=event.text))
        kind = Whisper if event.text.startswith("hush") else Tell
        enqueue(session, kind(event_id=recorded.id, text=event.text, about=recorded.subject))

    @task_handler(Tell)
    def tell(self, effect: Tell, key: str, begun: int) -> None:
        self._tell(effect, key, begun)

    @task_handler(Whisper)
    def whisper(self, effect: Whisper, key: str, begun: int) -> None:
        self._tell(effect, key, begun)

    def _tell(self, effect: Tell, key: str, begun: int) -> None:
        self.traces.append(current_trace())
        TellingService.at_once[key] = self.at_once.get(key, 0) + 1
        TellingService.most_at_once = max(self.most_at_once, *self.at_once.values())
        try:
            time.sleep(self.slowness)
            anything = self.trouble.get("*") if effect.kind == Tell.kind else None
            if error := self.trouble.get(effect.text) or anything:
                raise error
            receive(self.outside, key, begun, effect.text)
        finally:
            TellingService.at_once[key] -= 1


class TellerService(TellingService):
    """The same beside beta, with a store of its own."""

    name = "teller"


def receive(outside: Path, key: str, begun: int, text: str) -> None:
    """One line with one write: it is there whole or not at all, whenever the process is killed."""
    file = os.open(outside, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, f"{key} {begun} {text}\n".encode())
    os.close(file)


def told(outside: Path) -> list[tuple[str, int, str]]:
    """What the receiver was told: key, how often it was begun, and text."""
    if not outside.exists():
        return []
    lines = [line.split(" ", 2) for line in outside.read_text().splitlines()]
    return [(key, int(begun), text) for key, begun, text in lines]


def texts(outside: Path) -> list[str]:
    return [text for _, _, text in told(outside)]


def effects_in(database: Database) -> Sequence[tuple[str, bool, int]]:
    """Each effect in order: key, whether it is done, and its attempts."""
    with database.reading() as session:
        rows = session.execute(select(effect).order_by(effect.c.number)).all()
    return [(row.key, row.done_at is not None, row.attempts) for row in rows]
