"""For migrations: stores what is made of the texts of a table (`core.cooked_columns`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from core.markup_cooked import RENDERER, cook

_ROWS = 500
"""The rows that are read at once."""


def add_cooked_columns(table: str) -> None:
    """Add the columns that `CookedColumns` has."""
    op.add_column(table, sa.Column("html", sa.Text(), nullable=True))
    op.add_column(table, sa.Column("renderer", sa.Integer(), nullable=False, server_default="0"))


def fill_cooked(
    table: str,
    key: Sequence[str],
    also: Sequence[str] = (),
    *,
    body: str = "body",
    language: sa.ColumnClause[Any] | None = None,
    code: Callable[[Any], str] = str,
) -> None:
    """Fill them for the texts that there are, in the column `body`. `key` names the primary key, `also` other columns
    that are made of the text: `excerpt`, `plain`. `code` gives a text's language by what stands in the column
    `language`, by default the one of this name."""
    connection = op.get_bind()
    names = dict.fromkeys((*key, body, "html", *also))
    rows = sa.table(table, *(sa.column(name, sa.String) for name in names), sa.column("renderer", sa.Integer))
    keys = [rows.c[name] for name in key]
    spoken = sa.column("language", sa.String) if language is None else language
    texts = sa.select(*keys, spoken.label("spoken"), rows.c[body].label("text")).select_from(rows)
    texts = texts.where(rows.c[body].is_not(None)).order_by(*keys).limit(_ROWS)
    after: tuple[str, ...] | None = None
    while True:
        wanted = (
            texts if after is None else texts.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, after)))
        )
        found = connection.execute(wanted).all()
        for row in found:
            cooked = cook(row.text, code(row.spoken))
            made = {
                "html": cooked.html,
                "renderer": RENDERER,
                **{name: getattr(cooked, name) for name in also},
            }
            same = [column == value for column, value in zip(keys, row, strict=False)]
            connection.execute(sa.update(rows).where(*same).values(made))
        if len(found) < _ROWS:
            return
        after = tuple(found[-1][: len(keys)])
