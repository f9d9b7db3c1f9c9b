"""`services.shared.powers` as a condition on rows of items, which are of an audience, a language and a category."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from core.audience import MEMBERS, PUBLIC


def in_power(table: Any, audiences: Any, languages: Any, categories: Any = ()) -> ColumnElement[bool]:
    """Whether a row is of one of these audiences, or is of no group and in one of these parts.

    `table`: the columns `audience`, `original_language` and, if there are any, `category`. The others are lists, or
    parameters for lists.
    """
    parts = [table.original_language.in_(languages)]
    if hasattr(table, "category"):
        parts.append(table.category.in_(categories))
    of_site = table.audience.in_((PUBLIC, MEMBERS))
    return or_(table.audience.in_(audiences), and_(of_site, or_(*parts)))


__all__ = ["in_power"]
