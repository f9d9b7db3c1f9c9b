"""Cursors of pages of hits: the sort key of a page's last hit."""

from __future__ import annotations

import re
from typing import Any

from contracts.errors import invalid

_TIMED = re.compile(r"(?P<at>-?[0-9]{1,18})_(?P<kind>[a-z]{1,10})_(?P<id>[0-9A-Za-z-]{1,40})")
_SCORED = re.compile(r"(?P<score>[0-9]{1,18}(\.[0-9]+)?(e[+-]?[0-9]{1,3})?)_" + _TIMED.pattern)


def cursor_key(text: str, scored: bool) -> dict[str, Any]:
    """The sort key that a cursor names. Raises `Invalid` with the fault `cursor-shape`."""
    found = (_SCORED if scored else _TIMED).fullmatch(text)
    if found is None:
        raise invalid("after", "cursor-shape")
    values = found.groupdict()
    key: dict[str, Any] = {"at": int(values["at"]), "kind": values["kind"], "id": values["id"]}
    return key | ({"score": float(values["score"])} if scored else {})
