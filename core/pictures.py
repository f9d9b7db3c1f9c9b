"""Uploaded pictures: the widths that are stored of each, and what lets a browser choose among them."""

from __future__ import annotations

import re
from collections.abc import Mapping

WIDTHS = (320, 640, 800, 1280, 1920)
"""The widths of a picture's sizes, in pixels. 800 is for phones, and for the first picture of a list on a computer."""

_ADDRESS = re.compile(r"^/media/([0-9a-z]{16})/([1-9][0-9]{0,4})$")
# A text's column, and what a narrow window leaves of its own width.
_COLUMN, _WINDOW = 736, "92vw"


def widths(width: int, of: tuple[int, ...] = WIDTHS) -> list[int]:
    """The widths there are of a picture, from narrow to wide: those below its own, and its own up to the widest."""
    widest = min(width, of[-1])
    return [*(each for each in of if each < widest), widest]


def picture_path(picture_id: str, width: int) -> str:
    """A picture's bytes, at most `width` pixels wide."""
    return f"/media/{picture_id}/{width}"


def picture_srcset(picture_id: str, width: int) -> str:
    """The addresses of a picture's widths, for an `<img>`; `width` is that of the picture."""
    return ", ".join(f"{picture_path(picture_id, each)} {each}w" for each in widths(width))


def in_text(source: str, sizes: Mapping[str, tuple[int, int]]) -> dict[str, str]:
    """Further attributes of the `<img>` with this address in a text.

    `sizes` has the width and height of pictures by their ids. One that is not there gets no attributes: what is said of
    a picture's size has to be true.
    """
    found = _ADDRESS.match(source)
    if found is None or found[1] not in sizes:
        return {}
    width, height = sizes[found[1]]
    shown = min(int(found[2]), width)
    column = min(shown, _COLUMN)
    return {
        "width": str(shown),
        "height": str(max(round(height * shown / width), 1)),
        "srcset": picture_srcset(found[1], width),
        "sizes": f"(min-width: {column + 64}px) {column}px, {_WINDOW}",
    }
