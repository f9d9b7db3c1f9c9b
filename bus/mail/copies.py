"""Messages that are the same for many readers but for their addresses and a link of their own: made once, and copied.

A copy is made of equal content alone: what is kept is found by everything that the message is made of, so nobody gets a
word that is not in their own letter.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

KEPT = 32
"""The most messages that are kept to be copied, the last ones used."""

LONGEST = 300_000
"""Longer messages are not kept, in bytes."""

_HEAD_END = b"\r\n\r\n"
_SOFT_BREAK = b"=\r\n"
_ANY_BREAK = rb"(?:=\r\n)?"


@dataclass(frozen=True)
class _Hole:
    """Where one of a reader's own strings stands (`which`), and at which of its characters lines end softly
    (quoted-printable, RFC 2045, section 6.7)."""

    start: int
    end: int
    which: int
    breaks: tuple[int, ...]


@dataclass(frozen=True)
class _Kept:
    parts: tuple[bytes, ...]
    holes: tuple[_Hole, ...]

    def filled(self, own: Sequence[bytes]) -> bytes:
        written = [self.parts[0]]
        for part, hole in zip(self.parts[1:], self.holes, strict=True):
            written += (_broken(own[hole.which], hole.breaks), part)
        return b"".join(written)


class Copies:
    """The messages that were made last, with what is each reader's own cut out."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()

    def copy(self, content: str, to: str, own: Sequence[str], make: Callable[[], bytes]) -> bytes:
        """The message of this content to an address. `own`: the reader's own strings, in ASCII without what
        quoted-printable would encode; they are not in the content, which is all else that the message is made of.
        `make` makes the message itself, in quoted-printable or not encoded, with `To` as it is written here."""
        strings = [to.encode("ascii"), *(each.encode("ascii") for each in own)]
        # With strings of other lengths lines end elsewhere.
        key = (content, *(str(len(each)) for each in own))
        if any(each in content for each in own):  # somebody wrote down their own link
            return make()
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept.filled(strings)
        made = make()
        if len(made) <= LONGEST and (cut := _cut(made, strings)) is not None:
            self._kept[key] = cut
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


def _cut(made: bytes, strings: Sequence[bytes]) -> _Kept | None:
    """The message without these strings; None where it can't be told where they are."""
    to = b"\r\nTo: " + strings[0] + b"\r\n"
    head_end = made.find(_HEAD_END)
    start = made.find(to, 0, head_end + 2)
    if start < 0 or len(set(strings)) < len(strings):
        return None
    holes = [_Hole(start + len(b"\r\nTo: "), start + len(to) - 2, 0, ())]
    for which, string in enumerate(strings[1:], start=1):
        pattern = _ANY_BREAK.join(re.escape(bytes([byte])) for byte in string)
        found = [_hole(each, which) for each in re.finditer(pattern, made)]
        if not found:
            return None
        holes += found
    holes.sort(key=lambda hole: hole.start)
    ends = [0, *(hole.end for hole in holes)]
    starts = [*(hole.start for hole in holes), len(made)]
    if any(end > begin for end, begin in zip(ends, starts, strict=True)):
        return None  # one of them is a part of another
    kept = _Kept(tuple(made[end:begin] for end, begin in zip(ends, starts, strict=True)), tuple(holes))
    return kept if kept.filled(strings) == made else None


def _hole(found: re.Match[bytes], which: int) -> _Hole:
    breaks: list[int] = []
    at, text = 0, found.group()
    while (at := text.find(_SOFT_BREAK, at)) >= 0:
        breaks.append(at - len(_SOFT_BREAK) * len(breaks))
        at += len(_SOFT_BREAK)
    return _Hole(found.start(), found.end(), which, tuple(breaks))


def _broken(string: bytes, breaks: Sequence[int]) -> bytes:
    edges = [0, *breaks, len(string)]
    return _SOFT_BREAK.join(string[start:end] for start, end in pairwise(edges))
