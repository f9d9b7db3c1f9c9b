"""Cursors for keyset pagination: the position in a list where a page ended, as an opaque string for URLs.

A cursor holds the sort key of the page's last row (a time, then an id), so rows that are added or removed between two
requests neither repeat nor hide others.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from core.columns import Moment

S = TypeVar("S", bound=Select[*tuple[Any, ...]])

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def newest_first(
    wanted: S,
    at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    row_id: InstrumentedAttribute[str],
    after: tuple[datetime, str] | None,
    limit: int,
) -> S:
    """The rows of a page of a list by time, and one more: those that come `after` the last one of the page before."""
    if after is not None:
        moment, last_id = after
        wanted = wanted.where(tuple_(at, row_id) < tuple_(literal(moment, Moment), literal(last_id)))
    return wanted.order_by(at.desc(), row_id.desc()).limit(limit + 1)


def cursor(moment: datetime, row_id: str, *flags: bool) -> str:
    """The cursor after the row with this time and id; ``flags`` are the booleans by which the list is sorted first."""
    micros = (moment - _EPOCH) // _MICROSECOND
    return "_".join([*(str(int(flag)) for flag in flags), str(micros), row_id])


def parse(text: str, flags: int = 0) -> tuple[datetime, str, *tuple[bool, ...]]:
    """The time, id and flags of a cursor that ``cursor`` made. Raises ``ValueError`` for anything else."""
    parts = text.split("_")
    if len(parts) != flags + 2 or any(part not in ("0", "1") for part in parts[:flags]):
        raise ValueError("not a cursor")
    micros, row_id = parts[flags:]
    if (
        not micros.removeprefix("-").isascii()
        or not micros.removeprefix("-").isdigit()
        or len(micros) > 18
        or not row_id
        or "\0" in row_id  # PostgreSQL refuses NUL in a text
    ):
        raise ValueError("not a cursor")
    try:
        moment = _EPOCH + int(micros) * _MICROSECOND
    except OverflowError:
        raise ValueError("not a cursor") from None
    return moment, row_id, *(part == "1" for part in parts[:flags])
