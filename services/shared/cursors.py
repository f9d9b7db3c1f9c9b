"""Cursors that a caller sends."""

from __future__ import annotations

from datetime import datetime

from contracts.errors import invalid
from core import paging


def position(after: str | None) -> tuple[datetime, str] | None:
    """Where a list by time goes on; None: at its beginning. Raises as `parse_cursor` does."""
    if after is None:
        return None
    moment, row_id, *_ = parse_cursor(after)
    return moment, row_id


def parse_cursor(after: str, flags: int = 0) -> tuple[datetime, str, *tuple[bool, ...]]:
    """The time, id and flags of a cursor (`core.paging`). Raises `Invalid` with the fault `cursor-shape`."""
    try:
        return paging.parse(after, flags)
    except ValueError:
        raise invalid("after", "cursor-shape") from None
