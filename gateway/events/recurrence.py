"""Recurrence as a choice in a form and in words, from and to rules of RFC 5545."""

from __future__ import annotations

import re
from datetime import date, datetime

from gateway.i18n import cldr, formats
from gateway.i18n.messages import message

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
CHOICES = ("none", "daily", "weekly", "fortnightly", "monthly-weekday", "monthly-day", "yearly")
KEEP = "keep"
"""The choice that keeps a rule which no other choice can express."""

_UNTIL = re.compile(r"(\d{4})(\d\d)(\d\d)(T\d{6}Z?)?")


def rule_of(choice: str, start: datetime, until: date | None) -> str:
    """The rule of a choice for an event whose first local start is `start`; `""` for no recurrence."""
    day = DAYS[start.weekday()]
    rules = {
        "daily": "FREQ=DAILY",
        "weekly": f"FREQ=WEEKLY;BYDAY={day}",
        "fortnightly": f"FREQ=WEEKLY;INTERVAL=2;BYDAY={day}",
        "monthly-weekday": f"FREQ=MONTHLY;BYDAY={_position_in_month(start)}{day}",
        "monthly-day": f"FREQ=MONTHLY;BYMONTHDAY={start.day}",
        "yearly": "FREQ=YEARLY",
    }
    if choice not in rules:
        return ""
    return rules[choice] + (f";UNTIL={until:%Y%m%d}" if until else "")


def choice_of(rule: str | None, start: datetime) -> tuple[str, date | None]:
    """The choice that gives the rule, or `KEEP`, and the rule's last day."""
    if not rule:
        return "none", None
    until = _until(_parts(rule))
    for choice in CHOICES[1:]:
        if _parts(rule_of(choice, start, until)) == {**_parts(rule), **_day_of(until)}:
            return choice, until
    return KEEP, until


def in_words(rule: str | None, start: datetime, lang: str) -> str:
    """The rule in a sentence, such as “Every week on Tuesday, until March 5, 2027”; `""` for none."""
    if not rule:
        return ""
    parts = _parts(rule)
    words = _every(parts, start, lang)
    until, count = _until(parts), parts.get("COUNT", "")
    if until:
        return message("space-events-repeats-until", lang, words, formats.format_date(until, lang, "long"))
    if count.isdigit():
        return message("space-events-repeats-count", lang, words, int(count))
    return words


def _every(parts: dict[str, str], start: datetime, lang: str) -> str:
    frequency, every = parts.get("FREQ", ""), parts.get("INTERVAL", "1")
    by_day = parts.get("BYDAY", "")
    plain = parts.keys() <= {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "WKST"}
    if plain and frequency == "DAILY" and every == "1" and not by_day:
        return message("space-events-every-day", lang)
    if plain and frequency == "WEEKLY" and every in ("1", "2") and "BYMONTHDAY" not in parts:
        days = by_day.split(",") if by_day else [DAYS[start.weekday()]]
        if all(day in DAYS for day in days):
            names = formats.format_list([cldr.weekday(DAYS.index(day), lang) for day in days], lang)
            if every == "1":
                return message("space-events-every-week", lang, names)
            return message("space-events-every-two-weeks", lang, names)
    if plain and frequency == "MONTHLY" and every == "1":
        if found := re.fullmatch(r"([1-4]|-1)([A-Z]{2})", by_day):
            if found[2] in DAYS and "BYMONTHDAY" not in parts:
                place = "last" if found[1] == "-1" else found[1]
                return message(
                    f"space-events-every-month-{place}", lang, cldr.weekday(DAYS.index(found[2]), lang)
                )
        elif not by_day and parts.get("BYMONTHDAY", str(start.day)) == str(start.day):
            return message("space-events-every-month-day", lang, start.day)
    if parts.keys() <= {"FREQ", "COUNT", "UNTIL"} and frequency == "YEARLY":
        return message("space-events-every-year", lang, formats.format_pattern(start.date(), lang, "MMMMd"))
    return message("space-events-every-other", lang)


def _position_in_month(start: datetime) -> int:
    """The position of a day among the same weekdays of its month: 1 to 4, or -1 (the last) for a fifth."""
    place = (start.day - 1) // 7 + 1
    return place if place <= 4 else -1


def _parts(rule: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition("=") for part in rule.split(";")) if name}


def _until(parts: dict[str, str]) -> date | None:
    found = _UNTIL.fullmatch(parts.get("UNTIL", ""))
    return date(int(found[1]), int(found[2]), int(found[3])) if found else None


def _day_of(until: date | None) -> dict[str, str]:
    return {"UNTIL": f"{until:%Y%m%d}"} if until else {}
