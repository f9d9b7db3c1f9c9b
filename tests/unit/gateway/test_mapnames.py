"""The names on the map are of what is there, in the reader's language where CLDR has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.events import mapnames, worldmap

pytestmark = pytest.mark.slow

VENDOR = Path(__file__).resolve().parents[3] / "node_modules"


@pytest.mark.parametrize(
    ("name", "longitude", "latitude", "degrees"),
    [("France", 2.4, 46.6, 2), ("Brazil", -53, -11, 3), ("Fiji", 178, -18, 2), ("Russia", 97, 63, 8)],
)
def test_a_country_s_name_is_in_the_middle_of_its_largest_part(
    name: str, longitude: float, latitude: float, degrees: float
) -> None:
    found = {each[0]: each for each in mapnames.names(VENDOR, "en")["countries"]}[name]
    x, y = worldmap.project(longitude, latitude)
    unit = worldmap.WIDTH / 360
    assert abs(found[1] - x) < degrees * unit
    assert abs(found[2] - y) < degrees * unit * 1.2
    assert found[3] > 0


def test_cities_are_large_ones_and_capitals_the_largest_first() -> None:
    cities = mapnames.names(VENDOR, "en")["cities"]
    weights = [each[3] for each in cities]
    assert weights == sorted(weights, reverse=True)
    names = {each[0] for each in cities}
    assert {"Tokyo", "Lagos", "Suva", "Reykjavík"} <= names
    assert "Oxford" not in names


def test_names_are_localised_where_cldr_has_them() -> None:
    german = mapnames.names(VENDOR, "de")
    assert {"Frankreich", "Japan", "Ägypten"} <= {each[0] for each in german["countries"]}
    assert {"Kairo", "Tokio", "Guangzhou"} <= {each[0] for each in german["cities"]}
    places = [each[1:] for each in german["cities"]]
    assert places == [each[1:] for each in mapnames.names(VENDOR, "ja")["cities"]]
