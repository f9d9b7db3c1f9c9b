"""What the `env.py` of each service's migrations does."""

from __future__ import annotations

from alembic import context
from sqlalchemy import MetaData


def run_migrations(metadata: MetaData) -> None:
    """Run the Alembic scripts on the connection that `core.database.Database.migrate` opened.

    SQLite can't alter most of a table, so there Alembic copies the table into a new one (batch mode).
    """
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
