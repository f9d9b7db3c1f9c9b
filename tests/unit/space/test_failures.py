"""`space parked`: `list`, `retry` and `drop` work on the stores, whether services run or not."""

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select

from bus.eventlog.schema import failed_event
from core.database import Database
from core.settings import Settings
from space import failures
from space.cli import main

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def settings(stores: Settings) -> Settings:
    with_failed(stores, "search", "topic/a", [(4, None, 8, "ValueError('no')"), (6, AT, 0, "")])
    with_failed(stores, "notify", "topic/a", [(4, AT, 2, "KeyError('x')")])
    with_failed(stores, "notify", "topic/b", [(5, None, 8, "KeyError('y')")])
    return stores


def with_failed(
    settings: Settings, service: str, subject: str, rows: list[tuple[int, datetime | None, int, str]]
) -> None:
    database = Database(settings.databases[service])
    with database.writing() as session:
        for seq, next_at, attempts, error in rows:
            session.execute(
                insert(failed_event).values(
                    subscription=service, producer="forum", seq=seq, subject=subject, event={},
                    attempts=attempts, next_at=next_at, error=error,
                )
            )  # fmt: skip
    database.close()


def rows_of(settings: Settings, service: str) -> list[tuple[int, bool, int]]:
    database = Database(settings.databases[service])
    with database.reading() as session:
        rows = session.execute(select(failed_event).order_by(failed_event.c.seq)).all()
    database.close()
    return [(row.seq, row.next_at is None, row.attempts) for row in rows]


def test_the_first_event_of_a_subject_tells_its_state(settings: Settings) -> None:
    found = {(service, row.subject): row for service, row in failures.failed_events(settings)}
    assert {key: (row.state, row.behind) for key, row in found.items()} == {
        ("search", "topic/a"): ("dead-lettered", 1),
        ("notify", "topic/a"): ("retrying", 0),
        ("notify", "topic/b"): ("dead-lettered", 0),
    }
    assert found[("search", "topic/a")].error == "ValueError('no')"


def test_list_shows_each_with_its_error(settings: Settings) -> None:
    answer = CliRunner().invoke(main, ["parked", "list"])
    assert answer.exit_code == 0
    assert len(answer.output.splitlines()) == 3
    assert "notify  forum  topic/b  dead-lettered  1 event(s)  KeyError('y')" in answer.output


def test_retry_makes_one_subject_due(settings: Settings) -> None:
    answer = CliRunner().invoke(main, ["parked", "retry", "topic/b"])
    assert answer.output == "1 subject(s) and 0 task(s) will be retried.\n"
    assert rows_of(settings, "notify") == [(4, False, 2), (5, False, 0)]
    assert rows_of(settings, "search")[0] == (4, True, 8)


def test_retry_wants_a_subject_or_all(settings: Settings) -> None:
    assert CliRunner().invoke(main, ["parked", "retry"]).exit_code == 2
    assert CliRunner().invoke(main, ["parked", "retry", "--all"]).output.startswith("3 subject(s)")
    assert all(not dead for service in ("search", "notify") for _, dead, _ in rows_of(settings, service))


def test_drop_asks_and_logs_why(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    refused = CliRunner().invoke(main, ["parked", "drop", "topic/a", "--reason", "spam"], input="n\n")
    assert refused.exit_code == 1
    assert len(rows_of(settings, "search")) == 2
    done = CliRunner().invoke(main, ["parked", "drop", "topic/a", "--reason", "spam"], input="y\n")
    assert "3 event(s) and 0 task(s) dropped." in done.output
    assert rows_of(settings, "search") == []
    assert rows_of(settings, "notify") == [(5, True, 8)]
    assert len([record for record in caplog.records if "spam" in record.getMessage()]) == 2


def test_drop_wants_a_reason(settings: Settings) -> None:
    assert CliRunner().invoke(main, ["parked", "drop", "topic/a", "--yes"]).exit_code == 2
