"""Databases: what their errors say, since they are logged, reads of a single statement, and lost connections."""

from math import inf
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from core.database import USED_AT, Database


def test_an_error_names_no_parameter(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a.sqlite")
    with database.reading() as session, pytest.raises(OperationalError) as caught:
        session.execute(text("SELECT * FROM nothing WHERE name = :name"), {"name": "Zuleika"})
    assert "Zuleika" not in str(caught.value)
    database.close()


def test_a_single_statement_reads_without_a_transaction(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a.sqlite")
    for opened, in_transaction in ((database.reading, True), (database.reading_one, False)):
        with opened() as session:
            assert session.execute(text("SELECT 1")).scalar() == 1
            driver: Any = session.connection().connection.dbapi_connection
            assert driver.in_transaction == in_transaction
    database.close()


def test_a_single_statement_on_postgresql_is_in_autocommit_and_its_connection_serves_others(
    postgres_database: str,
) -> None:
    database = Database(postgres_database)
    level = text("SHOW transaction_isolation")
    with database.reading_one() as session:
        driver: Any = session.connection().connection.dbapi_connection
        assert driver.autocommit
    with database.reading() as session:
        assert session.execute(level).scalar() == "repeatable read"
    with database.writing() as session:
        assert session.execute(level).scalar() == "read committed"
    database.close()


def test_a_connection_that_the_server_ended_is_not_used_again(postgres_database: str) -> None:
    database, killer = Database(postgres_database), Database(postgres_database)

    @event.listens_for(database.engine, "checkin")
    def long_ago(_connection: Any, record: Any) -> None:
        record.info[USED_AT] = -inf

    backend = text("SELECT pg_backend_pid()")
    with database.reading() as session:
        pid = session.execute(backend).scalar()
    with killer.writing() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with database.reading() as session:
        assert session.execute(backend).scalar() != pid
    database.close()
    killer.close()
