"""Runs the migrations of the mail service."""

from core.alembic_env import run_migrations
from services.mail.tables import Base

run_migrations(Base.metadata)
