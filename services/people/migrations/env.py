"""Runs the migrations of the people service."""

from core.alembic_env import run_migrations
from services.people import (
    block_tables,
    case_tables,
    contact_tables,
    invitation_tables,
    own_tables,
    passkey_tables,
    tag_tables,
    trust_tables,
    wiki_tables,
)
from services.people.tables import Base

MODULES = (
    block_tables,
    case_tables,
    contact_tables,
    invitation_tables,
    own_tables,
    passkey_tables,
    tag_tables,
    trust_tables,
    wiki_tables,
)
"""They add their tables to `Base` when they are imported."""

run_migrations(Base.metadata)
