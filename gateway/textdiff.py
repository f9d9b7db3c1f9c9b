"""What changed between two texts, word by word, for people to read."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal

# A text longer than this counts as removed and added whole: comparing it would take too long.
LONGEST = 20_000

Piece = tuple[Literal["same", "removed", "added"], str]

# Words, runs of blanks, and single characters of scripts that put no space between words.
_PIECES = re.compile(
    r"[^\W\d_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+|\d+|\s+|.", re.DOTALL
)


def compare(before: str, after: str) -> list[Piece]:
    """The pieces of both texts in order; `same` and `added` make `after`, `same` and `removed` make `before`."""
    if before == after:
        return [("same", before)] if before else []
    if len(before) + len(after) > LONGEST:
        return [("removed", before), ("added", after)]
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    pieces: list[Piece] = []
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(old[old_from:old_to])))
            continue
        if old_to > old_from:
            pieces.append(("removed", "".join(old[old_from:old_to])))
        if new_to > new_from:
            pieces.append(("added", "".join(new[new_from:new_to])))
    return pieces
