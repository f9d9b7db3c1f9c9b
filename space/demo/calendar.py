"""The demo's events."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from contracts.events import CreateEvent, PlaceInput, SetEventVersion
from services.events import actions as events
from services.events import dates, gazetteer
from space.demo import model
from space.demo.context import Stage, Writer, progress, writing


def write_events(stage: Stage) -> None:
    with writing(stage.house.databases["events"]) as write:
        for number, event in enumerate(progress(model.events(), "events")):
            _write_event(stage, write, event, stage.ago(30 - number * 0.6))


def _write_event(stage: Stage, write: Writer, event: model.DemoEvent, moment: datetime) -> None:
    author = stage.cast.viewer(event.author)
    day = (stage.now + timedelta(days=event.in_days)).date()
    start = datetime.combine(day, event.start())
    place = _place(stage, event.place) if event.place else None
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
            audience=stage.cast.audience(event.group),
        ),
    )
    for language, text in event.versions.items():
        version = SetEventVersion(language=language, title=text.title, body=text.text or text.body)
        translator = stage.cast.viewer(text.translator or event.author)
        write(moment, events.set_event_version, translator, made.id, version)
    if event.status == "cancelled":
        return
    before = min(moment + timedelta(days=1), stage.now, stage.now + timedelta(days=event.in_days - 1))
    for name in event.going:
        write(before, dates.attend, stage.cast.viewer(name), made.id, None, "going")
    for name in event.maybe:
        write(before, dates.attend, stage.cast.viewer(name), made.id, None, "maybe")


def _place(stage: Stage, city: model.City) -> PlaceInput:
    found = gazetteer.find(stage.house.settings.home, city.city, 20)
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
