"""Texts that were stored before there were rules for what can be seen are cleaned (`core.text_migration`)."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.columns import Json
from core.text_migration import beginning, clean, line

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Clean the notifications, and what is known of other services' items, so that nobody is notified of the change."""
    clean("notification", ["id"], ["title", "excerpt"], instead=lambda row: beginning(row["excerpt"]))
    for table, column in (("topic", "titles"), ("event_seen", "plan")):
        rows = sa.table(table, sa.column("id", sa.String), sa.column(column, Json))
        for key, stored in op.get_bind().execute(sa.select(rows.c.id, rows.c[column])).all():
            cleaned = _clean(stored)
            if cleaned != stored:
                op.execute(sa.update(rows).where(rows.c.id == key).values({column: cleaned}))


def _clean(stored: Any) -> Any:
    if isinstance(stored, str):
        return line(stored)
    if isinstance(stored, dict):
        return {key: _clean(value) for key, value in stored.items()}
    return stored
