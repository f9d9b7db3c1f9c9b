"""Mail is in a person's languages, also if they don't show these to everybody."""

from __future__ import annotations

from sqlalchemy import select

from contracts.people import LanguagesChanged
from services.notify.tables import Person
from tests.unit.notify.harness import NotifyHarness


def languages(harness: NotifyHarness, name: str) -> list[str] | None:
    with harness.database.reading() as session:
        return session.scalar(select(Person.languages).where(Person.id == harness.ids[name]))


def test_languages_that_are_not_public_are_known_here(harness: NotifyHarness) -> None:
    sam, _ = harness.people("sam", "noa")
    harness.handle(LanguagesChanged(person_id=sam, languages=["ar", "fr"]))
    assert languages(harness, "sam") == ["ar", "fr"]
    assert languages(harness, "noa") == []


def test_of_somebody_who_is_not_known_nothing_is_stored(harness: NotifyHarness) -> None:
    harness.ids["uli"] = "0123456789abcdef"
    harness.handle(LanguagesChanged(person_id=harness.ids["uli"], languages=["ar"]))
    assert languages(harness, "uli") is None
