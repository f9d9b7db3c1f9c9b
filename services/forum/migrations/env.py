"""Runs the migrations of the forum service."""

from core.alembic_env import run_migrations
from services.forum.tables import Base

run_migrations(Base.metadata)
