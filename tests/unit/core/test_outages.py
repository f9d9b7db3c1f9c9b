"""Outages of a database are told from errors in statements."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.outages import outage_of


class FromPostgresql(Exception):
    def __init__(self, pgcode: str | None) -> None:
        self.pgcode = pgcode


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (OperationalError("", {}, FromPostgresql("53100")), "full"),
        (OperationalError("", {}, FromPostgresql("57P01")), "away"),
        (OperationalError("", {}, FromPostgresql(None)), "away"),
        (InterfaceError("", {}, Exception("connection already closed")), "away"),
        (DBAPIError("", {}, Exception("gone"), connection_invalidated=True), "away"),
        (PoolTimeout("no connection is free"), "away"),
        (ProgrammingError("", {}, FromPostgresql("42P01")), ""),
        (IntegrityError("", {}, FromPostgresql("23505")), ""),
        (ValueError("a bug"), ""),
    ],
)
def test_what_an_error_means(error: Exception, outage: str) -> None:
    assert outage_of(error) == outage


def error_of(folder: Path, *statements: str) -> Exception:
    engine = create_engine(f"sqlite:///{folder}/a.sqlite", connect_args={"timeout": 0})
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    except DBAPIError as error:
        return error
    finally:
        engine.dispose()
    raise AssertionError("nothing failed")


def test_a_full_sqlite(tmp_path: Path) -> None:
    table = "CREATE TABLE t (x)"
    limit = "PRAGMA max_page_count = 2"
    assert outage_of(error_of(tmp_path, table, limit, "INSERT INTO t VALUES (zeroblob(100000))")) == "full"


def test_a_wrong_statement_is_no_outage(tmp_path: Path) -> None:
    assert outage_of(error_of(tmp_path, "SELECT * FROM nowhere")) == ""
    unique = ("CREATE TABLE t (x UNIQUE)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)")
    assert outage_of(error_of(tmp_path, *unique)) == ""


def test_a_locked_sqlite(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/a.sqlite")
    with engine.connect() as writer:
        writer.exec_driver_sql("BEGIN EXCLUSIVE")
        assert outage_of(error_of(tmp_path, "CREATE TABLE t (x)")) == "away"
    engine.dispose()
