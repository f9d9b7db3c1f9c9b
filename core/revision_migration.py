"""What migrations of several services do alike to keep earlier texts (`core.shared_columns.TextRevisionColumns` and
`DecidedChangeColumns`)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.columns import Moment


def add_history(item: str, table: str, versions: str, *, withholds: str) -> None:
    """Add the `table` of the earlier texts of an `item`, their number to each row of `versions`, and the item's column
    `withholds`, which says that some are withheld. There is no earlier text yet."""
    op.create_table(
        table,
        sa.Column(f"{item}_id", sa.String(16), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by_id", sa.String(16), nullable=False),
        sa.Column("withheld_at", Moment, nullable=True),
        sa.Column("withheld_by", sa.String(16), nullable=True),
        sa.Column("withheld_reason", sa.String(500), nullable=True),
        sa.ForeignKeyConstraint([f"{item}_id"], [f"{item}.id"], name=op.f(f"{table}_{item}_id_of_{item}")),
        sa.PrimaryKeyConstraint(f"{item}_id", "language", "revision", name=op.f(f"{table}_key")),
    )
    op.add_column(versions, sa.Column("edits", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(item, sa.Column(withholds, sa.Boolean(), nullable=False, server_default=sa.false()))


def create_decided_changes() -> None:
    """Add the table of what moderators' decisions replaced. None has replaced anything yet."""
    op.create_table(
        "decided_change",
        sa.Column("decision_id", sa.String(16), nullable=False),
        sa.Column("item_id", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("withheld", sa.Integer(), nullable=True),
        sa.Column("category", sa.String(100), nullable=False),
        sa.Column("moved_to", sa.String(100), nullable=True),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("decided_change_key")),
    )
    op.create_index("decided_change_by_time", "decided_change", ["at"])
