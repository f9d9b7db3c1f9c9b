"""One-time passwords by the clock (TOTP, RFC 6238), as authenticator apps make them: six digits every 30 seconds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

STEP_SECONDS = 30
DIGITS = 6
_DRIFT = 1
"""Codes of so many steps before and after are accepted, for clocks that differ and people who type slowly."""


def new_secret() -> str:
    """A secret of 160 bits, in base 32."""
    return base64.b32encode(secrets.token_bytes(20)).decode("ascii")


def code_at(secret: str, step: int) -> str:
    """The code of a step (RFC 4226, section 5.3)."""
    mac = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = mac[-1] & 15
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_at(moment: datetime) -> int:
    """The number of a moment's step."""
    return int(moment.timestamp()) // STEP_SECONDS


def matching_step(secret: str, code: str, moment: datetime, last_step: int) -> int | None:
    """The step that a code is of, if it is valid now and later than `last_step`, so that no code works twice."""
    now = step_at(moment)
    found = None
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if (
            hmac.compare_digest(code_at(secret, step).encode(), code.encode("utf-8", "replace"))
            and step > last_step
        ):
            found = step
    return found
