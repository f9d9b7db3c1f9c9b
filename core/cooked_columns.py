"""What is stored with a text beside the text: its HTML, its beginning, and the version of the renderer of both."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Select, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from core.markup_cooked import RENDERER, Cooked, cook
from core.markup_parse import Sizes


class CookedColumns:
    """The columns of a table of texts. `html` is None where it depends on who there is (`core.markup_cooked.Cooked`);
    `renderer` is 0 where nothing was made yet."""

    html: Mapped[str | None] = mapped_column(Text)
    renderer: Mapped[int] = mapped_column(default=0, server_default="0")


R = TypeVar("R", bound=CookedColumns)


def set_cooked(row: CookedColumns, text: str, language: str, pictures: Sizes | None = None) -> Cooked:
    """Store what is made of a text with it; returns it. `pictures` are the sizes of those in it."""
    cooked = cook(text, language, pictures)
    row.html, row.renderer = cooked.html, RENDERER
    return cooked


def current_html(row: CookedColumns) -> str | None:
    """The stored HTML; None if there is none, or only that of another renderer."""
    return row.html if row.renderer == RENDERER else None


def of_other_renderers(table: type[R], limit: int) -> Select[R]:
    """Up to `limit` rows whose HTML another renderer made, locked until they are renewed."""
    return select(table).where(table.renderer != RENDERER).limit(limit).with_for_update()
