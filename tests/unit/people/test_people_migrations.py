"""Migrations of people's own tables keep their data, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from core import clock
from core.database import Database
from services.people.tables import ApiToken
from tests.unit.harness import new_database

MIGRATIONS = Path(__file__).resolve().parents[3] / "services" / "people" / "migrations"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with new_database(request.param, tmp_path) as database:
        yield database


def test_tokens_that_were_there_expire_in_ninety_days(empty: Database) -> None:
    empty.migrate(MIGRATIONS, "0008")
    with empty.writing() as session:
        session.execute(
            text(
                "INSERT INTO person (id, name, name_key, display_name, password_hash, languages, place_name,"
                " place_country, about, joined_at) VALUES ('a', 'Sam', 'sam', '', '', '[]', '', '', '',"
                " '2026-01-02 03:04:05')"
            )
        )
        session.execute(
            text(
                "INSERT INTO api_token (id, token_hash, person_id, label, scopes, created_at)"
                " VALUES ('t', 'h', 'a', 'bot', '[\"read\"]', '2026-01-02 03:04:05')"
            )
        )
    empty.migrate(MIGRATIONS)
    with empty.reading() as session:
        token = session.scalars(select(ApiToken)).one()
        assert (token.label, token.scopes, token.last_used_on) == ("bot", ["read"], None)
        assert abs(token.expires_at - clock.now() - timedelta(days=90)) < timedelta(hours=1)
