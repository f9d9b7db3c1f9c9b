"""Takes off what is below a text: signatures, lines that programs add, notices of confidentiality."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from services.mail.reading.added_lines import is_added, is_notice
from services.mail.reading.lines import Line

_FEW_WORDS = 6
_MOST_ADDED = 10
_DELIMITERS = {"-- ": 15, "--": 8, "—": 4}
"""What stands above a signature, and the longest one below it, in lines that aren't blank: what is longer is rather a
text. The first is the standard's (RFC 3676, 4.3)."""

_RULE = re.compile(r"[-_=*~ ]{2,80}|\\?_{2,80}|ᐧ")
"""A row of dashes, or what a tracker of Gmail's leaves behind."""

_FOOTER = re.compile(r"_{2,60}")
_LIST = re.compile(r"mailing list|/listinfo/|/mailman", re.IGNORECASE)
_LONGEST_FOOTER = 6


def without_added(lines: Sequence[Line]) -> tuple[list[Line], bool]:
    """The lines of a run without signatures, and whether there was one.

    What a mail program's markup calls a signature, what is below a line of `-- `, and lines that programs add, as far
    as they are the last ones.
    """
    kept = [line for line in lines if line.mark != "signature"]
    kept = _above_delimiter(_above_footer(kept))
    for _ in range(_MOST_ADDED):
        kept = _stripped(kept)
        added = next((length for length in (1, 2) if _ends_with_added(kept, length)), 0)
        if not added:
            break
        kept = kept[:-added]
    return kept, len(kept) < len(_stripped(lines))


def without_notice(lines: Sequence[Line]) -> tuple[list[Line], bool]:
    """The lines without a notice of confidentiality at their end, and whether there was one.

    It is a last paragraph that begins as only they do, and has text above it.
    """
    kept = _stripped(lines)
    start = next((index + 1 for index in range(len(kept) - 1, -1, -1) if kept[index].blank), 0)
    if start and is_notice(" ".join(line.text for line in kept[start:])):
        above = _stripped(kept[:start])
        if above and _RULE.fullmatch(above[-1].text):
            above = _stripped(above[:-1])
        return above, True
    return kept, False


def _ends_with_added(lines: Sequence[Line], length: int) -> bool:
    """Whether the last lines, so many, were added by a program: by themselves, unless there are only a few words."""
    if len(lines) < length or any(line.blank or line.code for line in lines[len(lines) - length :]):
        return False
    text = " ".join(line.text for line in lines[len(lines) - length :])
    by_itself = len(lines) == length or lines[-length - 1].blank
    return is_added(text) and (by_itself or len(text.split()) <= _FEW_WORDS)


def _above_footer(lines: Sequence[Line]) -> list[Line]:
    """The lines above what Mailman adds to each mail of a list: a row of underscores, and what list it is."""
    for index in _last(lines, _LONGEST_FOOTER):
        if _FOOTER.fullmatch(lines[index].text) and any(
            _LIST.search(each.text) for each in lines[index + 1 :]
        ):
            return list(lines[:index])
    return list(lines)


def _above_delimiter(lines: Sequence[Line]) -> list[Line]:
    """The lines above the first delimiter below which there are as few lines as a signature has."""
    found = len(lines)
    for below, index in enumerate(_last(lines, max(_DELIMITERS.values()))):
        line = lines[index]
        if not line.code and below <= _DELIMITERS.get(line.text, -1):
            found = index
    return list(lines[:found])


def _last(lines: Sequence[Line], most: int) -> Iterator[int]:
    """Where lines are that aren't blank, from the last one up, below which there are at most so many."""
    indexes = (index for index in range(len(lines) - 1, -1, -1) if not lines[index].blank)
    return islice(indexes, most + 1)


def _stripped(lines: Sequence[Line]) -> list[Line]:
    """Without blank lines, and rules, at the end."""
    kept = list(lines)
    while kept and (kept[-1].blank or (_RULE.fullmatch(kept[-1].text) and not kept[-1].code)):
        kept.pop()
    return kept
