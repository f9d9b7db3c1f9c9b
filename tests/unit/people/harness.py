"""What the fixtures of people's tests are, and rows of earlier releases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.errors import Invalid
from core.audience import Viewer
from core.database import Database

Enrol = Callable[..., Viewer]
Found = Callable[..., str]
Events = Callable[[], list[Recorded]]


def refusal(database: Database, work: Callable[[Session], object]) -> list[tuple[str, str]]:
    """The fields and codes of the faults with which something is refused."""
    with pytest.raises(Invalid) as error, database.writing() as session:
        work(session)
    return [(fault.field, fault.code) for fault in error.value.faults]


_PERSON = (
    "INSERT INTO person (id, name, name_key, display_name, password_hash, languages, place_name, place_country, about,"
    " joined_at) VALUES (:id, :name, :name_key, :display_name, '', :languages, '', '', :about, :joined_at)"
)


def insert_person(session: Session, person_id: str, name: str, **columns: str) -> None:
    """A person as earlier releases stored one."""
    plain = {"display_name": "", "languages": "[]", "about": "", "joined_at": "2026-01-02 03:04:05+00:00"}
    session.execute(
        text(_PERSON), {**plain, "id": person_id, "name": name, "name_key": name.casefold(), **columns}
    )
