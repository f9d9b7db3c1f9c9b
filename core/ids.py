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
_last_milliseconds = -1


def new_id(moment: datetime | None = None) -> str:
    """A new id of 16 characters: 48 bits of milliseconds since 1970, then 32 random bits.

    Ids made one after another by one process for one millisecond still rise, so sorting by id is sorting by age.
    `moment` (aware) is for content that is older than its import; the default is now.
    """
    global _last, _last_milliseconds
    milliseconds = max(int((moment or clock.now()).timestamp() * 1000), 0)
    with _lock:
        if milliseconds == _last_milliseconds:
            value = _last + 1 + secrets.randbits(8)
        else:
            # The upper half of the millisecond is left for those that rise from here: some 16 million.
            value = (milliseconds << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS - 1)
        _last, _last_milliseconds = value, milliseconds
    letters = []
    for _ in range(_LENGTH):
        letters.append(_ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(letters))
