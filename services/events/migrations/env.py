"""Runs the migrations of the events service."""

from core.alembic_env import run_migrations
from services.events import writing_tables
from services.events.tables import Base

MODULES = (writing_tables,)
"""They add their tables to `Base` when they are imported."""

run_migrations(Base.metadata)
