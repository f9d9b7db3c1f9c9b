"""`space parked` and `space status` show failed tasks and let operators decide, whether services run or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bus.eventlog.schema import outbox_task
from bus.outbox.store import OutboxStore, Outcome, outbox_status
from bus.outbox.tasks import OutboxTask, enqueue
from bus.retry.policy import TASKS
from core import clock
from core.database import Database
from core.settings import Settings
from space.cli import main
from space.status import render, system_status


class Mail(OutboxTask):
    kind: ClassVar[str] = "notify.mail"
    number: int
    to: str

    def key(self) -> str:
        return f"mail/{self.number}"

    def subject(self) -> str:
        return f"person/{self.to}"


@pytest.fixture
def settings(stores: Settings) -> Iterator[Settings]:
    """A system in which notify has four mails: a dead-lettered one to a with another behind it, one to b that failed
    once, and a new one to c. Its clock stands still, so that what waits to be retried goes on waiting."""
    now = clock.now()
    database = Database(stores.databases["notify"])
    store = OutboxStore(database)
    with database.writing() as session:
        enqueue(session, Mail(number=1, to="a"))
    for attempt in range(TASKS.max_attempts):
        with clock.at(now + timedelta(hours=attempt)):
            fail(store, "mail/1")
    with clock.at(now):
        with database.writing() as session:
            for number, to in ((2, "a"), (3, "b")):
                enqueue(session, Mail(number=number, to=to))
        fail(store, "mail/3")
        with database.writing() as session:
            enqueue(session, Mail(number=4, to="c"))
        database.close()
        yield stores


def fail(store: OutboxStore, key: str) -> None:
    assert [each.key for each in store.claim("notify.mail", 10)] == [key]
    store.record([Outcome(key, "Refused: no such address")])


def rows(settings: Settings) -> dict[str, Any]:
    database = Database(settings.databases["notify"])
    with database.reading() as session:
        found = session.execute(select(outbox_task)).all()
    database.close()
    return {row.key: row for row in found}


def claimable(settings: Settings) -> list[str]:
    database = Database(settings.databases["notify"])
    found = [each.key for each in OutboxStore(database).claim("notify.mail", 10)]
    database.close()
    return found


def test_list_shows_what_failed(settings: Settings) -> None:
    answer = CliRunner().invoke(main, ["parked", "list"])
    assert answer.output.splitlines() == [
        "notify  notify.mail  person/a  dead-lettered  1 task  1 behind it  Refused: no such address",
        "notify  notify.mail  person/b  retrying  1 task  Refused: no such address",
    ]


def test_retry_makes_it_due_with_all_attempts(settings: Settings) -> None:
    answer = CliRunner().invoke(main, ["parked", "retry", "person/a"])
    assert answer.output == "0 subject(s) and 1 task(s) will be retried.\n"
    assert claimable(settings) == ["mail/1", "mail/4"]
    assert rows(settings)["mail/1"].attempts == 1


def test_retry_all(settings: Settings) -> None:
    answer = CliRunner().invoke(main, ["parked", "retry", "--all"])
    assert answer.output == "0 subject(s) and 2 task(s) will be retried.\n"
    assert claimable(settings) == ["mail/1", "mail/3", "mail/4"]


def test_drop_says_who_and_why_and_the_next_goes_on(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    drop = ["parked", "drop", "person/a", "--reason", "left the movement"]
    refused = CliRunner().invoke(main, drop, input="n\n")
    assert refused.exit_code == 1
    assert rows(settings)["mail/1"].done_at is None
    done = CliRunner().invoke(main, drop, input="y\n")
    assert "0 event(s) and 1 task(s) dropped." in done.output
    assert [
        r
        for r in caplog.records
        if "dropped 1 row(s) of person/a from outbox_task in notify: left" in r.getMessage()
    ]
    assert "left the movement" in rows(settings)["mail/1"].error
    assert claimable(settings) == ["mail/2", "mail/4"]
    # Its key is kept, so a repeated request does not enqueue it again.
    database = Database(settings.databases["notify"])
    with database.writing() as session:
        enqueue(session, Mail(number=1, to="a"))
    database.close()
    assert rows(settings)["mail/1"].done_at is not None


def test_status_tells_what_is_to_be_done_and_what_was_dead_lettered(settings: Settings) -> None:
    lines = system_status(settings)
    (notify,) = [line for line in lines if line.name == "notify"]
    assert notify.problem == "1 dead-lettered of notify.mail"
    assert notify.service is not None
    (each,) = notify.service.outbox
    assert (each.kind, each.waiting, each.dead_lettered, each.outage) == ("notify.mail", 3, 1, "")
    # Not the one behind what was given up: that would be late for ever.
    assert each.oldest == rows(settings)["mail/3"].created_at
    assert "outbox notify.mail: 3 waiting since 20" in render(lines)


def test_status_tells_of_an_outage(settings: Settings) -> None:
    database = Database(settings.databases["notify"])
    store = OutboxStore(database)
    assert [each.key for each in store.claim("notify.mail", 1)] == ["mail/4"]
    store.record([Outcome("mail/4", "Outage: connection refused", outage=True)])
    with database.reading() as session:
        assert outbox_status(session)[0].outage == "Outage: connection refused"
    (notify,) = [line for line in system_status(settings) if line.name == "notify"]
    assert notify.problem.endswith("notify.mail waits: Outage: connection refused")
    assert [each.key for each in store.claim("notify.mail", 1)] == ["mail/4"]
    store.record([Outcome("mail/4")])
    with database.reading() as session:
        assert outbox_status(session)[0].outage == ""
    database.close()
