"""What of a mail's lines is new: without the mail that it answers, signatures and notices. In doubt a line stays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import Literal

from services.mail.reading import header_blocks, signatures
from services.mail.reading.attributions import MOST_LINES, attribution_length, is_attribution, is_certain
from services.mail.reading.lines import Line

_ADDRESS = re.compile(r"(?:\s?\\?<|\s)(?:mailto:)?[\w.+=%-]{1,64}@[\w.-]{1,190}>?(?:\]\([^()\s]{0,300}\))?>?")

_RUN_ON = re.compile(r"[^:]{8,300}:[^:]{1,200}:(?=\s{2})|[^:]{8,300}:(?=\s{2})")
"""An attribution that has the quote in the same line, behind several spaces (Yahoo's app)."""

_MOST_BLANK = 6

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
    above = 0
    forwards = header_blocks.FORWARDING.match(subject) is not None
    for index, line in enumerate(lines):
        # Apple Mail quotes what it forwards.
        begins = (not line.depth or not above) and header_blocks.is_forward_separator(line.text)
        marked = forwards and not line.depth and line.mark == "cut"
        if begins or marked or (forwards and not line.depth and header_blocks.block_length(lines, index)):
            return list(lines[:index]), _without_addresses(lines[index:])
        above = above if line.blank else line.depth
    return list(lines), []


def _without_addresses(lines: Sequence[Line]) -> list[Line]:
    """A forwarded mail whose headers name people without their addresses, which its readers need not learn."""
    found = list(lines)
    for index, line in enumerate(found[: header_blocks.MOST_LINES]):
        if header_blocks.field_kind(line.text) in ("from", "to"):
            found[index] = replace(line, text=_ADDRESS.sub("", line.text).rstrip())
    return found


def _above_original(lines: list[Line]) -> tuple[list[Line], bool]:
    """What is above the mail that is answered, where no marks of quotes show it; and whether there is one."""
    for index, line in enumerate(lines):
        if line.depth or line.blank or line.code:
            continue
        length = _introduction_length(lines, index)
        # Where marks follow, answers may be between them.
        if line.mark == "cut" or (length and not _depth_of_next(lines, index + length)):
            above, below = _without_rules(lines[:index]), lines[index + length :]
            bare = line.mark != "cut" and not header_blocks.field_kind(lines[index + length - 1].text)
            # With nothing above it, what is below may be the answer as well.
            return (below, False) if bare and not above and below else (above, True)
    return lines, False


def _introduction_length(lines: Sequence[Line], index: int) -> int:
    """The number of lines of what programs write above a mail that is answered, 0 if it isn't there."""
    if header_blocks.is_original_separator(lines[index].text):
        start = index + 1
        while start < min(index + _MOST_BLANK, len(lines)) and lines[start].blank:
            start += 1
        return start - index + (_headed_length(lines, start) if start < len(lines) else 0)
    return _headed_length(lines, index)


def _headed_length(lines: Sequence[Line], index: int) -> int:
    """The number of lines of a block of headers, or of an attribution, that begins at `index`."""
    if block := header_blocks.block_length(lines, index):
        return block
    if (run_on := _RUN_ON.match(lines[index].text)) and is_certain(run_on[0]):
        return 1
    for length in range(1, MOST_LINES + 1):
        part = lines[index : index + length]
        if any(line.blank or line.depth for line in part):
            return 0
        if is_certain(" ".join(line.text for line in part)):
            return len(part)
    return 0


def _depth_of_next(lines: Sequence[Line], start: int) -> int:
    """How deep the next line is quoted, a few blank ones passed over."""
    return next((line.depth for line in islice(lines, start, start + _MOST_BLANK) if not line.blank), 0)


def _without_rules(lines: list[Line]) -> list[Line]:
    """Without blank lines and rules at the end."""
    while lines and (lines[-1].blank or header_blocks.is_rule(lines[-1].text)):
        lines.pop()
    return lines


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
    if length := attribution_length([line.text for line in lines[max(end - MOST_LINES, 0) : end]]):
        end -= length
    elif not (length := _block_at_end(lines[:end])):
        return None
    else:
        end -= length
    above = _without_blank(lines[:end])
    if above and header_blocks.is_original_separator(above[-1].text):
        above = _without_rules(above[:-1])
    return above


def _block_at_end(lines: Sequence[Line]) -> int:
    """The number of lines of the block of headers that they end with, 0 if they don't."""
    if not lines or not header_blocks.field_kind(lines[-1].text):
        return 0
    for start in range(max(len(lines) - header_blocks.MOST_LINES, 0), len(lines)):
        length = header_blocks.block_length(lines, start)
        if length and start + length >= len(lines):
            return len(lines) - start
    return 0


def _without_blank(lines: list[Line]) -> list[Line]:
    while lines and lines[-1].blank:
        lines.pop()
    return lines


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
        if line.blank and not line.code and (not found or found[-1].blank):
            continue
        if found and found[-1].blank and found[-1].depth > line.depth:
            found[-1] = Line("", line.depth)  # a blank line of a quote would go on with it
        found.append(line)
    while found and found[-1].blank and not found[-1].code:
        found.pop()
    return found
