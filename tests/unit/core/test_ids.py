"""Ids are unique, and sort by age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core import clock
from core.ids import new_id

MOMENT = datetime(2020, 1, 1, tzinfo=UTC)


def test_ids_of_one_moment_differ_and_rise() -> None:
    ids = [new_id(MOMENT) for _ in range(20_000)]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)


def test_ids_sort_by_their_moment() -> None:
    with clock.at(MOMENT):
        earlier = [new_id() for _ in range(1000)]
    later = new_id(MOMENT + timedelta(milliseconds=1))
    assert max(earlier) < later
    assert all(len(each) == 16 for each in (*earlier, later))
