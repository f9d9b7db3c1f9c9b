"""Runs the migrations of the notify service."""

from core.alembic_env import run_migrations
from services.notify.tables import Base

run_migrations(Base.metadata)
