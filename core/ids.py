"""Ids: short strings that sort by their time of creation."""

from __future__ import annotations

import secrets
import threading
from datetime import datetime

from core import clock

# Crockford's base 32 in lower case. It has no i, l, o and u, which are easily confused when typed or read aloud.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_RANDOM_BITS = 32
_LENGTH = 16

_lock = threading.Lock()
_last = 0
_last_milliseconds = -1


def new_id(moment: datetime | None = None) -> str:
    """A new id of 16 characters: 48 bits of milliseconds since 1970, then 32 random bits.

    Ids that one process makes in the same millisecond rise too, so sorting by id is sorting by age. `moment`
    (timezone-aware; default: now) is for imported content that is older.
    """
    global _last, _last_milliseconds
    milliseconds = max(int((moment or clock.now()).timestamp() * 1000), 0)
    with _lock:
        if milliseconds == _last_milliseconds:
            value = _last + 1 + secrets.randbits(8)
        else:
            # In the lower half of the random range, so that some 16 million more can follow in this millisecond.
            value = (milliseconds << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS - 1)
        _last, _last_milliseconds = value, milliseconds
    return _written(value)


def numbered_id(moment: datetime, number: int) -> str:
    """The id of the copy `number` of something, at a time: always the same. `new_id` makes none of these."""
    upper_half = 1 << (_RANDOM_BITS - 1)
    if not 0 <= number < upper_half:
        raise ValueError(f"{number} is too large for a part of an id")
    return _written((int(moment.timestamp() * 1000) << _RANDOM_BITS) | upper_half | number)


def bytes_of_id(id: str) -> bytes:
    """The ten bytes that an id stands for. Raises `ValueError` for what is no id."""
    if len(id) != _LENGTH:
        raise ValueError("an id has 16 characters")
    value = 0
    for letter in id:
        value = value * len(_ALPHABET) + _ALPHABET.index(letter)
    return value.to_bytes(_LENGTH * 5 // 8, "big")


def id_of_bytes(content: bytes) -> str:
    """The id of its ten bytes."""
    return _written(int.from_bytes(content, "big"))


def _written(value: int) -> str:
    letters = []
    for _ in range(_LENGTH // 2):
        letters.append(_PAIRS[value & 1023])
        value >>= 10
    return "".join(reversed(letters))
