"""The step by which a service's database got the tables of `core.writing_columns`.

It is written out and not made from today's columns, for a migration that has run must not change.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.columns import Json, Moment


def create_rules_table() -> None:
    """Add the table of the rules, at first empty."""
    op.create_table(
        "writing_rules",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("writing_rules_key")),
    )


def create_writing_tables() -> None:
    """Add all tables, at first empty."""
    create_rules_table()
    op.create_table(
        "newcomer",
        sa.Column("person_id", sa.String(16), nullable=False),
        sa.Column("written", Json, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("newcomer_key")),
    )
    op.create_index("newcomer_by_time", "newcomer", ["at"])
    op.create_table(
        "repeat_secret",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("repeat_secret_key")),
    )
    op.create_table(
        "repeat",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("repeat_key")),
    )
    op.create_table(
        "held_item",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("verb", sa.String(20), nullable=False),
        sa.Column("target_id", sa.String(16), nullable=True),
        sa.Column("command", Json, nullable=False),
        sa.Column("audience", sa.String(30), nullable=False),
        sa.Column("original_language", sa.String(20), nullable=False),
        sa.Column("category", sa.String(100), nullable=False),
        sa.Column("author_id", sa.String(16), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("path", sa.String(500), nullable=False),
        sa.Column("findings", Json, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("decision_id", sa.String(16), nullable=True),
        sa.Column("failure", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("held_item_key")),
    )
    op.create_index("held_item_by_author", "held_item", ["author_id", "status", "created_at", "id"])
    op.create_index("held_item_by_decision", "held_item", ["decision_id"])
