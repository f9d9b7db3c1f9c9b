"""The migrations make what the code expects."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from bus.eventlog.schema import metadata as bus_metadata
from core.database import Database
from services.notify.tables import Base


def test_migrated_database_has_the_tables_of_the_code(database: Database) -> None:
    wanted = MetaData()
    for table in (*Base.metadata.tables.values(), *bus_metadata.tables.values()):
        table.to_metadata(wanted)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, wanted) == []
