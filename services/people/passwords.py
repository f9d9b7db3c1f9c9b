"""Makes, hashes and compares passwords and tokens.

Argon2id at the lowest cost that OWASP recommends (19 MiB, two passes, parallelism 1): about 30 ms of one
core. Under eventlet the whole process waits that long, so a hash is never made inside a write transaction.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

API_TOKEN_PREFIX = "space_"
"""The prefix by which leaked tokens can be found."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """Argon2's encoded hash of a prepared password, with a salt of its own."""
    return _HASHER.hash(prepared(password))


def prepared(password: str) -> str:
    """The password as it is compared: in Unicode's NFC, every kind of space as U+0020.

    So `ä` is the same whether a keyboard sends it composed or not. These are the mappings of the OpaqueString profile
    (RFC 8265, section 4.2.2); its other rules forbid characters, and a password that can be typed is taken here.
    """
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in password)
    return unicodedata.normalize("NFC", spaced)


def fits(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of that hash.

    None (nobody of that name) takes as long as a wrong password. Hashes of earlier releases are of the password as it
    was typed, so that is tried too where the two differ.
    """
    compared = password_hash or _hash_of_nobody()
    fitting = any(_verified(compared, each) for each in dict.fromkeys((prepared(password), password)))
    return fitting and bool(password_hash)


def _verified(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made at a lower cost than the present one."""
    return _HASHER.check_needs_rehash(password_hash)


def new_session_token() -> str:
    """A browser session's token: 32 random bytes."""
    return secrets.token_urlsafe(32)


def new_api_token() -> str:
    """An API token: `space_` and 32 random bytes."""
    return API_TOKEN_PREFIX + secrets.token_urlsafe(32)


def session_id(token_hash_: str) -> str:
    """The id that a session is listed and ended by, of its stored hash: it tells nothing of that."""
    return token_hash(token_hash_)[:16]


def token_hash(token: str) -> str:
    """What is stored of a token. It is random enough that a fast hash hides it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))
