"""What everybody may know of administrators' decisions, on SQLite and PostgreSQL."""

from __future__ import annotations

from contracts.administration import ChangeRole, PublicUse
from core.audience import STRANGER
from core.database import Database
from services.people import actions, queries
from services.people.tables import Decision
from services.shared.administration import PUBLIC_ACTS, new_decision
from tests.unit.harness import pages_of
from tests.unit.people.harness import Enrol, Found


def read(database: Database) -> list[PublicUse]:
    with database.reading() as session:
        return pages_of(lambda after: queries.public_administration(session, STRANGER, after, 2))


def test_roles_are_told_without_whose_they_are_who_gave_them_and_why(
    database: Database, enrol: Enrol
) -> None:
    ada, sam = enrol("Ada", "administrator"), enrol("Sam")
    for held, part in ((True, ""), (True, "language:de"), (False, "")):
        with database.writing() as session:
            command = ChangeRole(role="moderator", held=held, part=part, reason="Sam is zqkind.")
            actions.change_role(session, ada, "Sam", command)
    with database.writing() as session:
        actions.make_administrator(session, "Sam")
    found = read(database)
    assert [(each.action, each.item, each.office) for each in found] == [
        ("role-granted", "administrator", "operator"),
        ("role-revoked", "moderator", "administrator"),
        ("role-granted", "moderator language:de", "administrator"),
        ("role-granted", "moderator", "administrator"),
    ]
    said = str([each.model_dump_json() for each in found])
    for secret in (str(ada.person_id), str(sam.person_id), "Sam", "Ada", "zqkind"):
        assert secret not in said


def test_of_a_role_in_a_group_the_group_is_not_told(database: Database, enrol: Enrol, found: Found) -> None:
    ada, sam = enrol("Ada", "administrator"), enrol("Sam")
    found(sam, "maps", "open")
    with database.writing() as session:
        command = ChangeRole(role="editor", held=True, part="group:maps", reason="They write.")
        actions.change_role(session, ada, "Sam", command)
    assert [(each.action, each.item) for each in read(database)] == [("role-granted", "editor")]


def test_what_is_about_one_person_or_unknown_is_left_out(database: Database) -> None:
    kept = ("person-renamed", "person-vanished", "trust-new", "group-taken-up", "something-new")
    with database.writing() as session:
        for action in (*kept, *PUBLIC_ACTS):
            session.add(new_decision(Decision, None, action, "zqitem", "zqdetail", "zqreason"))
    found = read(database)
    assert len(found) == len(PUBLIC_ACTS)
    said = str([each.model_dump_json() for each in found])
    assert "zqreason" not in said
    assert {each.item for each in found if not each.action.startswith(("role-", "category-"))} == {""}
