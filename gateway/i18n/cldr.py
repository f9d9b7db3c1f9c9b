"""Names that CLDR has in every language: countries, cities of time zones, weekdays, lengths of time."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from babel import Locale, dates, units
from babel.core import get_global

from gateway.i18n.formats import locale_for

_MONDAY = date(2024, 1, 1)


@lru_cache(maxsize=64)
def countries(lang: str) -> list[tuple[str, str]]:
    """ISO 3166-1 codes and names of all countries and territories, by name."""
    names: dict[str, str] = dict(locale_for(lang).territories.items())
    found = [(code, name) for code, name in names.items() if _is_country(code)]
    return sorted(found, key=lambda pair: pair[1].casefold())


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isalpha() and code not in _NONE


# CLDR's codes that are no country or territory: unions, private use, the outlying and the unknown.
_NONE = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


def country(code: str, lang: str) -> str:
    """A country's name; the code as it is where CLDR has none."""
    return str(locale_for(lang).territories.get(code.upper(), code))


def zone_city(zone: str, lang: str) -> str:
    """The city by which people know a time zone: `Africa/Cairo` is Cairo."""
    if zone == "UTC":
        return zone
    try:
        return dates.get_timezone_location(zone, locale=locale_for(lang), return_city=True)
    except (LookupError, ValueError):
        return zone.rpartition("/")[2].replace("_", " ")


def week(lang: str) -> list[int]:
    """The days of a week in the language's order; Monday is 0.

    A code without a country stands for where most of its speakers live (CLDR's likely subtags), but English, which
    is read everywhere, for the world: ISO 8601's Monday.
    """
    locale = locale_for(lang)
    if locale.territory is None and locale.language != "en":
        likely = get_global("likely_subtags").get(locale.language)
        locale = Locale.parse(likely) if likely else locale
    first = locale.first_week_day
    return [(first + step) % 7 for step in range(7)]


def weekday(number: int, lang: str, width: Literal["wide", "abbreviated", "narrow"] = "wide") -> str:
    """A day's name in one of CLDR's widths; Monday is 0."""
    pattern = {"wide": "cccc", "abbreviated": "ccc", "narrow": "ccccc"}[width]
    return dates.format_date(_MONDAY + timedelta(days=number), pattern, locale=locale_for(lang))


def duration(minutes: int, lang: str) -> str:
    """A length of time: `45 minutes`, `1.5 hours`, `2 days`."""
    if minutes < 60:
        count, unit = float(minutes), "duration-minute"
    elif minutes % 1440 == 0:
        count, unit = minutes / 1440, "duration-day"
    elif minutes % 30 == 0:
        count, unit = minutes / 60, "duration-hour"
    else:
        hours, rest = divmod(minutes, 60)
        return f"{duration(hours * 60, lang)} {duration(rest, lang)}"
    return _with_unit(int(count) if count.is_integer() else count, unit, lang)


def _with_unit(count: float, unit: str, lang: str) -> str:
    """A count with its unit: as long as CLDR has it in the language, else in English.

    Babel doesn't follow CLDR's aliases from one length to another, and writes the unit's code (`2 duration-hour`)
    where the length asked for has none: in Japanese, Chinese and a hundred others.
    """
    for locale in (locale_for(lang), Locale("en")):
        for length in ("long", "short"):
            text = units.format_unit(count, unit, length, locale=locale)
            if unit not in text:
                return text
    raise LookupError(unit)
