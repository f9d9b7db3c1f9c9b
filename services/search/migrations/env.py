"""Runs the migrations of the search service, whose embedded index needs SQLite."""

from alembic import context

from core.alembic_env import run_migrations
from services.search.elasticsearch import tables as _elasticsearch_tables  # noqa: F401 - they belong to the metadata
from services.search.embedded.upgrade import reindex_if_older
from services.search.tables import Base

connection = context.config.attributes["connection"]
if connection.dialect.name != "sqlite":
    raise RuntimeError(
        "the embedded index needs SQLite: set SPACE_SEARCH_DATABASE_URL to sqlite:///…, or unset it"
    )
run_migrations(Base.metadata)
reindex_if_older(connection)
