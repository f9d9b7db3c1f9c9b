"""The part of the conformance suite of search's engine port that is about places.

The test module of an implementation subclasses `NearConformance` and defines a fixture `engine` whose places are
`places`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from contracts.events import FoundPlace
from contracts.search import SearchHint, SearchQuery
from core.gazetteer import City
from services.search.engine import Document, Engine, Key
from tests.unit.search.engine_conformance import INSIDER, PUBLIC, document, ids

GROUP = "group:0000000000000001"


def place(name: str, country: str, latitude: float, longitude: float) -> City:
    return City(f"{name}-{country}", name, country, "", latitude, longitude, "UTC", 0)


LISBON = place("Lisbon", "PT", 38.71667, -9.13333)
PLACES = {
    "lisbon": [LISBON, place("Lisbon", "US", 44.03146, -70.10450)],
    "suva": [place("Suva", "FJ", -18.14161, 178.44149)],
}


def places(name: str) -> Sequence[City]:
    """A gazetteer of a few places."""
    return PLACES.get(name.casefold(), [])


AT: dict[str, tuple[float, float]] = {
    "lisbon": (38.71667, -9.13333),
    "sintra": (38.80097, -9.37826),  # 23 km from Lisbon
    "porto": (41.14961, -8.61099),  # 274 km
    "maine": (44.03146, -70.1045),
    "suva": (-18.14161, 178.44149),
    "east-of-180": (-18.0, -179.5),  # 218 km from Suva, across the 180th meridian
    "on-180": (-18.0, 180.0),
    "on-minus-180": (-18.0, -180.0),
    "pole": (90.0, 0.0),
    "pole-again": (90.0, 140.0),
    "arctic": (89.5, 120.0),  # 56 km from the pole
    "arctic-opposite": (89.5, -60.0),
    "south": (-89.9, 10.0),
    "antipode": (-38.71667, 170.86667),
}


def some_documents() -> list[Document]:
    """Public events all over the world, a hidden one, and a topic that takes place nowhere."""
    return [
        *(document(name, "Walk", kind="event", point=point) for name, point in AT.items()),
        document("hidden", "Walk", kind="event", point=AT["sintra"], audience=GROUP),
        document("nowhere", "Walk"),
    ]


NEAR: tuple[tuple[str, set[str]], ...] = (
    ("near:Lisbon", {"lisbon", "sintra"}),
    ("walk near:lisbon within:10km", {"lisbon"}),
    ("near:Lisbon within:22.9km", {"lisbon"}),
    ("near:Lisbon within:24km", {"lisbon", "sintra"}),
    ("near:Lisbon within:14mi", {"lisbon"}),
    ("near:Lisbon within:15mi", {"lisbon", "sintra"}),
    ("near:Lisbon within:300km", {"lisbon", "sintra", "porto"}),
    ("near:38.71667,-9.13333 within:0.001km", {"lisbon"}),
    ("near:Suva within:150km", {"suva"}),
    ("near:Suva within:170km", {"suva", "on-180", "on-minus-180"}),
    ("near:Suva within:225km", {"suva", "on-180", "on-minus-180", "east-of-180"}),
    ("near:-18,180 within:1km", {"on-180", "on-minus-180"}),
    ("near:-18,-180 within:60km", {"on-180", "on-minus-180", "east-of-180"}),
    ("near:90,0 within:1km", {"pole", "pole-again"}),
    ("near:90,-77 within:57km", {"pole", "pole-again", "arctic", "arctic-opposite"}),
    ("near:89.5,120 within:110km", {"pole", "pole-again", "arctic"}),
    ("near:89.5,120 within:112km", {"pole", "pole-again", "arctic", "arctic-opposite"}),
    ("near:-90,0 within:12km", {"south"}),
    ("near:Lisbon within:19000km", {*AT} - {"antipode"}),
    ("near:Lisbon within:20040km", {*AT}),
    ("near:Suva near:Lisbon within:20km", {"suva", "lisbon"}),
    ("near:Suva OR near:Lisbon", {"suva", "lisbon", "sintra"}),
    ("walk -near:Lisbon within:20000km", {"nowhere", "antipode"}),
    ("walk -near:Lisbon kind:topic", {"nowhere"}),
)
"""Queries, and which of `some_documents` they find for everybody."""


class NearConformance:
    """The tests of searches near a place that every engine must pass."""

    @pytest.mark.parametrize(("q", "found"), NEAR)
    def test_what_is_near(self, engine: Engine, q: str, found: set[str]) -> None:
        engine.index(some_documents())
        assert set(ids(engine, q, limit=100)) == found
        assert engine.search(SearchQuery(q=q), PUBLIC).total == len(found)

    def test_the_fields_of_a_search_say_the_same_as_its_text(self, engine: Engine) -> None:
        engine.index(some_documents())
        assert ids(engine, near="Lisbon", within="10km") == ["lisbon"]
        assert set(ids(engine, "within:24km", near="Lisbon")) == {"lisbon", "sintra"}
        assert ids(engine, "within:24km", near="Lisbon", within="1km") == ["lisbon"]
        assert engine.search(SearchQuery(q="within:24km", near="Suva"), PUBLIC).hints == []

    def test_what_is_near_but_hidden_is_for_its_group(self, engine: Engine) -> None:
        engine.index(some_documents())
        assert set(ids(engine, "near:Lisbon", INSIDER)) == {"lisbon", "sintra", "hidden"}

    def test_an_event_that_moves_is_found_where_it_is(self, engine: Engine) -> None:
        engine.index([document("a", "Walk", kind="event", point=AT["lisbon"])])
        engine.index([document("a", "Walk", kind="event", point=AT["suva"])])
        assert (ids(engine, "near:Lisbon"), ids(engine, "near:Suva")) == ([], ["a"])
        assert [each.point for each in engine.documents()] == [AT["suva"]]
        engine.index([document("a", "Walk", kind="event")])
        assert ids(engine, "near:Suva") == []
        engine.index([document("a", "Walk", kind="event", point=AT["suva"])])
        engine.remove([Key("event", "a")])
        assert ids(engine, "near:Suva") == []

    def test_a_place_that_nobody_knows_is_left_out_and_the_largest_of_a_name_is_meant(
        self, engine: Engine
    ) -> None:
        engine.index(some_documents())
        unknown = engine.search(SearchQuery(q="walk near:Nowhereville", limit=100), PUBLIC)
        assert unknown.total == len(AT) + 1
        assert unknown.hints == [SearchHint(code="place-unknown", text="Nowhereville")]
        several = engine.search(SearchQuery(q="near:Lisbon"), PUBLIC)
        others = [FoundPlace.model_validate(each._asdict()) for each in PLACES["lisbon"]]
        assert several.hints == [SearchHint(code="place-others", text="Lisbon", places=others)]
        assert engine.search(SearchQuery(q="near:Suva"), PUBLIC).hints == []
        assert engine.search(SearchQuery(q="near:1,2"), PUBLIC).hints == []

    @pytest.mark.parametrize(
        ("q", "expected"),
        [
            ("walk near:Lisbon within:5200km", ["lisbon", "sintra", "porto", "maine"]),
            ("near:-18,-178 within:700km", ["east-of-180", "on-180", "on-180", "suva"]),
            (
                "walk near:Suva near:Lisbon within:250km",
                ["lisbon", "suva", "sintra", "on-180", "on-180", "east-of-180"],
            ),
        ],
    )
    def test_the_nearest_come_first_page_by_page(self, engine: Engine, q: str, expected: list[str]) -> None:
        engine.index(some_documents())
        found: list[str] = []
        after = None
        for _page in expected:
            query = {"q": q, "sort": "distance", "limit": 2, "after": after, "once": True}
            page = engine.search(SearchQuery.model_validate(query), PUBLIC)
            # These two are the same place, whose coordinates are rounded to a centimetre in other directions.
            found += [hit.id.replace("minus-", "") for hit in page.items]
            after = page.next
            if after is None:
                break
        assert found == expected

    def test_a_hit_says_how_far_it_is(self, engine: Engine) -> None:
        engine.index(some_documents())
        result = engine.search(SearchQuery(q="near:Lisbon within:300km", sort="distance"), PUBLIC)
        assert [(hit.id, hit.distance_km) for hit in result.items] == [
            ("lisbon", 0.0), ("sintra", 23.2), ("porto", 274.2),
        ]  # fmt: skip
        nearest = engine.search(SearchQuery(q="near:Lisbon near:41,-8.6 within:300km"), PUBLIC)
        assert {hit.id: hit.distance_km for hit in nearest.items}["porto"] == 16.7
        assert engine.search(SearchQuery(q="walk"), PUBLIC).items[0].distance_km is None

    def test_without_a_place_the_nearest_first_is_the_best_first(self, engine: Engine) -> None:
        engine.index([document("a", "Other", "A walk"), document("b", "Walk", "A walk")])
        assert ids(engine, "walk", sort="distance") == ids(engine, "walk") == ["b", "a"]
