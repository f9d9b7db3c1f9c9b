"""How many streams are open at once: in all, of one client, and how many of them strangers may have."""

from __future__ import annotations

from collections import Counter

from contracts.errors import TooMany

SECONDS_TO_WAIT = 60
"""What a client is told for which there is no place."""


class Places:
    """The places of one kind of stream in this process.

    `most`: in all. `of_each`: of one client, a key as `gateway.limits` makes it: `person:…` or `peer:…`. `for_people`:
    those of `most` that strangers never take. A client of None (a proxy itself, or where nothing is limited) counts
    towards `most` alone.
    """

    def __init__(self, most: int, of_each: int, for_people: int) -> None:
        self._most = most
        self._of_each = of_each
        self._for_people = for_people
        self._taken: Counter[str | None] = Counter()
        self._strangers = 0

    def take(self, client: str | None) -> None:
        """Take a place, until `give_back`. Raises `TooMany("streams-too-many")`."""
        full = self.taken >= self._most
        if client is not None:
            full = full or self._taken[client] >= self._of_each
            if not _is_person(client):
                full = full or self._strangers >= self._most - self._for_people
        if full:
            raise TooMany("streams-too-many", params={"seconds": SECONDS_TO_WAIT})
        self._taken[client] += 1
        self._strangers += client is not None and not _is_person(client)

    def give_back(self, client: str | None) -> None:
        """Give a place back."""
        self._taken[client] -= 1
        self._strangers -= client is not None and not _is_person(client)
        if not self._taken[client]:
            del self._taken[client]

    @property
    def taken(self) -> int:
        """The places that are taken."""
        return self._taken.total()


def _is_person(client: str) -> bool:
    return client.startswith("person:")
