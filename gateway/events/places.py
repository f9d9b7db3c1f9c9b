"""Places in the form of an event: found by name, chosen, and stored in one field."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.errors import invalid
from contracts.events import FoundPlace, Place, PlaceInput
from gateway.forms import Form, build
from gateway.i18n import cldr

# Separates the parts of a place in the form's field; no name contains it.
_SEPARATOR = "|"


@dataclass(frozen=True)
class Chosen:
    """A chosen place with its time zone, if known."""

    name: str
    country: str
    latitude: str
    longitude: str
    timezone: str = ""

    def with_venue(self, venue: str) -> PlaceInput:
        """The place as the command takes it. Raises `Invalid`."""
        return build(
            PlaceInput,
            name=self.name,
            country=self.country,
            latitude=self.latitude,
            longitude=self.longitude,
            venue=venue,
        )


def place_value(place: FoundPlace | Place) -> str:
    """A place as the value of a form field."""
    zone = place.timezone if isinstance(place, FoundPlace) else ""
    parts = (place.name, place.country, str(place.latitude), str(place.longitude), zone)
    return _SEPARATOR.join(part.replace(_SEPARATOR, " ") for part in parts)


def place_label(place: FoundPlace | Place, lang: str) -> str:
    """A place in words: `Alexandria, Virginia, United States`."""
    region = place.region if isinstance(place, FoundPlace) else ""
    country = cldr.country(place.country, lang) if place.country else ""
    return ", ".join(dict.fromkeys(part for part in (place.name, region, country) if part))


def chosen_in(form: Form) -> Chosen | None:
    """The place chosen in the form, None for none. Raises `Invalid` for a value that is not from `place_value`."""
    value = form.text("place")
    if not value:
        return None
    parts = value.split(_SEPARATOR)
    if len(parts) != 5:
        raise invalid("place", "place-unknown")
    return Chosen(*parts)


def label_of(chosen: Chosen, lang: str) -> str:
    """A chosen place in words."""
    country = cldr.country(chosen.country, lang) if chosen.country else ""
    return ", ".join(part for part in (chosen.name, country) if part)
