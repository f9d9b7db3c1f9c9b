"""Migrations from the first schema to the newest keep the data of each service, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, insert, inspect, select, text

from bus.consumer.partitions import PARTITIONS
from bus.eventlog.schema import (
    consumer_offset,
    event_log,
    failed_event,
    idempotency_key,
    metadata,
    outbox_task,
    relay_offset,
)
from core import clock
from core.database import Database
from core.settings import SERVICES
from tests.unit.harness import migrate, new_database

# The embedded index is a matter of SQLite.
STORES = [("sqlite", name) for name in SERVICES] + [
    ("postgresql", name) for name in SERVICES if name != "search"
]
# Mail began with the newest tables of the bus.
OLD_STORES = [(store, name) for store, name in STORES if name != "mail"]


# As the first release wrote them: its tables had other names.
_HELD = (
    "INSERT INTO held (subscription, producer, seq, subject, event, attempts, next_at, error)"
    """ VALUES ('x', 'y', 1, 's/1', '{"text": "old"}', 2, NULL, 'e')"""
)
_EFFECT = (
    "INSERT INTO effect (number, key, kind, subject, data, trace, created_at, begun, attempts, next_at, error, claim)"
    """ VALUES (4, 'k', 'x.y', 's/1', '{"to": "a"}', '', '2026-01-02 03:04:05', 3, 2, NULL, 'e', '')"""
)


@pytest.fixture
def database(store: str, tmp_path: Path) -> Iterator[Database]:
    with new_database(store, tmp_path) as database:
        yield database


@pytest.mark.slow
@pytest.mark.parametrize(("store", "service"), OLD_STORES)
def test_a_store_with_data_comes_to_the_newest_schema(store: str, service: str, database: Database) -> None:
    migrate(database, service, "0001")
    assert not inspect(database.engine).has_table("effect")
    assert "partition" not in {column["name"] for column in inspect(database.engine).get_columns("cursor")}
    with database.writing() as session:
        session.execute(
            insert(event_log).values(
                seq=1, id="a" * 16, type="t", version=1, subject="s/1", audience="public",
                occurred_at=clock.now(), trace="", data={"text": "old"},
            )
        )  # fmt: skip
        session.execute(text(_HELD))
        session.execute(text("INSERT INTO relay_mark (name, seq) VALUES ('broker', 3)"))
        cursor = "INSERT INTO cursor (subscription, producer, seq, event_id, trouble) VALUES ('x', 'y', 7, 'e', 't')"
        session.execute(text(cursor))
    migrate(database, service)
    with database.reading() as session:
        assert session.execute(select(event_log.c.data)).scalars().all() == [{"text": "old"}]
        assert session.execute(select(failed_event.c.event, failed_event.c.attempts)).all() == [
            ({"text": "old"}, 2)
        ]
        assert session.execute(select(outbox_task)).all() == []
        assert session.execute(select(relay_offset)).all() == [("broker", 3)]
        offsets = session.execute(select(consumer_offset).order_by(consumer_offset.c.partition)).all()
        assert [tuple(offset) for offset in offsets] == [
            ("x", "y", partition, 7, "e", "t") for partition in range(PARTITIONS)
        ]


@pytest.mark.slow
@pytest.mark.parametrize(("store", "service"), OLD_STORES)
def test_tasks_keep_their_counts_under_the_new_names(store: str, service: str, database: Database) -> None:
    migrate(database, service, "0003")
    with database.writing() as session:
        session.execute(text(_EFFECT))
        session.execute(
            text("INSERT INTO handled_request (key, result, at) VALUES ('r', '1', '2026-01-02 03:04:05')")
        )
    migrate(database, service)
    with database.writing() as session:
        row = session.execute(select(outbox_task)).one()
        assert (row.number, row.key, row.deliveries, row.attempts, row.data) == (4, "k", 3, 2, {"to": "a"})
        assert session.execute(select(idempotency_key.c.key, idempotency_key.c.result)).all() == [("r", 1)]


@pytest.mark.slow
@pytest.mark.parametrize(("store", "service"), STORES)
def test_migrations_make_the_tables_that_the_code_expects(
    store: str, service: str, database: Database
) -> None:
    migrate(database, service)
    own: MetaData = import_module(f"services.{service}.tables").Base.metadata
    # SQLAlchemy knows no tables of a full-text index; each of search's is several in the database.
    full_text = ("words", "titles") if service == "search" else ()
    options = {
        "compare_type": True,
        "include_name": lambda name, kind, _: (
            kind != "table" or not (name or "").startswith(full_text or "-")
        ),
    }
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, [own, metadata]) == []  # type: ignore[arg-type]
