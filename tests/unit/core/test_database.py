"""Databases: what their errors say, since they are logged, reads of one statement, lost connections, migrations."""

from math import inf
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text
from sqlalchemy.exc import OperationalError

from core.database import USED_AT, Database, newest_revision
from core.settings import SERVICES
from space import wiring


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


ENVIRONMENT = """
from core.alembic_env import run_migrations
from sqlalchemy import MetaData
run_migrations(MetaData())
"""
SCRIPT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = {revision!r}, {before!r}
def upgrade():
    op.create_table("table_{revision}", sa.Column("id", sa.Integer))
"""


def script(migrations: Path, revision: str, before: str | None) -> Path:
    path = migrations / "versions" / f"{revision}_more.py"
    path.write_text(SCRIPT.format(revision=revision, before=before))
    return path


def test_the_scripts_of_a_schema_that_is_the_newest_are_not_loaded(tmp_path: Path) -> None:
    migrations = tmp_path / "migrations"
    (migrations / "versions").mkdir(parents=True)
    (migrations / "env.py").write_text(ENVIRONMENT)
    first = script(migrations, "0001", None)
    database = Database(f"sqlite:///{tmp_path}/x.sqlite")
    database.migrate(migrations)
    loaded = first.read_text()
    first.write_text("raise AssertionError('it was loaded')")
    database.migrate(migrations)
    first.write_text(loaded)
    script(migrations, "0002", "0001")
    database.migrate(migrations)
    assert {"table_0001", "table_0002"} <= set(inspect(database.engine).get_table_names())
    database.close()


@pytest.mark.parametrize("service", SERVICES)
def test_the_newest_script_is_known_by_its_name(service: str) -> None:
    folder = wiring.migrations(service)
    assert newest_revision(folder) == ScriptDirectory(str(folder)).get_current_head()
