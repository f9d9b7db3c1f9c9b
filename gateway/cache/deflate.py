"""Pages in pieces, compressed piece by piece: what is the same for all of them only once."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x03\x00"
_LEVEL, _LEVEL_OF_FILLED = 6, 1
_STORED = 200
"""Up to as many bytes are not compressed: a token does not get smaller."""


@dataclass(frozen=True)
class Piece:
    """Some bytes of a page. `filled`: they fill a hole, for one reader; `lasts`: with the same the next time."""

    data: bytes
    filled: bool = False
    lasts: bool = True

    @cached_property
    def deflated(self) -> bytes:
        """The bytes as whole blocks of DEFLATE (RFC 1951) that refer to nothing outside of them."""
        if self.filled and len(self.data) <= _STORED:
            size = len(self.data)
            return b"\x00" + struct.pack("<HH", size, size ^ 0xFFFF) + self.data
        if self.filled:
            return _deflated_again(self.data) if self.lasts else _deflated(self.data, _LEVEL_OF_FILLED)
        return _deflated(self.data, _LEVEL)


def _deflated(data: bytes, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush(zlib.Z_FULL_FLUSH)


# Whoever reads one page reads the next, with the same menu of their own.
@lru_cache(maxsize=2_000)
def _deflated_again(data: bytes) -> bytes:
    return _deflated(data, _LEVEL_OF_FILLED)


def gzipped(pieces: Iterable[Piece]) -> bytes:
    """The pieces as one gzip file (RFC 1952)."""
    parts, checksum, size = [_HEAD], 0, 0
    for piece in pieces:
        parts.append(piece.deflated)
        checksum = zlib.crc32(piece.data, checksum)
        size += len(piece.data)
    return b"".join([*parts, _LAST_BLOCK, struct.pack("<II", checksum, size & 0xFFFFFFFF)])
