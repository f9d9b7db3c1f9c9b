"""The filters of a search: their names, and the canonical forms of their values."""

from __future__ import annotations

import re
from datetime import date

from core import languages, slugs

KINDS = ("article", "topic", "post", "event", "group", "person")
FILTERS = (
    "author",
    "in",
    "tag",
    "kind",
    "lang",
    "category",
    "group",
    "before",
    "after",
    "has",
    "is",
    "spoken",
    "near",
    "within",
)
"""The names of the filters. `before` and `after` take a day, a month or a year in UTC; `after` includes its first day,
`before` excludes it. `near` takes the name of a place, or latitude and longitude in degrees (`38.72,-9.14`); `within`
is how far from it, in kilometres or miles (`50km`, `30mi`)."""

HAS = ("picture", "seats")
IS = ("announcement", "online")
NEAR_KM = 50.0
"""How far from a place is near it, if nothing else is said."""

FARTHEST_KM = 20_040.0
"""Half the way around the Earth: nothing is farther."""

_KM_EACH = {"km": 1.0, "mi": 1.609344}

_CHOICES = {"kind": KINDS, "has": HAS, "is": IS, "in": ("title", "text")}

_DAY = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?)?")
_POINT = re.compile(
    r"(?P<latitude>[-−]?[0-9]{1,2}(?:\.[0-9]{1,10})?)\s*,\s*(?P<longitude>[-−]?[0-9]{1,3}(?:\.[0-9]{1,10})?)"
)
_RADIUS = re.compile(r"(?P<number>[0-9]{1,5}(?:\.[0-9]{1,3})?)\s*(?P<unit>km|mi)?", re.IGNORECASE)


def value_of(name: str, written: str) -> str:
    """The canonical form of a filter's value; `""` for one that is none."""
    choices = _CHOICES.get(name)
    if choices:
        value = written.lower()
        return value if value in choices else ""
    try:
        if name in ("lang", "spoken"):
            return languages.normalise(written)
        if name == "tag":
            return slugs.tag(written)
        if name in ("before", "after"):
            return _day(written)
        if name == "near":
            return _place(written)
        if name == "within":
            return _radius(written)
    except ValueError:
        return ""
    if name == "group":
        # A hidden group's slug ends in "--" and its id.
        return "--".join(filter(None, map(slugs.slug, written.split("--"))))
    return written.removeprefix("@").strip() if name == "author" else slugs.slug(written)


def kilometres(radius: str) -> float:
    """A radius in its canonical form, such as `30mi`, in kilometres."""
    return float(radius[:-2]) * _KM_EACH[radius[-2:]]


def coordinates(place: str) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, if a place is given by them; None for a name. Raises ValueError for ones that
    the Earth doesn't have."""
    match = _POINT.fullmatch(place)
    if match is None:
        return None
    latitude, longitude = (float(each.replace("−", "-")) for each in match.groups())
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError(place)
    return latitude, longitude


def _place(written: str) -> str:
    """A name as typed, or coordinates. Raises ValueError for coordinates that are none."""
    point = coordinates(written)
    if point is not None:
        return ",".join(f"{degrees:.7f}".rstrip("0").rstrip(".") for degrees in point)
    return " ".join(written.split()) if any(char.isalpha() for char in written) else ""


def _radius(written: str) -> str:
    """A radius with its unit, kilometres if none is given. Raises ValueError for anything else."""
    match = _RADIUS.fullmatch(written)
    if match is None:
        raise ValueError(written)
    radius = f"{match['number']}{(match['unit'] or 'km').lower()}"
    if not 0 < kilometres(radius) <= FARTHEST_KM:
        raise ValueError(written)
    return radius


def _day(written: str) -> str:
    """The first day of a day, month or year. Raises ValueError for anything else."""
    match = _DAY.fullmatch(written)
    if match is None:
        raise ValueError(written)
    return date(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)).isoformat()
