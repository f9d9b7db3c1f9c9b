"""Runs forum's migrations on the connection that `core.database.Database.migrate` hands over."""

from alembic import context

from services.forum.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
