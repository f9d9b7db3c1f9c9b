"""What of a mail's lines is new: without the mail that it answers, signatures and notices. In doubt a line stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from services.mail.reading import header_blocks, signatures
from services.mail.reading.attributions import MOST_LINES, is_attribution, is_certain
from services.mail.reading.lines import Line

LeftOut = Literal["quote", "signature", "notice"]

LONGEST_QUOTE_ABOVE = 12
"""A quote above all that is new stays if it has at most so many lines; a longer one is the mail that is answered."""


@dataclass(frozen=True)
class NewText:
    """What is new, and what was left out."""

    lines: list[Line]
    left_out: frozenset[LeftOut]


def what_is_new(lines: Sequence[Line], subject: str = "") -> NewText:
    """What a mail's sender newly wrote.

    Quotes between which there are answers stay as quotes, what is forwarded stays as it is.
    """
    left_out: set[LeftOut] = set()
    own, forwarded = _split_forwarded(lines, subject)
    own, cut = _above_original(own)
    runs = _Runs(own)
    kept = runs.kept()
    if cut or runs.dropped:
        left_out.add("quote")
    if runs.signed:
        left_out.add("signature")
    if not forwarded:
        kept, noticed = signatures.without_notice(kept)
        if noticed:
            left_out.add("notice")
            kept, _ = signatures.without_added(kept)
    return NewText(_tidied([*kept, Line(""), *forwarded] if forwarded else kept), frozenset(left_out))


def _split_forwarded(lines: Sequence[Line], subject: str) -> tuple[list[Line], list[Line]]:
    """What is above a forwarded mail, and that mail with its separator."""
    for index, line in enumerate(lines):
        if not line.depth and header_blocks.is_forward_separator(line.text):
            return list(lines[:index]), list(lines[index:])
    if header_blocks.FORWARDING.match(subject):
        for index, line in enumerate(lines):
            if not line.depth and (line.mark == "cut" or header_blocks.block_length(lines, index)):
                return list(lines[:index]), list(lines[index:])
    return list(lines), []


def _above_original(lines: list[Line]) -> tuple[list[Line], bool]:
    """What is above the mail that is answered, where no marks of quotes show it; and whether there is one."""
    for index, line in enumerate(lines):
        if line.depth or line.blank or line.code:
            continue
        begins = (
            line.mark == "cut"
            or header_blocks.is_original_separator(line.text)
            or header_blocks.block_length(lines, index) > 0
            or _is_bare_attribution(lines, index)
        )
        if begins:
            above = lines[:index]
            while above and (above[-1].blank or header_blocks.is_rule(above[-1].text)):
                above.pop()
            return above, True
    return lines, False


def _is_bare_attribution(lines: Sequence[Line], index: int) -> bool:
    """Whether a line, or it with the next ones, names who is quoted for certain, and no marked quote follows."""
    for length in range(1, MOST_LINES + 1):
        part = lines[index : index + length]
        if any(line.blank or line.depth for line in part):
            return False
        if is_certain(" ".join(line.text for line in part)):
            following = next((line for line in lines[index + length :] if not line.blank), None)
            return following is not None and not following.depth
    return False


class _Runs:
    """The lines in runs, new ones and quoted ones in turn."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._runs = [(quoted, list(of)) for quoted, of in groupby(lines, key=lambda line: line.depth > 0)]
        self._attributed: set[int] = set()
        self.dropped = False
        self.signed = False
        self._take_out_blank_runs()
        self._take_out_attributions()
        self._take_out_signatures()

    def kept(self) -> list[Line]:
        """The runs that stay, one below another."""
        new = [index for index, (quoted, of) in enumerate(self._runs) if not quoted and _has_text(of)]
        found: list[Line] = []
        for index, (quoted, of) in enumerate(self._runs):
            if quoted and not self._stays(index, new):
                self.dropped = True
                continue
            found += [*of, Line("")]
        return found

    def _stays(self, index: int, new: Sequence[int]) -> bool:
        """Whether a quote stays: something new is below it, or the writer made it."""
        of = self._runs[index][1]
        cited = index in self._attributed or any(line.cited for line in of)
        if not new or index > new[-1]:
            introduced = index > 0 and index not in self._attributed and _introduces(self._runs[index - 1][1])
            return not cited or introduced
        if index < new[0] and cited:
            return sum(not line.blank for line in of) <= LONGEST_QUOTE_ABOVE
        return True

    def _take_out_blank_runs(self) -> None:
        """Put quotes together that only blank lines are between."""
        merged: list[tuple[bool, list[Line]]] = []
        for index, (quoted, of) in enumerate(self._runs):
            between = not quoted and not _has_text(of) and 0 < index < len(self._runs) - 1
            if merged and merged[-1][0] and (quoted or between):
                merged[-1][1].extend(Line("", 1, line.cited) if not line.depth else line for line in of)
            else:
                merged.append((quoted, of))
        self._runs = merged

    def _take_out_attributions(self) -> None:
        """The line that names who is quoted, above a quote or as its first one."""
        for index, (quoted, of) in enumerate(self._runs):
            if not quoted:
                continue
            if index and (above := _without_attribution(self._runs[index - 1][1])) is not None:
                self._runs[index - 1] = (False, above)
                self._attributed.add(index)
            within = _without_leading_attribution(of)
            if within is not None:
                self._runs[index] = (True, within)
                self._attributed.add(index)

    def _take_out_signatures(self) -> None:
        for index, (quoted, of) in enumerate(self._runs):
            if not quoted:
                kept, signed = signatures.without_added(of)
                self._runs[index] = (False, kept)
                self.signed = self.signed or signed


def _has_text(lines: Sequence[Line]) -> bool:
    return any(not line.blank for line in lines)


def _introduces(lines: Sequence[Line]) -> bool:
    """Whether the writer announces a quote: the line right above it ends with a colon."""
    return bool(lines) and lines[-1].text.rstrip().endswith((":", "："))


def _without_attribution(lines: list[Line]) -> list[Line] | None:
    """Without the attribution that they end with, None if they end with none."""
    end = len(lines)
    while end and lines[end - 1].blank:
        end -= 1
    if end and lines[end - 1].mark == "attribution":
        start = end
        while start and (lines[start - 1].mark == "attribution" or lines[start - 1].blank):
            start -= 1
        return lines[:start]
    for length in range(1, MOST_LINES + 1):
        start = end - length
        if start < 0 or lines[start].blank:
            return None
        if is_attribution(" ".join(line.text for line in lines[start:end])):
            return lines[:start]
    return None


def _without_leading_attribution(lines: list[Line]) -> list[Line] | None:
    """Without the attribution, or the block of headers, that a quote begins with; None if it begins with none."""
    start = next((index for index, line in enumerate(lines) if not line.blank), len(lines))
    if header_blocks.is_original_separator(lines[start].text) if start < len(lines) else False:
        start += 1
    block = header_blocks.block_length(lines, start) if start < len(lines) else 0
    if block:
        return lines[start + block :]
    for length in range(1, MOST_LINES + 1):
        part = lines[start : start + length]
        if len(part) < length or any(line.blank for line in part):
            return None
        text = " ".join(line.text for line in part)
        if is_certain(text) or (part[0].mark == "attribution" and is_attribution(text)):
            return lines[start + length :]
    return None


def _tidied(lines: Sequence[Line]) -> list[Line]:
    """Without blank lines at the ends, and at most one between two others."""
    found: list[Line] = []
    for line in lines:
        if not line.blank or line.code or (found and not found[-1].blank):
            found.append(line)
    while found and found[-1].blank and not found[-1].code:
        found.pop()
    return found
