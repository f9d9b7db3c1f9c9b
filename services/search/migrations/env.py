"""Runs the migrations of the search service, whose embedded index needs SQLite."""

from alembic import context

from core.alembic_env import run_migrations
from services.search.tables import Base

if context.config.attributes["connection"].dialect.name != "sqlite":
    raise RuntimeError(
        "the embedded index needs SQLite: set SPACE_SEARCH_DATABASE_URL to sqlite:///…, or unset it"
    )
run_migrations(Base.metadata)
