"""To whom notifications go by mail, and on whose behalf they are read: asked for by notify, one by one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from contracts.mail import MailRecipient
from core import clock
from core.audience import Viewer
from core.database import Database
from services.people import queries
from services.people.tables import Person
from tests.unit.people.harness import Enrol


def recipient(database: Database, viewer: Viewer) -> MailRecipient | None:
    with database.reading() as session:
        return queries.mail_recipient(session, viewer.person_id or "")


def change(database: Database, viewer: Viewer, **values: object) -> None:
    with database.writing() as session:
        session.execute(update(Person).where(Person.id == viewer.person_id).values(values))


def test_it_goes_to_the_confirmed_address_in_ones_language(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam", languages=("ar", "de"))
    change(database, sam, email="sam@x.example", new_email="other@x.example")
    found = recipient(database, sam)
    assert found is not None
    assert (found.email, found.language) == ("sam@x.example", "ar")
    assert (found.viewer.person_id, found.viewer.languages) == (sam.person_id, ("ar", "de"))
    change(database, sam, interface_language="fr")
    found = recipient(database, sam)
    assert found is not None
    assert found.language == "fr"


def test_whoever_reads_for_a_mail_has_no_powers(database: Database, enrol: Enrol) -> None:
    ann = enrol("Ann", "administrator", "moderator")
    change(database, ann, email="ann@x.example")
    found = recipient(database, ann)
    assert found is not None
    assert found.viewer.scopes == frozenset({"read"})
    assert not found.viewer.roles - {"member"}
    assert not found.viewer.in_office


@pytest.mark.parametrize("values", [
    {"email": None, "new_email": "sam@x.example"},
    {"suspended_until": clock.now() + timedelta(days=1)},
    {"vanishes_at": clock.now() + timedelta(days=1)},
    {"vanished_at": clock.now()},
], ids=["unconfirmed", "suspended", "vanishing", "vanished"])  # fmt: skip
def test_to_some_none_goes(database: Database, enrol: Enrol, values: dict[str, object]) -> None:
    sam = enrol("Sam")
    change(database, sam, email="sam@x.example")
    assert recipient(database, sam) is not None
    change(database, sam, **values)
    assert recipient(database, sam) is None


def test_once_a_suspension_is_over_mail_goes_on(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    change(database, sam, email="sam@x.example", suspended_until=clock.now() - timedelta(seconds=1))
    assert recipient(database, sam) is not None


@pytest.mark.parametrize("id", ["", "x", "0" * 16, "' OR 1=1 --"])
def test_nobody_is_no_recipient(database: Database, id: str) -> None:
    with database.reading() as session:
        assert queries.mail_recipient(session, id) is None
