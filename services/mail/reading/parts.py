"""The parts of a mail (MIME, RFC 2045–2046), found without copies of them and in time linear in its length.

Python's own parser recurses once for each level and compares each line with the boundaries of all levels, so that a
mail of a few kilobytes can end it or keep it busy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value
from functools import cached_property

from services.mail.reading import limits
from services.mail.reading.charsets import transfer_decoded
from services.mail.reading.errors import Unreadable
from services.mail.reading.headers import Headers

_HEAD_END = re.compile(rb"\n\n|\A\n")
_NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")


@dataclass(frozen=True)
class Part:
    """A part of a mail, or the mail itself. `parts`: those of a multipart, else none."""

    headers: Headers
    encoded: memoryview
    parts: tuple[Part, ...] = ()
    default_type: str = "text/plain"

    @cached_property
    def media_type(self) -> str:
        """Its type in lower case, without parameters."""
        named = self.headers.text("content-type").partition(";")[0].strip().lower()
        return named if named.count("/") == 1 else self.default_type

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters of its type, by their names in lower case."""
        return _parameters(self.headers.text("content-type"))

    @cached_property
    def disposition(self) -> str:
        """`inline`, `attachment` or `""`."""
        return self.headers.text("content-disposition").partition(";")[0].strip().lower()

    @cached_property
    def file_name(self) -> str:
        """The name of its file, without folders; `""` if it has none."""
        given = _parameters(self.headers.text("content-disposition")).get("filename") or self.parameters.get(
            "name", ""
        )
        return re.split(r"[/\\]", given)[-1].strip()[:200]

    @cached_property
    def content_id(self) -> str:
        """By which the HTML of the mail refers to it."""
        return self.headers.text("content-id").strip().strip("<>")[:250]

    def content(self) -> bytes:
        """Its bytes, without the transfer encoding."""
        return transfer_decoded(bytes(self.encoded), self.headers.text("content-transfer-encoding"))

    def walk(self) -> Iterator[Part]:
        """It and all parts below it, in their order."""
        yield self
        for part in self.parts:
            yield from part.walk()


def parse(raw: bytes) -> Part:
    """The parts of a mail. Raises `Unreadable` (`too-large`, `too-nested`)."""
    if len(raw) > limits.MOST_BYTES:
        raise Unreadable("too-large")
    raw = raw.replace(b"\r\n", b"\n")
    start = (
        raw.find(b"\n") + 1 if raw.startswith(b"From ") else 0
    )  # the line that a mailbox begins a mail with
    return _Parser(raw).part(start, len(raw), 0, "text/plain")


def head_of(raw: bytes) -> Headers:
    """The headers of a mail alone. Raises `Unreadable` (`too-large`)."""
    begin = raw[: limits.MOST_HEAD * 2].replace(b"\r\n", b"\n")
    start = begin.find(b"\n") + 1 if begin.startswith(b"From ") else 0
    found = _HEAD_END.search(begin, start)
    return parse_fields(begin[start : found.start() if found else len(begin)])


def parse_fields(lines: bytes) -> Headers:
    """Lines that are headers, ended by `\\n`. Raises `Unreadable` (`too-large`)."""
    return Headers(_headers_of(lines))


class _Parser:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._view = memoryview(raw)
        self._parts = 0

    def part(self, start: int, end: int, depth: int, default_type: str) -> Part:
        self._parts += 1
        if self._parts > limits.MOST_PARTS:
            raise Unreadable("too-large")
        if depth > limits.MOST_DEPTH:
            raise Unreadable("too-nested")
        found = _HEAD_END.search(self._raw, start, end)
        body = end
        if self._raw.startswith(b"\n", start):
            head_end = body = start
            body += 1
        elif found:
            head_end, body = found.start(), found.end()
        else:
            head_end = end
        if head_end - start > limits.MOST_HEAD:
            raise Unreadable("too-large")
        headers = parse_fields(bytes(self._view[start:head_end]))
        alone = Part(headers, self._view[body:end], default_type=default_type)
        boundary = alone.parameters.get("boundary", "").encode("latin-1", "replace")
        if not alone.media_type.startswith("multipart/") or not boundary:
            return alone
        inner = "message/rfc822" if alone.media_type == "multipart/digest" else "text/plain"
        parts = [self.part(*span, depth + 1, inner) for span in self._spans(body, end, boundary[:200])]
        return Part(headers, self._view[body:body], tuple(parts), default_type)

    def _spans(self, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int]]:
        """Where the parts of a multipart begin and end."""
        delimiter = b"--" + boundary
        opened, seen = -1, 0
        at = self._delimiter(delimiter, start, end)
        while at >= 0:
            seen += 1
            if seen > limits.MOST_BOUNDARIES:
                raise Unreadable("too-large")
            after = at + len(delimiter)
            line_end = self._raw.find(b"\n", after, end)
            line_end = end if line_end < 0 else line_end
            rest = self._raw[after : min(line_end, after + 200)]
            closes = rest.startswith(b"--")
            if closes or not rest.strip():
                if opened >= 0:
                    yield opened, max(at - 1, opened)
                if closes:
                    return
                opened = min(line_end + 1, end)
            at = self._delimiter(delimiter, after, end)
        if opened >= 0:
            yield opened, end

    def _delimiter(self, delimiter: bytes, start: int, end: int) -> int:
        """Where the next line begins that begins with the delimiter, -1 if none does."""
        if self._raw.startswith(delimiter, start, end) and (start == 0 or self._raw[start - 1] == 10):
            return start
        at = self._raw.find(b"\n" + delimiter, start, end)
        return at + 1 if at >= 0 else -1


def _headers_of(head: bytes) -> list[tuple[str, bytes]]:
    """Names in lower case, and values, folded lines put together. Lines that are no header are passed over."""
    found: list[tuple[str, list[bytes]]] = []
    lengths = 0
    for line in head.split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            if found and lengths < limits.MOST_VALUE:
                found[-1][1].append(line)
                lengths += len(line)
            continue
        matched = _NAME.match(line)
        if matched is None:
            continue
        if len(found) >= limits.MOST_HEADERS:
            raise Unreadable("too-large")
        found.append((matched[1].decode("ascii").lower(), [line[matched.end() :]]))
        lengths = len(line)
    return [(name, b"".join(lines)[: limits.MOST_VALUE].strip()) for name, lines in found]


def _parameters(value: str) -> dict[str, str]:
    """The parameters of a header (RFC 2045, RFC 2231), by their names in lower case."""
    message = Message()
    message["content-type"] = value[:2_000]
    found: dict[str, str] = {}
    for name, given in message.get_params(failobj=[], header="content-type")[1:]:
        found.setdefault(name.lower(), _collapsed(given))
    return found


def _collapsed(given: str | tuple[str | None, str | None, str]) -> str:
    try:
        return collapse_rfc2231_value(given)
    except ValueError:  # a charset of Python's that is none for texts
        return given[2] if isinstance(given, tuple) else given
