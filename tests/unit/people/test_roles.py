"""Roles are granted and revoked by administrators, with a reason, and logged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from sqlalchemy.orm import Session

from contracts.administration import ChangeRole, LogEntry, PeopleQuery
from contracts.errors import Conflict, Forbidden, Invalid, SignInNeeded
from contracts.people import ChangeProfile
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries
from tests.unit.harness import meet, pages_of
from tests.unit.people.harness import Enrol, Events

EDITOR = ChangeRole(role="editor", held=True, reason="Wrote for years")


def taking(viewer: Viewer, name: str) -> Callable[[Session], object]:
    """A revocation of somebody's role of administrator."""
    command = ChangeRole(role="administrator", held=False, reason="Left")
    return lambda session: actions.change_role(session, viewer, name, command)


def log_of(database: Database, viewer: Viewer, item: str | None = None) -> list[LogEntry]:
    with database.reading() as session:
        return pages_of(lambda after: queries.administration_log(session, viewer, item, after, 2))


def names(database: Database, viewer: Viewer, text: str = "", holding: str | None = None) -> list[str]:
    with database.reading() as session:
        query = PeopleQuery(text=text, holding=holding, limit=2)
        found = pages_of(
            lambda after: queries.people_found(session, viewer, query.model_copy(update={"after": after}))
        )
        return [card.name for card in found]


def test_a_change_of_a_role_is_logged_with_its_reason(database: Database, enrol: Enrol) -> None:
    ada, sam = enrol("Ada", "administrator"), enrol("Sam")
    with database.writing() as session:
        assert actions.change_role(session, ada, "sam", EDITOR).roles == ["member", "editor"]
        actions.change_role(session, ada, "Sam", EDITOR)  # changes nothing
        actions.change_role(
            session, ada, "Sam", EDITOR.model_copy(update={"held": False, "reason": "Resigned"})
        )
        actions.make_administrator(session, "Sam")
    entries = log_of(database, ada)
    told = [(entry.by_id, entry.action, entry.item, entry.detail, entry.reason) for entry in entries]
    assert told == [
        (None, "role-granted", sam.person_id, "administrator", ""),
        (ada.person_id, "role-revoked", sam.person_id, "editor", "Resigned"),
        (ada.person_id, "role-granted", sam.person_id, "editor", "Wrote for years"),
    ]
    assert log_of(database, ada, sam.person_id) == entries
    assert log_of(database, ada, ada.person_id) == []


def test_a_refused_change_is_not_logged(database: Database, enrol: Enrol, events: Events) -> None:
    ada = enrol("Ada", "administrator")
    before = len(events())
    with pytest.raises(Conflict) as error, database.writing() as session:
        taking(ada, "Ada")(session)
    assert error.value.code == "last-administrator"
    assert log_of(database, ada) == []
    assert len(events()) == before


@pytest.mark.parametrize("role", ["editor", "moderator"])
def test_who_is_no_administrator_grants_nothing_not_even_their_own_role(
    database: Database, enrol: Enrol, role: Literal["editor", "moderator"]
) -> None:
    mina = enrol("Mina", role)
    enrol("Sam")
    command = ChangeRole(role=role, held=True, reason="A friend")
    for viewer, refusal in ((mina, Forbidden), (STRANGER, SignInNeeded)):
        with pytest.raises(refusal), database.writing() as session:
            actions.change_role(session, viewer, "Sam", command)
        with pytest.raises(refusal), database.reading() as session:
            queries.people_found(session, viewer, PeopleQuery())
        with pytest.raises(refusal), database.reading() as session:
            queries.administration_log(session, viewer, None, None, 10)


def test_people_are_found_by_part_of_a_name_by_what_looks_like_it_and_by_role(
    database: Database, enrol: Enrol
) -> None:
    ada, _, emile = enrol("Ada", "administrator"), enrol("Bea_M", "editor"), enrol("em-x", "moderator")
    enrol("Zoe")
    with database.writing() as session:
        actions.change_profile(session, emile, ChangeProfile(display_name="Émile Zoë"))
    assert names(database, ada) == ["Ada", "Bea_M", "em-x", "Zoe"]
    assert names(database, ada, "BEA") == ["Bea_M"]
    assert names(database, ada, "_") == ["Bea_M"]
    assert names(database, ada, "%") == []
    assert names(database, ada, "ÉMILE") == ["em-x"]
    assert names(database, ada, "zoë") == ["em-x"]
    assert names(database, ada, holding="any") == ["Ada", "Bea_M", "em-x"]
    assert names(database, ada, holding="moderator") == ["em-x"]
    assert names(database, ada, "zo", holding="any") == ["em-x"]


def test_cursors_of_another_list_are_refused(database: Database, enrol: Enrol) -> None:
    ada = enrol("Ada", "administrator")
    with pytest.raises(Invalid), database.reading() as session:
        queries.people_found(session, ada, PeopleQuery(after="nobody"))
    with pytest.raises(Invalid), database.reading() as session:
        queries.administration_log(session, ada, None, "nothing", 10)


def test_who_loses_the_role_meanwhile_grants_nothing(database: Database, enrol: Enrol) -> None:
    ada, bea, sam = enrol("Ada", "administrator"), enrol("Bea", "administrator"), enrol("Sam")
    error = meet(
        database,
        taking(ada, "Bea"),
        lambda session: actions.change_role(session, bea, "Sam", EDITOR),
    )
    assert isinstance(error, Forbidden)
    assert error.code == "administrators-only"
    with database.reading() as session:
        assert queries.person(session, sam, "Sam").roles == ["member"]
    assert [entry.action for entry in log_of(database, ada)] == ["role-revoked"]


def test_of_two_administrators_who_resign_at_one_moment_one_stays(database: Database, enrol: Enrol) -> None:
    ada, bea = enrol("Ada", "administrator"), enrol("Bea", "administrator")
    error = meet(database, taking(ada, "Ada"), taking(bea, "Bea"))
    assert isinstance(error, Conflict)
    assert error.code == "last-administrator"
