"""Runs the migrations of the notify service."""

from core.alembic_env import run_migrations
from services.notify import push_tables
from services.notify.tables import Base

MODULES = (push_tables,)
"""They add their tables to `Base` when they are imported."""

run_migrations(Base.metadata)
