"""Runs the migrations of the events service."""

from core.alembic_env import run_migrations
from services.events.tables import Base

run_migrations(Base.metadata)
