"""A write that is repeated with its idempotency key."""

from __future__ import annotations

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from bus.eventlog.schema import idempotency_key, relay_offset
from bus.rpc.context import idempotent
from bus.rpc.idempotency import purge, run_idempotent
from core import clock
from core.audience import Viewer
from core.database import Database
from tests.unit.harness import meet

SAM, NOA = Viewer(person_id="sam"), Viewer(person_id="noa")


def add(session: Session, viewer: Viewer, value: int) -> int:
    """Insert a row; returns the number of rows."""
    session.execute(insert(relay_offset).values(name=str(value), seq=value))
    return session.scalar(select(func.count()).select_from(relay_offset)) or 0


def refuse(session: Session, viewer: Viewer) -> int:
    raise ValueError


def run(session: Session, viewer: Viewer, value: int, key: str = "one") -> int:
    with idempotent(key):
        return run_idempotent(session, add, viewer, value)


def test_a_repeated_write_runs_once_and_returns_the_first_result(database: Database) -> None:
    with database.writing() as session:
        assert run(session, SAM, 1) == 1
        assert run(session, SAM, 2, key="another") == 2
    with database.writing() as session:
        assert run(session, SAM, 3) == 1
        assert run(session, NOA, 4) == 3, "a key is its person's own"


def test_a_write_that_failed_may_be_repeated(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session, idempotent("one"):
            run_idempotent(session, refuse, SAM)

    with pytest.raises(ValueError):
        fail()
    with database.reading() as session:
        assert session.execute(select(idempotency_key)).first() is None


def test_of_two_at_one_moment_the_second_gets_the_result_of_the_first(database: Database) -> None:
    results: list[int] = []
    assert (
        meet(
            database,
            lambda session: results.append(run(session, SAM, 1)),
            lambda session: results.append(run(session, SAM, 2)),
        )
        is None
    )
    assert results == [1, 1]


def test_keys_of_long_ago_are_purged(database: Database) -> None:
    with database.writing() as session:
        run(session, SAM, 1)
        purge(session)
        assert run(session, SAM, 2) == 1
    with database.writing() as session, clock.at(clock.now().replace(year=clock.now().year + 1)):
        purge(session)
        assert run(session, SAM, 2) == 2
