"""Runs the migrations of the forum service."""

from core.alembic_env import run_migrations
from services.forum import writing_tables
from services.forum.tables import Base

MODULES = (writing_tables,)
"""They add their tables to `Base` when they are imported."""

run_migrations(Base.metadata)
