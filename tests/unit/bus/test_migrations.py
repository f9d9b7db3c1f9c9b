"""Each service's store comes from its first schema to the newest with what is in it, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect, select, text

from bus.consumer.partitions import PARTITIONS
from bus.eventlog.schema import cursor, effect, event_log, held, metadata
from core import clock
from core.database import Database
from core.settings import SERVICES
from tests import servers

# The embedded index is a matter of SQLite.
STORES = [("sqlite", name) for name in SERVICES] + [
    ("postgresql", name) for name in SERVICES if name != "search"
]
MIGRATIONS = Path(__file__).resolve().parents[3] / "services"


@pytest.fixture
def database(store: str, tmp_path: Path) -> Iterator[Database]:
    if store == "sqlite":
        made = Database(f"sqlite:///{tmp_path}/store.sqlite")
        yield made
        made.close()
        return
    with servers.fresh_database() as url:
        made = Database(url)
        yield made
        made.close()


@pytest.mark.parametrize(("store", "service"), STORES)
def test_a_store_with_data_comes_to_the_newest_schema(store: str, service: str, database: Database) -> None:
    migrations = MIGRATIONS / service / "migrations"
    database.migrate(migrations, "0001")
    assert not inspect(database.engine).has_table("effect")
    assert "lane" not in {column["name"] for column in inspect(database.engine).get_columns("cursor")}
    with database.writing() as session:
        session.execute(
            insert(event_log).values(
                seq=1, id="a" * 16, type="t", version=1, subject="s/1", audience="public",
                occurred_at=clock.now(), trace="", data={"text": "old"},
            )
        )  # fmt: skip
        session.execute(
            insert(held).values(
                subscription="x", producer="y", seq=1, subject="s/1", event={"text": "old"}, attempts=2,
                next_at=None, error="e",
            )
        )  # fmt: skip
        place = "INSERT INTO cursor (subscription, producer, seq, event_id, trouble) VALUES ('x', 'y', 7, 'e', 't')"
        session.execute(text(place))
    database.migrate(migrations)
    with database.reading() as session:
        assert session.execute(select(event_log.c.data)).scalars().all() == [{"text": "old"}]
        assert session.execute(select(held.c.event, held.c.attempts)).all() == [({"text": "old"}, 2)]
        assert session.execute(select(effect)).all() == []
        places = session.execute(select(cursor).order_by(cursor.c.lane)).all()
        assert [tuple(place) for place in places] == [
            ("x", "y", lane, 7, "e", "t") for lane in range(PARTITIONS)
        ]


@pytest.mark.parametrize(("store", "service"), STORES)
def test_migrations_make_the_tables_that_the_bus_expects(
    store: str, service: str, database: Database
) -> None:
    database.migrate(MIGRATIONS / service / "migrations")
    with database.engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or name in metadata.tables,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
