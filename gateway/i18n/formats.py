"""Dates, times, numbers and lists as each language writes them, by CLDR (through Babel).

``lang`` is MediaWiki's code of the interface language; where CLDR lacks it, its fallback chain decides, and
at last English. Times are aware; ``zone`` is an IANA name such as ``Africa/Cairo``. Digits are European in
all languages.
"""

from collections.abc import Sequence
from copy import deepcopy
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, localedata
from babel import dates as cldr_dates
from babel import lists as cldr_lists
from babel import numbers as cldr_numbers
from markupsafe import Markup, escape

from core import languages

Style = Literal["short", "medium", "long", "full"]
ListStyle = Literal["and", "or", "unit"]

_LIST_STYLES: dict[str, Literal["standard", "or", "unit"]] = {"and": "standard", "or": "or", "unit": "unit"}

_DAY = 86_400
# For differences of less than so many seconds: the step of `_step_of`.
_STEPS = ((3_600, 30), (_DAY, 360), (float("inf"), 4_320))

# CLDR's order of plural categories, which is the order of forms in a message.
_CATEGORIES = ("zero", "one", "two", "few", "many", "other")

# The parts of a locale in which CLDR points from one place to another: stand-alone months to those in dates.
_WITH_ALIASES = ("months", "days", "quarters", "eras")

_KEPT = 8192
"""How many texts are kept of each kind: pages show the same days and times again and again."""


@lru_cache(maxsize=2048)
def locale_for(lang: str) -> Locale:
    """CLDR's locale for a language, along its fallback chain; English for what is no language (``qqx``)."""
    try:
        chain = (languages.normalise(lang), *languages.fallbacks(lang))
    except ValueError:
        chain = ("en",)
    for code in chain:
        parts = languages.language(code).bcp47.split("-")
        for length in range(len(parts), 0, -1):
            if found := _locale("_".join(parts[:length])):
                return found
    return _with_own_names(Locale.parse("en"))


@lru_cache(maxsize=2048)
def _locale(identifier: str) -> Locale | None:
    """CLDR's locale of that name, shared by all languages that are written by it; None where CLDR has none."""
    try:
        return _with_own_names(Locale.parse(identifier))
    except (UnknownLocaleError, ValueError):
        return None


def _with_own_names(locale: Locale) -> Locale:
    # Languages share what they inherit, and Babel writes into it what the first of them made of it: months
    # asked for in Hebrew were Hebrew in French ever after (python-babel/babel#1234). A copy each ends that.
    data: dict[str | int | None, Any] = dict(localedata.load(str(locale)).items())
    data |= {part: deepcopy(data[part]) for part in _WITH_ALIASES}
    locale._Locale__data = localedata.LocaleDataDict(data)  # type: ignore[attr-defined]
    return locale


@lru_cache(maxsize=_KEPT)
def format_date(value: date, lang: str, style: Style = "medium", zone: str = "UTC") -> str:
    """A day. Of a ``datetime`` it is the day that it is in ``zone``."""
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(zone))
    return cldr_dates.format_date(value, style, locale_for(lang))


@lru_cache(maxsize=_KEPT)
def format_time(value: datetime, lang: str, zone: str = "UTC") -> str:
    """The hour and minute in ``zone``, by 12 or 24 hours as the language has it."""
    return cldr_dates.format_time(value, "short", ZoneInfo(zone), locale_for(lang))


def format_datetime(value: datetime, lang: str, zone: str = "UTC", style: Style = "medium") -> str:
    """Day, in the given style, and hour and minute in ``zone``."""
    return _join_day_and_time(format_date(value, lang, style, zone), format_time(value, lang, zone), lang)


@lru_cache(maxsize=_KEPT)
def format_pattern(value: date, lang: str, skeleton: str, zone: str = "UTC") -> str:
    """By a CLDR skeleton, such as ``yMMMM``: ``March 2026`` (a month's heading), or ``MMMd``: ``Mar 5``."""
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return cldr_dates.format_skeleton(skeleton, value, locale=locale_for(lang))


@lru_cache(maxsize=_KEPT)
def format_interval(
    start: datetime, end: datetime, lang: str, zone: str = "UTC", style: Style = "medium"
) -> str:
    """From when to when in ``zone``, with a common day said once: ``Mar 5, 2026, 10:00 – 11:00 AM``."""
    tz, locale = ZoneInfo(zone), locale_for(lang)
    start, end = start.astimezone(tz), end.astimezone(tz)
    if start.date() != end.date():
        return " – ".join(format_datetime(moment, lang, zone, style) for moment in (start, end))
    skeleton = "hm" if "h" in cldr_dates.get_time_format("short", locale).pattern else "Hm"
    times = cldr_dates.format_interval(start, end, skeleton, tz, locale=locale)
    return _join_day_and_time(format_date(start, lang, style, zone), times, lang)


def _join_day_and_time(day: str, time: str, lang: str) -> str:
    pattern = str(locale_for(lang).datetime_formats["medium"])
    return pattern.replace("'", "").replace("{1}", day).replace("{0}", time)


def format_relative(value: datetime, lang: str, now: datetime) -> str:
    """How long ago or ahead of ``now``: ``3 hours ago``, ``in 2 days``. The finest unit is the minute."""
    difference = value - now
    if abs(difference) < timedelta(minutes=1):
        # Babel rounds less than a minute up; a moment ago reads the same as a minute ago.
        difference = timedelta(minutes=1 if difference > timedelta(0) else -1)
    return _format_difference(_step_of(difference.days * _DAY + difference.seconds), lang)


def _step_of(seconds: int) -> int:
    """One number of seconds for all that read the same beside it.

    Babel takes the next unit from 85 % of it on, and rounds to whole units. So the text changes at multiples of a step
    alone, and is the same all the way between two of them.
    """
    size = abs(seconds)
    step = next(step for below, step in _STEPS if size < below)
    steps, rest = divmod(size, step)
    found = steps * step + (step // 2 if rest else 0)
    return found if seconds >= 0 else -found


@lru_cache(maxsize=_KEPT)
def _format_difference(seconds: int, lang: str) -> str:
    return cldr_dates.format_timedelta(
        timedelta(seconds=seconds), granularity="minute", add_direction=True, locale=locale_for(lang)
    )


@lru_cache(maxsize=_KEPT)
def format_number(value: int | float | Decimal, lang: str) -> str:
    """A number with the language's separators."""
    return cldr_numbers.format_decimal(value, locale=locale_for(lang))


def format_list(items: Sequence[str], lang: str, style: ListStyle = "and") -> str:
    """``a, b and c`` in the language's way."""
    return cldr_lists.format_list(list(items), _LIST_STYLES[style], locale_for(lang))


def format_list_markup(
    items: Sequence[str], lang: str, style: Literal["and", "or", "unit"] = "and"
) -> Markup:
    """The same of HTML: items that are ``Markup`` stay, others are escaped."""
    return Markup(format_list([str(escape(item)) for item in items], lang, style))


@lru_cache(maxsize=_KEPT)
def plural_index(count: float, lang: str, forms: int) -> int:
    """Which of a message's ``forms`` fits the number: they stand in CLDR's order of the categories.

    With fewer forms than categories the last one serves for the rest, as in MediaWiki.
    """
    rule = locale_for(lang).plural_form
    categories = [each for each in _CATEGORIES if each in rule.tags or each == "other"]
    return min(categories.index(rule(abs(count))), forms - 1)
