"""What several areas of the API need: from names in an address to the ids of the contracts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from contracts.common import Page
from contracts.errors import invalid
from core.audience import Viewer
from gateway.request_context import known_language, services

T = TypeVar("T")

NOBODY = "0" * 16
"""An id that nobody has: asking for what somebody wrote who does not exist gives an empty list."""


def person_id(viewer: Viewer, name: str | None) -> str | None:
    """The id of the person called `name`, `NOBODY` where there is none; None for None."""
    if name is None:
        return None
    cards = services().people.cards_by_name(viewer, [name])
    return cards[0].id if cards else NOBODY


def group_audience_of(viewer: Viewer, slug: str | None) -> str | None:
    """The audience of a group's content; None for None. Raises `NotFound` for one that they may not know of."""
    return None if slug is None else services().people.group(viewer, slug).audience


def language_of(code: str | None) -> str | None:
    """A language code as it is stored. One that is none stays as it is: it finds nothing, and the original is read."""
    return None if code is None else known_language(code) or code


def language_in_path(code: str) -> str:
    """The language of a version to be written. Raises `Invalid` on `language` for what is none."""
    known = known_language(code)
    if known is None:
        raise invalid("language", "language-unknown")
    return known


def whole(items: Iterable[T]) -> Page[T]:
    """A list that is never cut, in the shape of all lists."""
    return Page(items=list(items))
