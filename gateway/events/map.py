"""/events/map: upcoming events on a map of the world, without an external service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, jsonify, render_template, request

from contracts.events import EventLine, EventQuery, EventsApi
from core.audience import Viewer
from gateway.assets import Asset
from gateway.concurrency import optional, run_concurrently
from gateway.events import mapnames, worldmap
from gateway.events.queries import filtered, query_of
from gateway.forms import Form
from gateway.request_context import request_context, services, settings, viewer

blueprint = Blueprint("map", __name__)

# The most dates that the map shows; the list has all.
MOST_ON_THE_MAP = 500
_PAGE = 100
_WORLD = (-180.0, -90.0, 180.0, 90.0)
# Places nearer than this, in map units (1/4000 of the map's width), share a mark; scripts split it when zoomed in.
_NEAR = 36.0


@dataclass(frozen=True)
class Spot:
    """One date with its position on the map, in map units."""

    x: int
    y: int
    line: EventLine


@dataclass(frozen=True)
class Mark:
    """The dates at one place or at places near each other."""

    number: int
    spots: list[Spot]

    @property
    def x(self) -> int:
        return self.spots[0].x

    @property
    def y(self) -> int:
        return self.spots[0].y

    @property
    def places(self) -> list[str]:
        """The distinct names of its places."""
        return list(dict.fromkeys(spot.line.place.name for spot in self.spots if spot.line.place))


@blueprint.get("/events/map")
def world() -> str:
    me, events, form = viewer(), services().events, Form(request.args)
    query = query_of(form, _PAGE).model_copy(update={"once": True, "box": _WORLD, "after": None})
    (lines,) = run_concurrently(optional("events", lambda: _all(events, me, query)))
    return render_template(
        "events/map.html",
        form=form,
        marks=marks_of(lines or []),
        away=lines is None,
        full=len(lines or ()) >= MOST_ON_THE_MAP,
        filtered=filtered(form),
        basemap=basemap_path(worldmap.COARSE),
        detailed=basemap_path(),
        size=(round(worldmap.WIDTH), round(worldmap.HEIGHT)),
    )


def _all(events: EventsApi, me: Viewer, query: EventQuery) -> list[EventLine]:
    lines: list[EventLine] = []
    while len(lines) < MOST_ON_THE_MAP:
        page = events.events(me, query)
        lines += page.items
        if page.next is None:
            break
        query = query.model_copy(update={"after": page.next})
    return lines[:MOST_ON_THE_MAP]


def marks_of(lines: Iterable[EventLine]) -> list[Mark]:
    """Group the dates that have a place into marks: a date near an earlier mark joins it."""
    marks: list[Mark] = []
    for line in lines:
        if line.place is None:
            continue
        x, y = worldmap.project(line.place.longitude, line.place.latitude)
        spot = Spot(round(x), round(y), line)
        for mark in marks:
            if (mark.x - x) ** 2 + (mark.y - y) ** 2 < _NEAR**2:
                mark.spots.append(spot)
                break
        else:
            marks.append(Mark(len(marks) + 1, [spot]))
    return marks


@blueprint.get("/events/map/names.json")
def names() -> Response:
    """Countries and large cities in the interface's language, for who comes closer to the map."""
    response = jsonify(mapnames.names(settings().vendor, request_context().frame_language))
    named = "uselang" in request.args
    response.headers["Cache-Control"] = "public, max-age=86400" if named else "private, no-cache"
    return response


@blueprint.get("/events/map/world.svg")
def basemap() -> Response:
    """The basemap; immutable under its versioned address."""
    return _basemap(0)


@blueprint.get("/events/map/overview.svg")
def overview() -> Response:
    """The basemap as it is shown from afar, with a fifth of the points."""
    return _basemap(worldmap.COARSE)


def _basemap(tolerance: float) -> Response:
    vendor = settings().vendor
    asset = _asset(vendor, tolerance)
    data, encoding = asset.encoded(request.headers.get("Accept-Encoding"))
    response = Response(data, mimetype=asset.media_type)
    response.vary.add("Accept-Encoding")
    if encoding:
        response.content_encoding = encoding
    known = request.args.get("v") == worldmap.version(vendor, tolerance)
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if known else "public, max-age=3600"
    )
    return response


@cache
def _asset(vendor: Path, tolerance: float) -> Asset:
    return Asset("image/svg+xml", worldmap.svg(vendor, tolerance).encode())


def basemap_path(tolerance: float = 0) -> str:
    """The versioned address of the basemap: in all details, or as an overview."""
    name = "overview" if tolerance else "world"
    return f"/events/map/{name}.svg?v={worldmap.version(settings().vendor, tolerance)}"
