"""The lines of a plain text: `format=flowed` (RFC 3676), hard-wrapped paragraphs, quotes with `>`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from services.mail.reading import limits
from services.mail.reading.errors import Unreadable
from services.mail.reading.lines import Line

_QUOTED = re.compile(r"(?:>[ ]?){1,50}")
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_ENCRYPTED = "-----BEGIN PGP MESSAGE-----"
_LIST_ITEM = re.compile(r"\s|[-*+•–—>|#=]|\d{1,3}[.)]\s")
_OPEN_ADDRESS = re.compile(r"<[^<>\s@]{1,64}@[^<>\s]{1,190}$")
_LONGEST_ADDRESS = 260
_RULE = re.compile(r"[-=]{2,}\s*")
_NARROWEST, _WIDEST = 58, 82
"""In characters: programs wrap at 72 to 80. A line that ends before that was ended by its writer."""


def lines_of(text: str, parameters: Mapping[str, str]) -> list[Line]:
    """The lines of a plain text; `parameters` are those of its media type.

    Raises `Unreadable` (`encrypted`) for a message encrypted by PGP.
    """
    lines = _unsigned(text.split("\n"))
    if parameters.get("format", "").lower() == "flowed":
        found = list(_flowed(lines, parameters.get("delsp", "").lower() == "yes"))
    else:
        found = list(_fixed(lines))
    return list(_without_accidents(found))


def _unsigned(lines: list[str]) -> list[str]:
    """Without what PGP adds to a text that it signs (RFC 4880, 7)."""
    first = next((line for line in lines if line.strip()), "").strip()
    if first == _ENCRYPTED:
        raise Unreadable("encrypted")
    if first != _SIGNED:
        return lines
    start = next(index for index, line in enumerate(lines) if line.strip())
    while start < len(lines) and lines[start].strip():
        start += 1
    end = next((index for index, line in enumerate(lines) if line.strip() == _SIGNATURE), len(lines))
    return [line[2:] if line.startswith("- ") else line for line in lines[start:end]]


def _fixed(lines: Sequence[str]) -> Iterator[Line]:
    last = ""
    for line in lines:
        # A program may wrap an attribution before the `>` that closes an address.
        marks = _QUOTED.match(line) if not _OPEN_ADDRESS.search(last) else None
        last = line[-_LONGEST_ADDRESS:]
        if marks is None:
            yield Line(line if line == "-- " else line.rstrip(), wrapped=True)
        elif line.startswith(">From "):
            yield Line(
                line[1:].rstrip(), wrapped=True
            )  # what mailboxes do to lines that begin like their own
        else:
            yield Line(
                line[marks.end() :].rstrip(),
                min(marks[0].count(">"), limits.MOST_QUOTED),
                cited=True,
                wrapped=True,
            )


def _flowed(lines: Sequence[str], delete_space: bool) -> Iterator[Line]:
    paragraph: list[str] = []
    current = 0
    for line in lines:
        marks = len(line) - len(line.lstrip(">"))
        depth = min(marks, limits.MOST_QUOTED)
        text = line[marks:]
        text = text[1:] if text.startswith(" ") else text
        if paragraph and (depth != current or text == "-- "):
            yield Line("".join(paragraph).rstrip(), current, cited=current > 0)
            paragraph = []
        current = depth
        flows = text.endswith(" ") and text != "-- "
        paragraph.append(text[:-1] if flows and delete_space else text)
        if not flows:
            joined = "".join(paragraph)
            yield Line(joined if joined == "-- " else joined.rstrip(), depth, cited=depth > 0)
            paragraph = []
    if paragraph:
        yield Line("".join(paragraph).rstrip(), current, cited=current > 0)


def unwrapped(lines: Sequence[Line]) -> list[Line]:
    """Lines, those put together that a program wrapped: the next one's first word did not fit any more."""
    width = max((len(line.text) for line in lines if line.wrapped and len(line.text) <= _WIDEST), default=0)
    found: list[Line] = []
    last = ""
    for line in lines:
        joins = (
            bool(found)
            and width >= _NARROWEST
            and (found[-1].depth, found[-1].wrapped, line.wrapped) == (line.depth, True, True)
        )
        if joins and _goes_on(last, line.text, width):
            found[-1] = replace(found[-1], text=f"{found[-1].text} {line.text}")
        else:
            found.append(line)
        last = line.text
    return found


def _goes_on(line: str, following: str, width: int) -> bool:
    if not _NARROWEST <= len(line) <= _WIDEST or not following.strip() or _LIST_ITEM.match(following):
        return False
    # Lines of a table, of code or of an address are no sentence.
    return (
        not line.startswith((" ", "\t", "|"))
        and not _RULE.fullmatch(line)
        and len(line) + 1 + len(following.split()[0]) > width
    )


def _without_accidents(lines: Sequence[Line]) -> Iterator[Line]:
    """A row of dashes below a line would make it a heading in Markdown."""
    last = Line("")
    for line in lines:
        if not last.blank and _RULE.fullmatch(line.text) and line.depth == last.depth and line.text != "-- ":
            yield replace(line, text="")
        yield line
        last = line
