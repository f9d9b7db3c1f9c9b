"""Runs the migrations of the blog service."""

from core.alembic_env import run_migrations
from services.blog import writing_tables
from services.blog.tables import Base

MODULES = (writing_tables,)
"""They add their tables to `Base` when they are imported."""

run_migrations(Base.metadata)
