"""Runs the migrations of the people service."""

from core.alembic_env import run_migrations
from services.people.case_tables import Base

run_migrations(Base.metadata)
