"""Cursors: where in a list a page ended, as one opaque word that stands in an address.

A cursor names the last row by what the list is sorted by (a moment, then an id), so rows that come or go between two
pages neither repeat nor hide others.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def cursor(moment: datetime, row_id: str, *flags: bool) -> str:
    """The cursor after the row with this moment and id; ``flags`` are what the list is sorted by before the moment."""
    micros = (moment - _EPOCH) // _MICROSECOND
    return "_".join([*(str(int(flag)) for flag in flags), str(micros), row_id])


def parse(text: str, flags: int = 0) -> tuple[datetime, str, *tuple[bool, ...]]:
    """What ``cursor`` put in: the moment, the id, then the flags. ``ValueError`` for anything else."""
    parts = text.split("_")
    if len(parts) != flags + 2 or any(part not in ("0", "1") for part in parts[:flags]):
        raise ValueError("not a cursor")
    micros, row_id = parts[flags:]
    if (
        not micros.removeprefix("-").isascii()
        or not micros.removeprefix("-").isdigit()
        or len(micros) > 18
        or not row_id
    ):
        raise ValueError("not a cursor")
    try:
        moment = _EPOCH + int(micros) * _MICROSECOND
    except OverflowError:
        raise ValueError("not a cursor") from None
    return moment, row_id, *(part == "1" for part in parts[:flags])
