"""What changed between two texts, for people to read: by lines, then by phrases, then by words and letters.

The work is counted in steps, and has an end: what takes more than `MOST_STEPS` is shown as replaced. Both texts can be
read from the result, and no letter, as a reader sees it, is cut in two.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from threading import Lock
from typing import Literal, TypeVar

from core.markup_cut import is_inside_letter

Piece = tuple[Literal["same", "removed", "added"], str]
_Match = tuple[int, int, int]
T = TypeVar("T")

MOST_STEPS = 40_000
"""The most steps of one comparison: items that are compared, and positions that are tried."""

_LEAST_ALIKE = 0.3
"""Words and letters that have less than this in common are shown as replaced: a few equal letters say nothing."""

# Scripts that put no space between words: Thai, Lao, Myanmar, Khmer, kana, Han.
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = rf"[^\W\d_{_SPACELESS}]+"
_LETTER_OF_WORD = re.compile(_WORD)
_SPACELESS_CHAR = re.compile(f"[{_SPACELESS}]")
# Two characters that each are a letter of their own: the usual case, and quickly seen.
_PLAIN = re.compile("[\n -~\u00a0-\u02ff\u3001-\u3002\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff]{2}")
# From coarse to fine: lines; what stands between blanks or full stops; words, numbers, and single letters of scripts
# that put no space between words. A flag is two letters.
_GRAINS = (
    re.compile(r"[^\n]*\n|[^\n]+"),
    re.compile(r"[^\s。！？、，]+[\s。！？、，]*|[\s。！？、，]+"),
    re.compile(rf"{_WORD}|\d+|\s+|[\U0001f1e6-\U0001f1ff]{{2}}|.", re.DOTALL),
)


class _Exhausted(Exception):
    """A comparison took all its steps."""


def compare(before: str, after: str, most_steps: int = MOST_STEPS) -> list[Piece]:
    """The pieces of both texts in order; `same` and `added` make `after`, `same` and `removed` make `before`."""
    return counted(before, after, most_steps)[0]


def counted(before: str, after: str, most_steps: int = MOST_STEPS) -> tuple[list[Piece], int]:
    """The pieces, and how many steps it took to find them."""
    comparison = _Comparison(most_steps)
    pieces = list(_joined(comparison.pieces(before, after, 0)))
    return pieces, comparison.steps


class Comparisons:
    """Comparisons that were made, so that each is made once; those that were not read for long are dropped first."""

    def __init__(self, most_characters: int) -> None:
        self._most = most_characters
        self._found: OrderedDict[bytes, list[Piece]] = OrderedDict()
        self._lock = Lock()
        self.characters = 0
        self.made = 0

    def get(self, before: str, after: str) -> list[Piece]:
        """What `compare` returns."""
        key = _digest(before) + _digest(after)
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        pieces = compare(before, after)
        with self._lock:
            self.made += 1
            self.characters += _length(pieces) - _length(self._found.pop(key, []))
            self._found[key] = pieces
            while self.characters > self._most:
                self.characters -= _length(self._found.popitem(last=False)[1])
        return pieces


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _length(pieces: list[Piece]) -> int:
    return sum(len(text) for _, text in pieces)


REVISIONS = 10
"""How many revisions a page of a history shows, each with its changes."""

REVISION_CHANGES = Comparisons(most_characters=2_000_000)
"""What changed in the revisions of articles and posts."""


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """No empty pieces; and between two that are the same, one that is removed and one that is added."""
    removed, added = "", ""
    same = ""
    for kind, text in pieces:
        if not text:
            continue
        if kind == "same":
            if removed or added:
                yield from _replaced(removed, added)
                removed, added = "", ""
            same += text
            continue
        if same:
            yield "same", same
            same = ""
        if kind == "removed":
            removed += text
        else:
            added += text
    if same:
        yield "same", same
    yield from _replaced(removed, added)


def _replaced(removed: str, added: str) -> Iterator[Piece]:
    if removed:
        yield "removed", removed
    if added:
        yield "added", added


class _Comparison:
    """One comparison of two texts, and the steps that it took."""

    def __init__(self, most_steps: int) -> None:
        self._most = most_steps
        self.steps = 0

    def pieces(self, before: str, after: str, grain: int) -> Iterator[Piece]:
        """The differences at one grain; what was replaced is compared at the next finer one."""
        old, new = _items(before, grain), _items(after, grain)
        start = _common(old, new)
        end = _common(old[start:][::-1], new[start:][::-1])
        yield "same", "".join(old[:start])
        yield from self._middle(old[start : len(old) - end], new[start : len(new) - end], grain)
        yield "same", "".join(old[len(old) - end :])

    def _middle(self, old: list[str], new: list[str], grain: int) -> Iterator[Piece]:
        """The differences of two lists of items that neither begin nor end alike."""
        finest = grain == len(_GRAINS) - 1
        matches = self._matches(old, new) if old and new else []
        if finest and not _are_alike(old, new, matches):
            matches = []
        old_at = new_at = 0
        for old_from, new_from, length in (*matches, (len(old), len(new), 0)):
            removed, added = "".join(old[old_at:old_from]), "".join(new[new_at:new_from])
            if removed and added and not finest:
                yield from self.pieces(removed, added, grain + 1)
            else:
                yield from _replaced(removed, added)
            old_at, new_at = old_from + length, new_from + length
            yield "same", "".join(old[old_from:old_at])

    def _matches(self, old: list[str], new: list[str]) -> list[_Match]:
        """The runs of items that both have, by a shortest edit script; none if it takes too many steps to find.

        The search goes from both beginnings along the diagonals of the edit graph (E. Myers, "An O(ND) difference
        algorithm", 1986): it takes few steps where little was changed, however long the texts are.
        """
        try:
            return _runs(_trace(old, new, self._count), old, new)
        except _Exhausted:
            return []

    def _count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > self._most:
            raise _Exhausted


def _items(text: str, grain: int) -> list[str]:
    """The text in items that are compared as wholes: no letter is cut in two, nor a word at its vowel signs."""
    starts = [found.start() for found in _GRAINS[grain].finditer(text)]
    kept = [at for at in starts if at == 0 or not (_is_inside_letter(text, at) or _is_inside_word(text, at))]
    return [text[start:end] for start, end in pairwise((*kept, len(text)))]


def _is_inside_letter(text: str, at: int) -> bool:
    if _PLAIN.match(text, at - 1):
        return False
    # The letters of flags are paired by the patterns already.
    return not "\U0001f1e6" <= text[at] <= "\U0001f1ff" and is_inside_letter(text, at)


def _is_inside_word(text: str, at: int) -> bool:
    """Whether a word goes on here after a vowel sign or other mark: `\\w` knows no marks."""
    return (
        unicodedata.category(text[at - 1])[0] == "M"
        and _SPACELESS_CHAR.match(text[at - 1]) is None
        and _LETTER_OF_WORD.match(text, at) is not None
    )


def _common(one: Sequence[T], other: Sequence[T]) -> int:
    """How many items both begin with."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _are_alike(old: list[str], new: list[str], matches: list[_Match]) -> bool:
    """Whether the matches are worth showing."""
    alike = sum(len(item) for at, _, length in matches for item in old[at : at + length])
    return alike >= _LEAST_ALIKE * min(sum(map(len, old)), sum(map(len, new)))


def _trace(old: list[str], new: list[str], count: Callable[[int], None]) -> list[list[int]]:
    """For each number of edits, how far into `old` they reach on the diagonals `-edits`, `-edits + 2`, … `edits`.

    The last list is the first that reaches the ends of both. A diagonal that leaves the edit graph reaches -1.
    """
    trace: list[list[int]] = []
    for edits in range(len(old) + len(new) + 1):
        reached: list[int] = []
        trace.append(reached)
        for index in range(edits + 1):
            x = _furthest(trace, edits, index)
            start, y = x, x - (2 * index - edits)
            if x > len(old) or y > len(new):
                x = -1
            else:
                while x < len(old) and y < len(new) and old[x] == new[y]:
                    x, y = x + 1, y + 1
            reached.append(x)
            count(1 + max(x - start, 0))
            if x == len(old) and y == len(new):
                return trace
    return trace


def _furthest(trace: list[list[int]], edits: int, index: int) -> int:
    """Where the diagonal of `index` begins after one more edit: a removal from the one below, or an addition."""
    if edits == 0:
        return 0
    previous = trace[edits - 1]
    removal = previous[index - 1] + 1 if index > 0 and previous[index - 1] >= 0 else -1
    addition = previous[index] if index < edits else -1
    best = max(removal, addition)
    return best if best >= 0 else _OUTSIDE


_OUTSIDE = 1 << 30
"""Beyond every text: a diagonal that no edit reaches."""


def _runs(trace: list[list[int]], old: list[str], new: list[str]) -> list[_Match]:
    """The equal runs on the way that the trace found, as (start in `old`, start in `new`, length)."""
    runs: list[_Match] = []
    x, y = len(old), len(new)
    for edits in range(len(trace) - 1, -1, -1):
        index = (x - y + edits) // 2
        start = _furthest(trace, edits, index)
        if x > start:
            runs.append((start, start - (x - y), x - start))
        if edits == 0:
            break
        diagonal = x - y
        if (
            min(index, start) > 0 and trace[edits - 1][index - 1] + 1 == start
        ):  # the edit before the run was a removal
            x, y = start - 1, start - diagonal
        else:
            x, y = start, start - diagonal - 1
    return runs[::-1]
