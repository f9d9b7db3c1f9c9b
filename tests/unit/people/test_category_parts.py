"""Roles for categories, and cases of them, once these are merged or removed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from contracts.administration import ChangeRole
from contracts.common import Recorded
from contracts.removed_categories import CategoryRemoved, NewsCategoryRemoved, TalkCategoryRemoved
from core.audience import Viewer
from core.database import Database
from services.people import actions, queries
from services.people.actions.category_parts import category_removed
from services.people.case_tables import Case
from tests.unit.harness import NOON
from tests.unit.people.desk import Desk
from tests.unit.people.harness import Enrol, Events

pytestmark = pytest.mark.slow

RECORDED = Recorded(
    producer="forum", seq=1, id="event00000000000", type="forum.category.removed", version=1,
    subject="category/photos", audience="members", occurred_at=NOON, data={},
)  # fmt: skip


def give(database: Database, admin: Viewer, name: str, *parts: str) -> None:
    for part in parts:
        with database.writing() as session:
            command = ChangeRole(role="moderator", held=True, part=part, reason="Knows it well")
            actions.change_role(session, admin, name, command)


def handle(database: Database, event: CategoryRemoved) -> None:
    with database.writing() as session:
        category_removed(session, event, RECORDED)


def held(database: Database, admin: Viewer, name: str) -> list[str]:
    with database.reading() as session:
        return [each.part for each in queries.roles_held(session, admin, name)]


def test_roles_for_it_are_for_the_kept_one_and_that_is_logged(
    database: Database, enrol: Enrol, events: Events
) -> None:
    ada, sam = enrol("Ada", "administrator"), enrol("Sam")
    enrol("Noa")
    give(database, ada, "Sam", "talk:photos")
    give(database, ada, "Noa", "talk:general", "talk:photos", "news:photos")
    by_id = ada.person_id or ""
    handle(database, TalkCategoryRemoved(slug="photos", into="general", by_id=by_id, reason="Twice"))
    assert held(database, ada, "Sam") == ["talk:general"]
    assert held(database, ada, "Noa") == ["news:photos", "talk:general"]
    with database.reading() as session:
        entries = queries.administration_log(session, ada, sam.person_id, None, 10).items
    assert {(each.action, each.detail, each.reason, each.by_id) for each in entries[:2]} == {
        ("role-granted", "moderator talk:general", "Twice", by_id),
        ("role-revoked", "moderator talk:photos", "Twice", by_id),
    }
    changed = [event.subject for event in events()[-2:] if event.type == "people.person.changed"]
    assert f"person/{sam.person_id}" in changed
    handle(database, NewsCategoryRemoved(slug="photos", into=None, by_id=by_id))
    assert held(database, ada, "Noa") == ["talk:general"]
    before = len(events())
    handle(database, NewsCategoryRemoved(slug="photos", into=None, by_id=by_id))
    assert len(events()) == before, "handled again it changes nothing"


def test_its_cases_are_for_the_moderators_of_the_kept_one(
    database: Database, desk: Desk, enrol: Enrol
) -> None:
    ada = enrol("Ada", "administrator")
    enrol("Sam")
    give(database, ada, "Sam", "talk:general")
    desk.report(desk.reader, category="photos")
    desk.report(desk.reader, category="photos", kind="article", item_id="0article00000000")
    assert desk.queue(desk.now("Sam")) == []
    handle(database, TalkCategoryRemoved(slug="photos", into="general", by_id=ada.person_id or ""))
    assert len(desk.queue(desk.now("Sam"))) == 1
    with database.reading() as session:
        found = session.execute(select(Case.kind, Case.category)).all()
    assert {tuple(row) for row in found} == {("post", "general"), ("article", "photos")}
