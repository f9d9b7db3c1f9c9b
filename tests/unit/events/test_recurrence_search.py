"""A rule's first date is looked for in few steps, also where there is none."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from dateutil.rrule import rrule, rrulestr

from contracts.errors import Invalid
from services.events import recurrence

STARTS = [
    datetime.fromisoformat(text)
    for text in ("2031-05-01T10:00", "2028-02-29T23:59", "1999-12-31T00:00", "9600-01-01T00:00")
]
RULES = [
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;BYDAY=SU;INTERVAL=5",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYDAY=5FR",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE;BYSETPOS=-2;INTERVAL=7",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO",
    "FREQ=YEARLY;BYYEARDAY=366;INTERVAL=3",
    "FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR",
    "FREQ=DAILY;UNTIL=20310502T100000",
]
NEVER = [
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4",
    "FREQ=MONTHLY;BYDAY=5FR;BYMONTHDAY=1",
    "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
    "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=366",
]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("start", STARTS)
def test_it_is_the_date_that_the_rule_gives(rule: str, start: datetime) -> None:
    parts = dict(part.split("=") for part in rule.split(";"))
    first = next(iter(rrulestr(rule, dtstart=start)), None)
    if first is not None and first > start + timedelta(days=3653):
        first = None
    assert recurrence.first_date(parts, start) == first


@pytest.mark.parametrize("rule", NEVER)
@pytest.mark.parametrize("start", STARTS)
def test_what_never_fits_is_tried_for_some_four_hundred_years(
    rule: str, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[datetime] = []
    real = rrule.replace

    def seen(self: rrule, *, until: datetime) -> rrule:
        tried.append(until)
        return real(self, until=until)

    monkeypatch.setattr(rrule, "replace", seen)
    with pytest.raises(Invalid) as refused:
        recurrence.normal_rule(rule, start, "UTC")
    assert refused.value.faults[0].code == "recurrence-never"
    # dateutil goes on up to the year 9999.
    assert [9999 - moment.year < 402 for moment in tried] == [True]
