"""What the search page says of places: how far from one, and the others of its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contracts.events import FoundPlace
from core.search_filters import NEAR_KM
from gateway.events.places import place_label
from gateway.request_context import request_context

RADII = (10, 25, 50, 100, 250, 500)
"""The distances from a place that the form offers, in kilometres."""


def radii(given: float) -> list[tuple[str, float, bool]]:
    """The distances from a place that can be chosen: as the query has them, in kilometres, and whether it is `given`.
    The usual one needs no word."""
    return [
        (
            "" if km == NEAR_KM else f"{round(km, 3):g}km",
            int(km) if km == int(km) else round(km, 1),
            km == given,
        )
        for km in sorted({*RADII, given})
    ]


def others(places: Sequence[FoundPlace], address: Callable[[str], str]) -> list[tuple[str, str]]:
    """All but the first of the places of a name, in words and with the address of the search near each; `address` makes
    it of a value of `near:`."""
    found = []
    taken: set[str] = set()
    for place in places:
        of = place.region or place.country
        # Where two have this in common, only its coordinates tell a place from the others.
        near = f"{place.latitude},{place.longitude}" if of in taken else f"{place.name}, {of}"
        taken.add(of)
        found.append((place_words(place), address(near)))
    return found[1:]


def place_words(place: FoundPlace) -> str:
    """A place in the reader's words."""
    return place_label(place, request_context().frame_language)
