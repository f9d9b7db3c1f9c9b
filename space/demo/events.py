"""Writes the demo's events and their attendance."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from contracts.events import CreateEvent, PlaceInput, SetEventVersion
from core import gazetteer
from services.events import actions as events
from space.demo import model
from space.demo.context import DemoContext, Writer, progress, writing


def write_events(context: DemoContext) -> None:
    with writing(context.system.databases["events"]) as write:
        for number, event in enumerate(progress(model.events(), "events")):
            _write_event(context, write, event, context.ago(30 - number * 0.6))


def _write_event(context: DemoContext, write: Writer, event: model.DemoEvent, moment: datetime) -> None:
    author = context.users.viewer(event.author)
    day = (context.now + timedelta(days=event.in_days)).date()
    start = datetime.combine(day, event.start())
    place = _place(context, event.place) if event.place else None
    made = write(
        moment,
        events.create_event,
        author,
        CreateEvent(
            language=event.language,
            title=event.title,
            body=event.text,
            start=start,
            minutes=event.minutes,
            timezone=event.timezone,
            place=place,
            online_url=event.online_url,
            recurrence=event.recurrence,
            spoken=event.languages,
            tags=event.tags,
            status=event.status,
            seats=event.seats,
            audience=context.users.audience(event.group),
        ),
    )
    for language, text in event.versions.items():
        version = SetEventVersion(language=language, title=text.title, body=text.text or text.body)
        translator = context.users.viewer(text.translator or event.author)
        write(moment, events.set_event_version, translator, made.id, version)
    if event.status == "cancelled":
        return
    before = min(moment + timedelta(days=1), context.now, context.now + timedelta(days=event.in_days - 1))
    for name in event.going:
        write(before, events.attend, context.users.viewer(name), made.id, None, "going")
    for name in event.maybe:
        write(before, events.attend, context.users.viewer(name), made.id, None, "maybe")


def _place(context: DemoContext, city: model.City) -> PlaceInput:
    found = gazetteer.find(context.system.settings.home, city.city, 20)
    best = next((place for place in found if place.country == city.country), None)
    if best is None:
        raise click.ClickException(f"The gazetteer knows no {city.city} in {city.country}.")
    return PlaceInput(
        name=best.name,
        country=best.country,
        latitude=best.latitude,
        longitude=best.longitude,
        venue=city.venue,
    )
