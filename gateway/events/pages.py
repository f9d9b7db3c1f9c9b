"""/events: the list and the calendar of upcoming dates, and one event."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import invalid
from contracts.events import Attending, EventLine, EventView, Month
from core import clock
from core.audience import group_of
from gateway.concurrency import load_involved, load_mentions, nothing, optional, run_concurrently
from gateway.events import calendar, recurrence, worldmap
from gateway.events.map import basemap_path
from gateway.events.places import place_label, place_value
from gateway.events.queries import filtered, query_of
from gateway.events.times import elsewhere, shown_zone
from gateway.form_options import groups_of
from gateway.forms import Form
from gateway.i18n import cldr, formats
from gateway.notices import redirect_with
from gateway.paths import event_path
from gateway.redirects import redirect_to_page
from gateway.request_context import request_context, services, viewer
from gateway.text_versions import version_in

blueprint = Blueprint("events", __name__)

ATTENDEES_SHOWN = 50
_ANSWERS: dict[str, Attending | None] = {"going": "going", "maybe": "maybe", "none": None}


@blueprint.app_context_processor
def template_functions() -> dict[str, object]:
    """Template functions for events: names from CLDR, and times in the event's zone."""
    lang = request_context().frame_language
    return {
        "country_name": lambda code: cldr.country(code, lang),
        "countries": lambda: cldr.countries(lang),
        "zone_city": lambda zone: cldr.zone_city(zone, lang),
        "weekday": lambda number, width="wide": cldr.weekday(number, lang, width),
        "duration": lambda minutes: cldr.duration(minutes, lang),
        "elsewhere": elsewhere,
        "zoneinfo": ZoneInfo,
    }


@blueprint.get("/events")
def events() -> str:
    form = Form(request.args)
    return _month(form) if form.get("view") == "month" else _list(form)


def _list(form: Form) -> str:
    me, api = viewer(), services()
    query = query_of(form)
    (page,) = run_concurrently(optional("events", lambda: api.events.events(me, query)))
    by_month: dict[str, list[EventLine]] = {}
    for line in page.items if page else ():
        month = formats.format_pattern(
            line.starts_at, request_context().frame_language, "yMMMM", shown_zone(line)
        )
        by_month.setdefault(month, []).append(line)
    return render_template(
        "events/list.html", form=form, events=page, by_month=by_month, filtered=filtered(form), view="list"
    )


def _month(form: Form) -> str:
    me, api, context = viewer(), services(), request_context()
    zone, now = context.timezone, clock.now()
    first = calendar.month_named(form.optional("month"), zone, now)
    query = query_of(form)
    (lines,) = run_concurrently(lambda: api.events.month(me, Month(first=first, timezone=zone), query))
    known = zone if context.timezone_known else None
    month = calendar.month_page(first, lines, known, context.frame_language, now)
    return render_template(
        "events/month.html",
        form=form, month=month, filtered=filtered(form), view="month", shown=calendar.SHOWN_IN_A_CELL,
    )  # fmt: skip


@blueprint.get("/events/places")
def places() -> Response:
    """Cities that match a name, for the form's suggestions."""
    me, api, text = viewer(), services(), request.args.get("q", "").strip()
    found = api.events.find_places(me, text, 8) if 2 <= len(text) <= 100 else []
    lang = request_context().frame_language
    return jsonify(
        [
            {"value": place_value(one), "label": place_label(one, lang), "timezone": one.timezone}
            for one in found
        ]
    )


@blueprint.get("/events/<event_id>")
def short_address(event_id: str) -> AnyResponse:
    me, api = viewer(), services()
    (event,) = run_concurrently(lambda: api.events.event(me, event_id, None, None))
    return redirect_to_page(event_path(event.id, event.slug), 301)


@blueprint.get("/events/<event_id>/<slug>")
def event(event_id: str, slug: str) -> str | AnyResponse:
    me, api = viewer(), services()
    occurrence, wanted = request.args.get("date"), request.args.get("lang")
    event, attendees = run_concurrently(
        lambda: api.events.event(me, event_id, occurrence, wanted),
        optional("events", lambda: api.events.attendees(me, event_id, occurrence, None, ATTENDEES_SHOWN))
        if me.signed_in
        else nothing,
    )
    if slug != event.slug:
        return redirect_to_page(event_path(event.id, event.slug), 301)
    groups, waiting = run_concurrently(
        groups_of([event.audience]),
        optional("events", lambda: api.events.waiting_list(me, event_id, occurrence, None, ATTENDEES_SHOWN))
        if me.signed_in and event.waiting
        else nothing,
    )
    load_involved(
        event.author_id,
        event.deletion.by_id if event.deletion else None,
        *(one.person_id for one in (attendees.items if attendees else ())),
        *(one.person_id for one in (waiting.items if waiting else ())),
        *(version.translator_id for version in event.versions),
    )
    load_mentions(*([event.body] if event.html is None else []))
    return render_template(
        "events/event.html",
        event=event, attendees=attendees, waiting=waiting, version=version_in(event, event.language),
        group=next(iter(groups or ()), None) if group_of(event.audience) else None,
        repeats=recurrence.in_words(event.recurrence, event.local_start, request_context().language),
        past=event.ends_at <= clock.now(), path=event_path(event.id, event.slug),
        basemap=basemap_path(worldmap.COARSE) if event.place else "", window=_window(event), spot=_spot(event),
    )  # fmt: skip


def _window(event: EventView) -> tuple[int, int, int, int] | None:
    return worldmap.window(event.place.longitude, event.place.latitude) if event.place else None


def _spot(event: EventView) -> tuple[int, int] | None:
    if event.place is None:
        return None
    x, y = worldmap.project(event.place.longitude, event.place.latitude)
    return round(x), round(y)


@blueprint.post("/events/<event_id>/<slug>/attend")
def attend(event_id: str, slug: str) -> AnyResponse:
    """`attending`: going, maybe, or none."""
    form, me = Form(request.form), viewer()
    wanted, occurrence = form.get("attending"), form.optional("occurrence")
    if wanted not in _ANSWERS:
        raise invalid("attending", "choice-unknown", expected=", ".join(_ANSWERS))
    event = services().events.attend(me, event_id, occurrence, _ANSWERS[wanted])
    page = event_path(event.id, event.slug, occurrence if event.recurring else None)
    if event.my_place:
        return redirect_with(page, "space-events-now-waiting", event.my_place)
    return redirect_with(page, f"space-events-now-{wanted}")
