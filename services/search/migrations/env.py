"""Runs the migrations of the search service. Only SQLite gets the full-text tables of the embedded index."""

from alembic import context

from core.alembic_env import run_migrations
from services.search.elasticsearch import tables as _elasticsearch_tables  # noqa: F401 - they belong to the metadata
from services.search.embedded.upgrade import note_version_if_empty
from services.search.tables import Base

connection = context.config.attributes["connection"]
run_migrations(Base.metadata)
if connection.dialect.name == "sqlite":
    note_version_if_empty(connection)
