from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gateway.events import worldmap

pytestmark = pytest.mark.slow

VENDOR = Path(__file__).resolve().parents[3] / "node_modules"


def shapes() -> dict[str, str]:
    root = ElementTree.fromstring(worldmap.svg(VENDOR))
    return {path.attrib["id"]: path.attrib["d"] for path in root}


def points(data: str) -> list[list[tuple[int, int]]]:
    """The lines of an SVG path as the map writes it: `M`, then steps."""
    lines = []
    for part in re.findall(r"M([^Mz]+)z?", data):
        start, _, steps = part.partition("l")
        x, y = (int(number) for number in re.findall(r"-?\d+", start))
        line = [(x, y)]
        numbers = [int(number) for number in re.findall(r"-?\d+", steps)]
        for step_x, step_y in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + step_x, y + step_y
            line.append((x, y))
        lines.append(line)
    return lines


def covers(data: str, longitude: float, latitude: float) -> bool:
    """Whether a point lies inside, by the even-odd rule."""
    x, y = worldmap.project(longitude, latitude)
    crossings = 0
    for line in points(data):
        for (from_x, from_y), (to_x, to_y) in pairwise([*line, line[0]]):
            if (from_y > y) != (to_y > y) and x < from_x + (y - from_y) / (to_y - from_y) * (to_x - from_x):
                crossings += 1
    return crossings % 2 == 1


def test_the_projection_fills_the_map() -> None:
    assert worldmap.project(180, 0) == pytest.approx((worldmap.WIDTH, worldmap.HEIGHT / 2))
    assert worldmap.project(-180, 0)[0] == pytest.approx(0)
    assert worldmap.project(0, 90) == pytest.approx((worldmap.WIDTH / 2, 0))
    assert worldmap.project(0, -90)[1] == pytest.approx(worldmap.HEIGHT)


def test_equal_areas_stay_equal() -> None:
    # The zone between the equator and 30° is half of its hemisphere: sin 30° = 1/2.
    sphere = points(shapes()["sphere"])[0]
    border = worldmap.project(0, 30)[1]

    def area(low: float, high: float) -> float:
        inside = [(x, min(max(y, low), high)) for x, y in sphere]
        return abs(sum(x * b - a * y for (x, y), (a, b) in pairwise([*inside, inside[0]]))) / 2

    north = area(0, worldmap.HEIGHT / 2)
    assert area(border, worldmap.HEIGHT / 2) / north == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [
        (31.2, 30.0),
        (-58.4, -34.7),
        (139.5, 36.0),
        (10.4, 51.2),
        (-177, 66),
        (0, -85),
        (-170, -85),
        (178.1, 68),
    ],
)
def test_land_is_where_land_is(longitude: float, latitude: float) -> None:
    assert covers(shapes()["land"], longitude, latitude)


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(-30, 40), (-150, 0), (80, -30), (0, 80), (-179, 60), (150, -50)]
)
def test_sea_is_where_sea_is(longitude: float, latitude: float) -> None:
    assert not covers(shapes()["land"], longitude, latitude)


def test_every_point_lies_on_the_map() -> None:
    for data in shapes().values():
        for line in points(data):
            assert all(-1 <= x <= worldmap.WIDTH + 1 and -1 <= y <= worldmap.HEIGHT + 1 for x, y in line)


def test_no_line_runs_across_the_whole_map() -> None:
    # A ring that crosses the antimeridian uncut would.
    longest = max(
        abs(a[0] - b[0]) for line in points(shapes()["land"]) for a, b in pairwise(line) if a[1] < 1900
    )
    assert longest < 200


def test_it_is_small_and_keeps_its_address() -> None:
    assert len(worldmap.svg(VENDOR)) < 300_000
    assert worldmap.version(VENDOR) == worldmap.version(VENDOR)
    assert re.fullmatch(r"[0-9a-f]{12}", worldmap.version(VENDOR))


def test_a_window_stays_on_the_map() -> None:
    for longitude, latitude in [(180, 85), (-180, -85), (10, 50)]:
        left, top, width, height = worldmap.window(longitude, latitude)
        assert 0 <= left <= worldmap.WIDTH - width
        assert -1 <= top <= worldmap.HEIGHT - height + 1


def test_a_missing_package_says_which_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="50m"):
        worldmap.svg(tmp_path)


def test_a_simplified_line_keeps_what_is_farther_than_the_tolerance() -> None:
    line = [(0.0, 0.0), (5.0, 0.4), (10.0, 0.0), (15.0, 6.0), (20.0, 0.0)]
    assert worldmap.simplified(line, 1) == [line[0], line[2], line[3], line[4]]
    assert worldmap.simplified(line, 0.1) == line
    assert worldmap.simplified([], 1) == []
    ring = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]
    assert worldmap.simplified(ring, 1) == ring
