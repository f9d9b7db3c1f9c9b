"""Mentions by a name that somebody had before."""

from __future__ import annotations

from datetime import timedelta

from contracts.people import PersonChanged, PersonState
from core import clock
from services.notify import rules
from tests.unit.notify.harness import NotifyHarness


def rename(harness: NotifyHarness, person_id: str, name: str) -> None:
    """Let a person have another name."""
    state = PersonState(id=person_id, name=name, display_name=name, joined_at=clock.now())
    harness.handle(PersonChanged(person=state))


def mention(harness: NotifyHarness, name: str) -> None:
    """Let noa mention a name."""
    harness.open_topic("noa", f"Ask @{name} about it.")


def test_a_former_name_reaches_its_owner_for_a_year(harness: NotifyHarness) -> None:
    sam, _ = harness.people("sam", "noa")
    joined = clock.now()
    rename(harness, sam, "rivera")
    with clock.at(joined + timedelta(days=300)):
        mention(harness, "Sam")
        mention(harness, "rivera")
        assert len(harness.notifications("sam")) == 2
    with clock.at(clock.now() + rules.FORMER_NAMES_KEPT + timedelta(days=1)):
        mention(harness, "sam")
        assert len(harness.notifications("sam")) == 2


def test_a_name_that_somebody_else_has_now_reaches_them(harness: NotifyHarness) -> None:
    sam, uli, _ = harness.people("sam", "uli", "noa")
    rename(harness, sam, "rivera")
    rename(harness, uli, "sam")
    mention(harness, "sam")
    assert (len(harness.notifications("sam")), len(harness.notifications("uli"))) == (0, 1)
