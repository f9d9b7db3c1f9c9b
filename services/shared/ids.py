"""Ids that a caller sends."""

from __future__ import annotations

import re

from contracts.errors import invalid

_ID = re.compile(r"[0-9a-z]{16}")


def is_id(text: str) -> bool:
    """Whether it has the shape of an id (`core.ids`)."""
    return _ID.fullmatch(text) is not None


AT_ONCE = 100
"""Of so many items one call returns the whole."""


def checked_ids(ids: list[str], most: int) -> set[str]:
    """Those of `ids` that can be ids. Raises `too-many-ids` for more than `most`."""
    if len(ids) > most:
        raise invalid("ids", "too-many-ids", most=most)
    return set(filter(is_id, ids))
