"""The table of the blog for the rules for writing."""

from __future__ import annotations

from core.writing_rows import rules_table
from services.blog.tables import Base

RULES = rules_table(Base)
