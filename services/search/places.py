"""Where items are: the places that a search names, and what is near them.

An item is near a place if the great circle between them is no longer than the radius, on a sphere with the Earth's mean
radius, as Elasticsearch has it. The straight line between two points of the sphere grows with the great circle, so the
embedded engine compares that: it needs neither angles nor special cases at the poles and the 180th meridian.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, dist, pi, radians, sin
from typing import Protocol

from contracts.events import FoundPlace
from contracts.search import SearchHint
from core.gazetteer import City
from core.search_filters import coordinates
from core.search_syntax import Query

EARTH_KM = 6371.0087714
"""The mean radius that Elasticsearch (Lucene) reckons with."""

MOST_OTHERS = 5
"""The most other places of a name that a hint has."""


class Places(Protocol):
    """The places of a name, the largest first."""

    def __call__(self, name: str, /) -> Sequence[City]: ...

    def __hash__(self) -> int: ...


class _Nowhere:
    def __call__(self, _name: str, /) -> Sequence[City]:
        return ()


nowhere = _Nowhere()
"""A gazetteer without places."""

Point = tuple[float, float]
"""Latitude and longitude in degrees (WGS 84)."""


@dataclass(frozen=True, slots=True)
class Circle:
    """All that is within `km` of a point."""

    center: Point
    km: float

    @property
    def chord(self) -> float:
        """The straight line between its centre and its edge, where the Earth's radius is 1."""
        return 2 * sin(min(self.km / EARTH_KM, pi) / 2)

    def has(self, point: Point) -> bool:
        """Whether a point is in it."""
        between = zip(on_sphere(self.center), on_sphere(point), strict=True)
        return sum((one - other) ** 2 for one, other in between) <= self.chord**2


def on_sphere(point: Point) -> tuple[float, float, float]:
    """A point in Cartesian coordinates, where the Earth's radius is 1."""
    latitude, longitude = map(radians, point)
    return cos(latitude) * cos(longitude), cos(latitude) * sin(longitude), sin(latitude)


def distance_km(point: Point | None, centers: Sequence[Point]) -> float | None:
    """How far a point is from the nearest of some others, to 100 m; None if there is none."""
    if point is None or not centers:
        return None
    chord = min(dist(on_sphere(point), on_sphere(center)) for center in centers)
    return round(2 * EARTH_KM * asin(min(chord / 2, 1)), 1)


def centers(asked: Query, places: Places) -> list[Point]:
    """The places that all items of a search are near to."""
    return [each.center for each in circles(asked.values("near"), asked.radius_km, places, [])]


def circles(values: Sequence[str], km: float, places: Places, hints: list[SearchHint]) -> list[Circle]:
    """What is near the values of `near:`. A name that no place has is left out. Adds hints on it, and on names that
    several places have, of which the largest is meant."""
    found = []
    for value in values:
        point = coordinates(value)
        if point is None:
            named = places(value)
            if not named:
                hints.append(SearchHint(code="place-unknown", text=value))
                continue
            if len(named) > 1:
                others = [FoundPlace.model_validate(each._asdict()) for each in named[: MOST_OTHERS + 1]]
                hints.append(SearchHint(code="place-others", text=value, places=others))
            point = named[0].latitude, named[0].longitude
        found.append(Circle(point, km))
    return found
