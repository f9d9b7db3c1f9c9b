"""Migrations of people's own tables keep their data, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bus.eventlog.schema import event_log
from core import clock
from core.audience import STRANGER
from core.database import Database
from services.people.own_rules import fields_shown
from services.people.tables import ApiToken, BrowserSession, Person, RoleHeld
from tests.unit.harness import migrate
from tests.unit.people.harness import insert_person

pytestmark = pytest.mark.slow


def test_tokens_that_were_there_expire_in_ninety_days(empty_database: Database) -> None:
    migrate(empty_database, "people", "0008")
    with empty_database.writing() as session:
        insert_person(session, "a", "Sam")
        session.execute(
            text(
                "INSERT INTO api_token (id, token_hash, person_id, label, scopes, created_at)"
                " VALUES ('t', 'h', 'a', 'bot', '[\"read\"]', '2026-01-02 03:04:05')"
            )
        )
    migrate(empty_database, "people")
    with empty_database.reading() as session:
        token = session.scalars(select(ApiToken)).one()
        assert (token.label, token.scopes, token.last_used_on) == ("bot", ["read"], None)
        assert abs(token.expires_at - clock.now() - timedelta(days=90)) < timedelta(hours=1)


def test_addresses_that_were_there_wait_to_be_confirmed(empty_database: Database) -> None:
    migrate(empty_database, "people", "0014")
    with empty_database.writing() as session:
        insert_person(session, "a", "Sam")
        session.execute(text("UPDATE person SET email = 'sam@x.example'"))
        session.execute(
            text(
                "INSERT INTO browser_session (token_hash, person_id, created_at, expires_at)"
                " VALUES ('h', 'a', '2026-01-02 03:04:05', '2026-02-02 03:04:05')"
            )
        )
    migrate(empty_database, "people")
    with empty_database.reading() as session:
        person = session.scalars(select(Person)).one()
        assert (person.email, person.email_key, person.new_email) == (None, None, "sam@x.example")
        row = session.scalars(select(BrowserSession)).one()
        assert (row.browser, row.last_used_on) == ("", None)


def test_roles_that_were_there_are_for_everything(empty_database: Database) -> None:
    migrate(empty_database, "people", "0022")
    with empty_database.writing() as session:
        insert_person(session, "a", "Sam")
        session.execute(text("INSERT INTO role_held (person_id, role) VALUES ('a', 'editor')"))
    migrate(empty_database, "people")
    with empty_database.writing() as session:
        (held,) = session.scalars(select(RoleHeld))
        assert (held.person_id, held.role, held.part) == ("a", "editor", "")
        session.add(RoleHeld(person_id="a", role="editor", part="language:de"))
        session.flush()
        session.delete(session.get_one(Person, "a"))
    with empty_database.reading() as session:
        assert session.scalars(select(RoleHeld)).all() == []


def test_who_sees_a_profile_stays_as_it_was(empty_database: Database) -> None:
    migrate(empty_database, "people", "0035")
    with empty_database.writing() as session:
        insert_person(session, "a", "Sam")
        session.execute(
            text('UPDATE person SET languages = \'["fr"]\', field_audiences = \'{"place": "members"}\'')
        )
    migrate(empty_database, "people")
    with empty_database.reading() as session:
        person = session.scalars(select(Person)).one()
        assert (person.pronouns, person.website) == ("", "")
        assert fields_shown(person.field_audiences, "a", (), STRANGER) == {
            "about",
            "pronouns",
            "website",
            "languages",
        }


def test_titles_that_are_gone_go_from_the_log_too(empty_database: Database) -> None:
    migrate(empty_database, "people", "0039")
    plain = "version, audience, occurred_at, trace"
    values = "1, 'members', '2026-01-02 03:04:05', ''"
    with empty_database.writing() as session:
        for number, (case, title) in enumerate((("closed", ""), ("open", "Rude")), 1):
            session.execute(
                text(
                    "INSERT INTO moderation_case (id, kind, item_id, path, title, language, audience, item_audience,"
                    f" reports, opened_at) VALUES ('{case}', 'post', 'x', '/x', '{title}', 'en', 'public', 'public', 1,"
                    " '2026-01-02 03:04:05')"
                )
            )
            session.execute(
                text(
                    f"INSERT INTO event_log (seq, id, type, subject, data, {plain}) VALUES ({number}, 'e{number}',"
                    f" 'people.case.opened', 'case/{case}', :data, {values})"
                ),
                {"data": json.dumps({"case_id": case, "title": "Rude"})},
            )
    migrate(empty_database, "people")
    with empty_database.reading() as session:
        found = session.scalars(select(event_log.c.data).order_by(event_log.c.seq)).all()
    assert found == [{"case_id": "closed", "title": ""}, {"case_id": "open", "title": "Rude"}]
