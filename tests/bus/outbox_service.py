"""A beta that sends each note to a receiver outside, which stores them in a file."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bus.entrypoints import call, on, task_handler
from bus.eventlog.schema import outbox_task
from bus.ops.tracing import current_trace
from bus.outbox.tasks import OutboxTask, enqueue
from bus.service import Service
from contracts.common import Recorded
from core.audience import Viewer
from core.database import Database
from tests.bus.harness import Noted, all_copied, copied


class Send(OutboxTask):
    kind: ClassVar[str] = "beta.send"
    event_id: str
    text: str
    about: str

    def key(self) -> str:
        return f"send/{self.event_id}"

    def subject(self) -> str:
        return self.about


class SendOther(Send):
    """A task of another kind, which must go on while the first is paused."""

    kind: ClassVar[str] = "beta.send-other"

    def key(self) -> str:
        return f"send-other/{self.event_id}"


class SendingService(Service):
    name = "beta"
    outside: ClassVar[Path]
    """The receiver's file, with a line `key attempt text` for each delivery."""
    errors: ClassVar[dict[str, Exception]] = {}
    """The error that sending a text raises; `*` stands for any text."""
    slowness: ClassVar[float] = 0.0
    traces: ClassVar[list[str]] = []
    running: ClassVar[dict[str, int]] = {}
    most_running: ClassVar[int] = 0

    @call
    def copied(self, viewer: Viewer) -> list[str]:
        return self.read(all_copied, viewer)

    @on(Noted)
    def noted(self, session: Session, event: Noted, recorded: Recorded) -> None:
        session.execute(insert(copied).values(seq=recorded.seq, text=event.text))
        kind = SendOther if event.text.startswith("quiet") else Send
        enqueue(session, kind(event_id=recorded.id, text=event.text, about=recorded.subject))

    @task_handler(Send)
    def send(self, task: Send, key: str, attempt: int) -> None:
        self._send(task, key, attempt)

    @task_handler(SendOther)
    def send_other(self, task: SendOther, key: str, attempt: int) -> None:
        self._send(task, key, attempt)

    def _send(self, task: Send, key: str, attempt: int) -> None:
        self.traces.append(current_trace())
        SendingService.running[key] = self.running.get(key, 0) + 1
        SendingService.most_running = max(self.most_running, *self.running.values())
        try:
            time.sleep(self.slowness)
            anything = self.errors.get("*") if task.kind == Send.kind else None
            if error := self.errors.get(task.text) or anything:
                raise error
            receive(self.outside, key, attempt, task.text)
        finally:
            SendingService.running[key] -= 1


class SenderService(SendingService):
    """The same service under another name, to run beside beta."""

    name = "sender"


def receive(outside: Path, key: str, attempt: int, text: str) -> None:
    """Append a line in one write, so that it is complete or missing if the process is killed."""
    file = os.open(outside, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, f"{key} {attempt} {text}\n".encode())
    os.close(file)


def received(outside: Path) -> list[tuple[str, int, str]]:
    """The deliveries: key, attempt and text."""
    if not outside.exists():
        return []
    lines = [line.split(" ", 2) for line in outside.read_text().splitlines()]
    return [(key, int(attempt), text) for key, attempt, text in lines]


def texts(outside: Path) -> list[str]:
    return [text for _, _, text in received(outside)]


def tasks_in(database: Database) -> Sequence[tuple[str, bool, int]]:
    """The tasks in order: key, whether it is done, and the number of attempts."""
    with database.reading() as session:
        rows = session.execute(select(outbox_task).order_by(outbox_task.c.number)).all()
    return [(row.key, row.done_at is not None, row.attempts) for row in rows]
