"""A page of a search whose cursor says nothing to who has it, and fits the search alone that it came from.

A cursor of the search service is the sort key of the page's last hit, its score among it. It is encrypted with
AES-SIV (RFC 5297), which also finds what was changed; the same cursor is sealed alike each time.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from contracts.errors import invalid
from contracts.search import SearchApi, SearchQuery, SearchResult
from core.audience import Viewer


def search(api: SearchApi, key: bytes, viewer: Viewer, query: SearchQuery) -> SearchResult:
    """One page, for a `key` of 32 bytes. `query.after` and the result's `next` are sealed.

    Raises `Invalid` as the service does, and with the fault `cursor-shape` for a cursor that was not made for this
    search.
    """
    cipher = AESSIV(key)
    after = _opened(cipher, query) if query.after else None
    found = api.search(viewer, query.model_copy(update={"after": after}))
    return found.model_copy(update={"next": _sealed(cipher, query, found.next)}) if found.next else found


def _sealed(cipher: AESSIV, query: SearchQuery, cursor: str) -> str:
    return urlsafe_b64encode(cipher.encrypt(cursor.encode(), [_context(query)])).rstrip(b"=").decode()


def _opened(cipher: AESSIV, query: SearchQuery) -> str:
    sealed = query.after or ""
    try:
        secret = urlsafe_b64decode(sealed.encode("ascii") + b"=" * (-len(sealed) % 4))
        return cipher.decrypt(secret, [_context(query)]).decode()
    except (ValueError, InvalidTag):
        raise invalid("after", "cursor-shape") from None


def _context(query: SearchQuery) -> bytes:
    """What a cursor belongs to: the search without the place and size of its page."""
    return query.model_dump_json(exclude={"after", "limit"}).encode()
