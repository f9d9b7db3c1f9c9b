"""Words that many people's texts have. With them a short text is compressed to half of what it takes without.

They are found in the texts of the index itself when it has some, and again when it has many. A word is taken only if
`PEOPLE` have written it, so that a dictionary holds nothing that somebody deletes.
"""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json

SIZES = (2_000, 50_000)
"""The numbers of items at which a dictionary is made."""
PEOPLE = 3
_SAMPLE = 2_000
_MOST_BYTES = 32_000
"""Of a dictionary. DEFLATE looks no further back than 32 KiB."""
_LEVEL = 6
_RAW = -15
_WORD = re.compile(r"\w{2,30}\W?")


class Dictionaries:
    """Packs and unpacks bytes with the dictionaries of an index, each of which is read once. The first byte of what is
    packed is the number of the dictionary, 0 for none."""

    def __init__(self, driver: sqlite3.Connection, sizes: Sequence[int] = SIZES) -> None:
        self._driver = driver
        self._sizes = sizes
        self._words: dict[int, bytes] = {0: b""}
        self._newest: tuple[int, Any] | None = None

    def pack(self, written: bytes) -> bytes:
        """The bytes, packed with the newest dictionary."""
        if self._newest is None:
            (number,) = self._driver.execute("SELECT coalesce(max(number), 0) FROM dictionary").fetchone()
            self._newest = number, zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=self._of(number))
        number, packer = self._newest
        packer = packer.copy()  # with the dictionary read already
        return bytes((number,)) + packer.compress(written) + packer.flush()

    def unpack(self, packed: bytes) -> bytes:
        """What `pack` has packed."""
        return zlib.decompressobj(_RAW, zdict=self._of(packed[0])).decompress(packed[1:])

    def grow(self, last_row: int) -> None:
        """Make a dictionary if it is time, by the last row that there is."""
        due = sum(last_row >= size for size in self._sizes)
        if (
            due
            and self._driver.execute("SELECT 1 FROM dictionary WHERE number = ?", (due,)).fetchone() is None
        ):
            self._words[due] = self._made(last_row)
            self._driver.execute(
                "INSERT INTO dictionary (number, words) VALUES (?, ?)", (due, self._words[due])
            )
            self._newest = None

    def _of(self, number: int) -> bytes:
        if number not in self._words:
            found = self._driver.execute("SELECT words FROM dictionary WHERE number = ?", (number,))
            (self._words[number],) = found.fetchone()
        return self._words[number]

    def _made(self, last_row: int) -> bytes:
        """The most useful words last, where they are found at the shortest distance."""
        people = defaultdict[str, set[str]](set)
        texts: dict[str, int] = {}
        step = max(last_row // _SAMPLE, 1)
        rows = self._driver.execute(
            "SELECT shown, author_id FROM item_text JOIN item USING (row) WHERE row % ? = 0 LIMIT ?",
            (step, _SAMPLE),
        )
        for packed, author_id in rows:
            try:
                texts_of = from_json(self.unpack(packed))[-1]
            except ValueError:
                continue  # half of a surrogate pair
            for _, title, body in texts_of:
                for word in set(_WORD.findall(f"{title} {body}")):
                    texts[word] = texts.get(word, 0) + 1
                    if author_id:
                        people[word].add(author_id)
        useful = sorted(
            (word for word, writers in people.items() if len(writers) >= PEOPLE),
            key=lambda word: (-texts[word] * (len(word.encode()) - 2), word),
        )
        found, size = [], 0
        for word in useful:
            size += len(word.encode())
            if size > _MOST_BYTES:
                break
            found.append(word)
        return "".join(reversed(found)).encode()
