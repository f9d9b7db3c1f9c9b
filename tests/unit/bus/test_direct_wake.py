"""Readers of a log are woken by each commit that appended to it, and by no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from bus.eventlog.append import append_event, forget_next_seq
from bus.eventlog.schema import metadata
from bus.transport.direct import DirectTransport
from contracts.common import Event
from core.database import Database


class Happened(Event):
    type: ClassVar[str] = "alpha.thing.happened"

    def subject(self) -> str:
        return "thing/1"

    def audience(self) -> str:
        return "public"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/alpha.sqlite")
    metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
def wakes(database: Database) -> list[str]:
    woken: list[str] = []
    transport = DirectTransport()
    transport.log_publisher("alpha", database)
    transport.subscribe("alpha", lambda: woken.append("woken"))
    return woken


def test_a_commit_that_appended_wakes(database: Database, wakes: list[str]) -> None:
    with database.writing() as session:
        append_event(session, Happened())
        assert wakes == []
    assert wakes == ["woken"]


def test_a_commit_that_appended_nothing_does_not(database: Database, wakes: list[str]) -> None:
    with database.writing():
        pass
    assert wakes == []


def test_a_savepoint_undone_later_does_not_hide_what_was_appended(
    database: Database, wakes: list[str]
) -> None:
    with database.writing() as session:
        append_event(session, Happened())
        with pytest.raises(ValueError, match="a bug"), session.begin_nested():
            raise ValueError("a bug")
        forget_next_seq(session)
    assert wakes == ["woken"]
