"""The step of migrations that adds the slugs of merged categories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create_former_categories() -> None:
    """Add the table, at first empty."""
    op.create_table(
        "former_category",
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("category", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["category"], ["category.slug"], name=op.f("former_category_category_of_category")
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("former_category_key")),
    )
    op.create_index(op.f("former_category_by_category"), "former_category", ["category"])
