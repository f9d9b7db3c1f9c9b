"""Runs the migrations of the blog service."""

from core.alembic_env import run_migrations
from services.blog.tables import Base

run_migrations(Base.metadata)
