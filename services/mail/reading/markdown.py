"""Pieces of a formatted line as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

_ADDRESS = re.compile(r"(https?://[^\s<>]+)")
_SPECIAL = re.compile(
    r"[\\*`]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|\[(?=[^\[\]]{0,200}\]\()|<(?=[A-Za-z/!?])|&(?=#?\w{1,30};)"
)
_HEADING = re.compile(r"#{1,6}(?:\s|$)")
_UNSAFE = re.compile(r"[\s<>()\\]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a line that is formatted alike. `markdown`: it is Markdown already, a picture."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""
    markdown: bool = False


PLAIN = Piece("")
"""How a piece without a format is formatted."""


def line(pieces: Sequence[Piece]) -> str:
    """A line in Markdown that looks as the pieces did."""
    found = "".join(_nested(list(pieces), ["link", "bold", "italic", "code"])).strip()
    return f"\\{found}" if _HEADING.match(found) else found


def escaped(text: str) -> str:
    """A text in which nothing is markup by accident. Addresses stay as they are."""
    parts = _ADDRESS.split(text)
    return "".join(part if index % 2 else _SPECIAL.sub(r"\\\g<0>", part) for index, part in enumerate(parts))


def _nested(pieces: list[Piece], styles: list[str]) -> Iterator[str]:
    if not styles:
        for piece in pieces:
            yield piece.text if piece.markdown or piece.code else escaped(piece.text)
        return
    style, inner = styles[0], styles[1:]
    key: Callable[[Piece], object] = lambda piece: getattr(piece, style)  # noqa: E731
    for value, of in groupby(pieces, key=key):
        group = list(of)
        yield _wrapped(style, str(value), group, inner) if value else "".join(_nested(group, inner))


def _wrapped(style: str, value: str, pieces: list[Piece], inner: list[str]) -> str:
    content = "".join(_nested(pieces, inner))
    text = content.strip()
    if not text:
        return content
    before, after = content[: len(content) - len(content.lstrip())], content[len(content.rstrip()) :]
    return before + _MARKED[style](text, value) + after


def _linked(text: str, address: str) -> str:
    shown = text.replace("\\", "")
    if (
        shown in (address, address.rstrip("/"))
        or address == f"mailto:{shown}"
        or address == f"http://{shown}/"
    ):
        return (
            shown
            if address.startswith("mailto:")
            else address.rstrip("/")
            if not address.endswith(shown)
            else address
        )
    if not address.startswith(("http://", "https://", "mailto:")):
        return text
    target = f"<{re.sub('[<>]', '', address)}>" if _UNSAFE.search(address) else address
    return f"[{text}]({target})" if "](" not in text else text


def _code(text: str, _: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


_MARKED: dict[str, Callable[[str, str], str]] = {
    "link": _linked,
    "bold": lambda text, _: f"**{text}**",
    "italic": lambda text, _: f"*{text}*",
    "code": _code,
}
