"""Mails that come back end mail to their address, if it is for good or often."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from core.database import Database
from services.mail import rules
from services.mail.actions import holding
from services.mail.tables import SoftBounce
from tests.unit.mail.office import SAM, Office, bounce, mail, rows

pytestmark = pytest.mark.slow


def come_back(office: Office, status: str, id: str = "<b1@mx.example>", email: str = SAM) -> None:
    office.receive(bounce(status, id=id), office.addresses.for_bounce(office.person_id, email), "")
    assert office.handle() == []


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.0.0", "5.2.1"])
def test_an_address_that_is_not_there_gets_no_more(office: Office, status: str) -> None:
    come_back(office, status)
    assert office.ended == [(office.person_id, status)]
    assert office.posts == {}
    assert office.notices() == [], "nobody is answered"


@pytest.mark.parametrize("status", ["4.2.2", "5.2.2", "5.7.1", "4.4.1"])
def test_what_may_be_otherwise_tomorrow_counts(office: Office, database: Database, status: str) -> None:
    for number in range(rules.SOFT_BOUNCES - 1):
        come_back(office, status, f"<{number}@mx.example>")
        come_back(office, status, f"<{number}@mx.example>")
    assert office.ended == []
    come_back(office, status, "<last@mx.example>")
    assert office.ended == [(office.person_id, status)]
    assert rows(database, SoftBounce) == [], "it is counted anew"


def test_what_came_back_long_ago_does_not_count(office: Office, database: Database) -> None:
    for number in range(rules.SOFT_BOUNCES - 1):
        come_back(office, "4.2.2", f"<{number}@mx.example>")
    with clock.at(clock.now() + rules.SOFT_WITHIN + timedelta(days=1)):
        come_back(office, "4.2.2", "<later@mx.example>")
        assert office.ended == []
        with database.writing() as session:
            holding.purge(session)
    assert len(rows(database, SoftBounce)) == 1


def test_a_bounce_of_a_former_address_ends_nothing(office: Office) -> None:
    come_back(office, "5.1.1", email="before@x.example")
    office.emails.clear()
    come_back(office, "5.1.1", "<2@x.example>")
    assert office.ended == []


@pytest.mark.parametrize(
    "raw", [mail("I am away."), mail("I am away.", Auto_Submitted="auto-replied"), b"", b"\r\n\r\n"]
)
def test_whatever_else_comes_to_the_address_is_swallowed(office: Office, raw: bytes) -> None:
    office.receive(raw, office.addresses.for_bounce(office.person_id, SAM), "")
    assert office.handle() == []
    assert office.ended == []
    assert office.posts == {}
    assert office.notices() == []


def test_a_bounce_to_a_reply_address_makes_no_post(office: Office) -> None:
    """Some servers send them to the sender of the head."""
    office.receive(bounce("5.1.1"), sender="")
    office.handle()
    assert office.posts == {}
    assert office.notices() == []
