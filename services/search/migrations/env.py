"""Runs the migrations of search on the connection that `core.database` hands over."""

from alembic import context

from services.search.tables import Base

connection = context.config.attributes["connection"]
if connection.dialect.name != "sqlite":
    raise RuntimeError(
        "the embedded index needs SQLite: set SPACE_SEARCH_DATABASE_URL to sqlite:///…, or unset it"
    )
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
