"""Places by name, in any script, from the file that is made once."""

from pathlib import Path

import pytest

from core import gazetteer

pytestmark = pytest.mark.slow


@pytest.fixture
def home(gazetteer_home: Path) -> Path:
    return gazetteer_home


@pytest.mark.parametrize(
    ("typed", "city", "country"),
    [
        ("Cairo", "Cairo", "EG"), ("القاهرة", "Cairo", "EG"), ("القاهره", "Cairo", "EG"), ("カイロ", "Cairo", "EG"),
        ("munch", "Munich", "DE"), ("MÜNCHEN", "Munich", "DE"), ("sao pau", "São Paulo", "BR"),
        ("ירושלים", "Jerusalem", "IL"), ("दिल्ली", "Delhi", "IN"), ("서울", "Seoul", "KR"), ("東京", "Tokyo", "JP"),
        ("guadalajara", "Guadalajara", "MX"), ("Bath", "Bath", "GB"),
    ],
)  # fmt: skip
def test_a_city_is_found_by_any_of_its_names(home: Path, typed: str, city: str, country: str) -> None:
    first = gazetteer.find(home, typed, 5)[0]
    assert (first.name, first.country) == (city, country)


def test_it_says_where_and_in_which_zone(home: Path) -> None:
    cairo = gazetteer.find(home, "cairo", 1)[0]
    assert (round(cairo.latitude), round(cairo.longitude), cairo.timezone) == (30, 31, "Africa/Cairo")
    assert cairo.id == "360630"
    assert gazetteer.find(home, "Springfield", 1)[0].region == "Missouri"


def test_the_biggest_come_first_and_no_more_than_asked_for(home: Path) -> None:
    for prefix in ("s", "sa", "san"):
        found = gazetteer.find(home, prefix, 50)
        assert len(found) == gazetteer.MOST
        assert len({place.id for place in found}) == gazetteer.MOST
    populations = [place.population for place in gazetteer.find(home, "sa", 20)]
    assert populations == sorted(populations, reverse=True)
    assert len(gazetteer.find(home, "s", 0)) == 1


@pytest.mark.parametrize(
    "typed", ["", "  ", "…", "zzzzqqq", "'; DROP TABLE place; --", "\x00", "x" * 5000, "%", "\ud800"]
)
def test_what_names_no_place_finds_none(home: Path, typed: str) -> None:
    assert gazetteer.find(home, typed, 5) == []


def test_a_name_finds_the_largest_first_and_a_country_or_region_tells_them_apart(home: Path) -> None:
    found = gazetteer.named(home, "portland")
    assert [each.region for each in found[:2]] == ["Oregon", "Maine"]
    assert [each.region for each in gazetteer.named(home, "Portland, Maine")] == ["Maine"]
    assert {each.country for each in gazetteer.named(home, "Guadalajara, es")} == {"ES"}
    assert gazetteer.named(home, "リスボン")[0].name == "Lisbon"
    for nothing in ("Portlan", "Portland, Kenya", ",", "", "Nowhereville"):
        assert gazetteer.named(home, nothing) == ()
