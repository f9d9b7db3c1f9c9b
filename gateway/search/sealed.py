"""A page of a search whose cursor says nothing to who has it, and fits the search alone that it came from.

A cursor of the search service is the sort key of the page's last hit, its score among it. It is encrypted
(`core.siv`), which also finds what was changed; the same cursor is sealed alike each time.
"""

from __future__ import annotations

from contracts.errors import invalid
from contracts.search import SearchApi, SearchQuery, SearchResult
from core.audience import Viewer
from core.siv import SivCipher


def search(api: SearchApi, key: bytes, viewer: Viewer, query: SearchQuery) -> SearchResult:
    """One page, for a `key` of 32 bytes. `query.after` and the result's `next` are sealed.

    Raises `Invalid` as the service does, and with the fault `cursor-shape` for a cursor that was not made for this
    search.
    """
    cipher = SivCipher([key])
    after = _opened(cipher, query) if query.after else None
    found = api.search(viewer, query.model_copy(update={"after": after}))
    return found.model_copy(update={"next": _sealed(cipher, query, found.next)}) if found.next else found


def _sealed(cipher: SivCipher, query: SearchQuery, cursor: str) -> str:
    return cipher.token(cursor.encode(), _context(query))


def _opened(cipher: SivCipher, query: SearchQuery) -> str:
    cursor = cipher.open(query.after or "", _context(query))
    if cursor is None:
        raise invalid("after", "cursor-shape")
    return cursor.decode()


def _context(query: SearchQuery) -> bytes:
    """What a cursor belongs to: the search without the place and size of its page."""
    return query.model_dump_json(exclude={"after", "limit"}).encode()
