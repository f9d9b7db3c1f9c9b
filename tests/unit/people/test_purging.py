"""What was needed once is gone after ninety days. A new table joins by itself: what it has goes, or stands below."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core import clock
from core.database import Database
from services.people.actions import contact_delivery, kept_forms, purging, renaming
from services.people.case_tables import Base, Case, CaseDecision, CaseReport
from services.people.contact_tables import Contact
from services.people.tables import ApiToken, BrowserSession
from tests.unit.filling import row_of
from tests.unit.people.harness import Enrol

DAYS = timedelta(days=90)

KEPT = {
    # An account, and what belongs to it as long as its person wants it.
    *(
        "person",
        "name_look_alike",
        "display_look_alike",
        "role_held",
        "second_factor",
        "recovery_code",
        "passkey",
    ),
    *("wiki_account", "trust", "active_day", "block"),
    # Groups and who is in them. Who is invited stays so until they answer; who declined is forgotten.
    *("space_group", "group_address", "group_words", "member"),
    # What was decided, and what the site says: the logs of that.
    *("decision", "site_version", "moderation_case", "case_report", "case_entry", "case_decision"),
    *("site_invitation", "signed_up_by", "tag_change", "former_tag"),
}
"""Tables whose rows stay, and why. Of cases, what says who reported goes: see below."""

A_YEAR = {"former_name", "reserved_name"}
"""Names that nobody else can take stay for a year, as they say."""


@pytest.fixture
def filled(database: Database, enrol: Enrol) -> set[str]:
    """The tables that have a row, each of which ends now or started just now: all of them."""
    enrol("Sam")
    now = clock.now()
    with database.writing() as session:
        for table in Base.metadata.sorted_tables:
            if not session.execute(select(table).limit(1)).first():
                names_until = now + timedelta(days=365) if table.name in A_YEAR else now
                session.execute(insert(table).values(row_of(session, table, names_until)))
        session.execute(update(Case).values(decision_id="x", title="Title"))
        case_id = session.scalar(select(Case.id))
        session.execute(update(CaseDecision).values(appealed_at=None, case_id=case_id))
        session.execute(update(CaseReport).values(reporter_id="x", words="Rude"))
        contact = row_of(session, Base.metadata.tables["moderation_case"], now)
        session.execute(insert(Case).values({**contact, "id": "contact", "open_key": None}))
        session.execute(update(Contact).values(case_id="contact"))
    return {table.name for table in Base.metadata.sorted_tables}


def test_all_that_is_over_is_gone_after_ninety_days(database: Database, filled: set[str]) -> None:
    with clock.at(clock.now() + DAYS + timedelta(days=1)):
        assert left(database) - KEPT == A_YEAR
        with database.reading() as session:
            report = session.scalars(select(CaseReport)).one()
            assert (report.reporter_id, report.words, report.snapshot_id) == (None, "", None)
            assert session.scalars(select(Case.title)).one() == ""
    with clock.at(clock.now() + timedelta(days=366)):
        assert left(database) - KEPT == set()


def test_every_table_was_tried(database: Database, filled: set[str]) -> None:
    assert KEPT - filled == set()
    with database.reading() as session:
        empty = [name for name in filled if not session.execute(select(Base.metadata.tables[name])).first()]
    assert empty == []


def test_what_is_not_over_stays(database: Database, enrol: Enrol) -> None:
    enrol("Sam")
    with database.writing() as session:
        token = row_of(session, Base.metadata.tables["api_token"], clock.now() + timedelta(days=30))
        session.execute(insert(ApiToken).values(token))
        _purge(session)
        assert len(session.scalars(select(BrowserSession)).all()) == 1
        assert len(session.scalars(select(ApiToken)).all()) == 1


def left(database: Database) -> set[str]:
    """The tables that have a row after everything was purged."""
    with database.writing() as session:
        _purge(session)
        return {
            name
            for name, table in Base.metadata.tables.items()
            if session.execute(select(table).limit(1)).first()
        }


def _purge(session: Session) -> None:
    purging.purge(session)
    contact_delivery.purge_contacts(session)
    kept_forms.purge_forms(session)
    renaming.release_names(session)
