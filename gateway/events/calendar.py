"""A month as weeks of days, each with its events in the reader's zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.errors import invalid
from contracts.events import EventLine
from gateway.i18n import cldr

# The most dates shown in a day's cell; the list below the calendar shows all.
SHOWN_IN_A_CELL = 4


@dataclass
class Day:
    """One day of the calendar. `inside`: it belongs to the month, not to the weeks around it. `going_on`: those of
    `lines` that began on an earlier day."""

    date: date
    inside: bool
    today: bool
    lines: list[EventLine] = field(default_factory=list)
    going_on: list[EventLine] = field(default_factory=list)


@dataclass(frozen=True)
class MonthPage:
    """A month: its first day, its weeks, the weekdays in the locale's order (Monday is 0), the months beside it."""

    first: date
    weeks: list[list[Day]]
    weekdays: list[int]
    before: date
    after: date

    @property
    def days(self) -> list[Day]:
        """The days of the month that have events."""
        return [day for each in self.weeks for day in each if day.inside and day.lines]


def month_named(text: str | None, zone: str, now: datetime) -> date:
    """The first day of the month `YYYY-MM`, or of the current month for None. Raises `Invalid` for anything else."""
    if not text:
        return now.astimezone(ZoneInfo(zone)).date().replace(day=1)
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise invalid("month", "date-wrong") from None


def month_page(
    first: date, lines: Iterable[EventLine], zone: str | None, lang: str, now: datetime
) -> MonthPage:
    """The month that begins with `first`, with `lines` on their days; an event of several days is on each of them.

    `zone` is the reader's; None: each event is on its own local days.
    """
    weekdays = cldr.week(lang)
    start = first - timedelta(days=weekdays.index(first.weekday()))
    after = (first + timedelta(days=31)).replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    length = ((after - start).days + 6) // 7
    tz = ZoneInfo(zone or "UTC")
    today = now.astimezone(tz).date()
    days = [start + timedelta(days=step) for step in range(length * 7)]
    by_date = {each: Day(each, first <= each < after, each == today) for each in days}
    for line in lines:
        tz = ZoneInfo(zone or line.timezone)
        begins = line.starts_at.astimezone(tz).date()
        # An event that ends at midnight is not on the day that begins then.
        ends = max((line.ends_at - timedelta(seconds=1)).astimezone(tz).date(), begins)
        for day in days:
            if begins <= day <= ends:
                by_date[day].lines.append(line)
                if day != begins:
                    by_date[day].going_on.append(line)
    weeks = [[by_date[each] for each in days[at : at + 7]] for at in range(0, len(days), 7)]
    return MonthPage(first, weeks, weekdays, before, after)
