"""The tables of forum for the rules for writing, and for items that wait for review."""

from __future__ import annotations

from core.writing_rows import writing_tables
from services.forum.tables import Base

TABLES = writing_tables(Base)
