"""Ids: short strings that sort by the time they were made."""

from __future__ import annotations

import secrets
import threading
from datetime import datetime

from core import clock

# Crockford's base 32, lower case: no i, l, o, u, so that an id read aloud or typed is not mistaken.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 32
_LENGTH = 16

_lock = threading.Lock()
_last = 0


def new_id(moment: datetime | None = None) -> str:
    """A new id of 16 characters: 48 bits of milliseconds since 1970, then 32 random bits.

    Ids made by one process in one millisecond still rise, so sorting by id is sorting by age.
    `moment` (aware) is for content that is older than its import; the default is now.
    """
    global _last
    milliseconds = int((moment or clock.now()).timestamp() * 1000)
    value = (max(milliseconds, 0) << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    with _lock:
        if value >> _RANDOM_BITS == _last >> _RANDOM_BITS and value <= _last:
            value = _last + 1 + secrets.randbits(8)
        _last = value
    letters = []
    for _ in range(_LENGTH):
        letters.append(_ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(letters))
