"""Passwords and tokens: how they are made, hashed and compared.

Argon2id at the least that OWASP asks for (19 MiB, two passes, parallelism 1): about 30 ms of one core. That is also how
long the process stands still for others under eventlet, so a hash is never made inside a write transaction.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

API_TOKEN_PREFIX = "space_"
"""Leaked tokens are found by it."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """Argon2's encoded hash of a password, with a salt of its own."""
    return _HASHER.hash(password)


def fits(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of that hash.

    None (nobody of that name) takes as long as a wrong password.
    """
    try:
        _HASHER.verify(password_hash or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made at a lower cost than today's, so that it is to be made anew."""
    return _HASHER.check_needs_rehash(password_hash)


def new_session_token() -> str:
    """A browser session's token: 32 random bytes."""
    return secrets.token_urlsafe(32)


def new_api_token() -> str:
    """An API token: `space_` and 32 random bytes."""
    return API_TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token. It is random enough that a fast hash hides it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))
