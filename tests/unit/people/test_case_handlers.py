"""Who handles a case that is about a group's moderators, or that moderators reported themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from contracts.errors import Forbidden, NotFound
from contracts.moderation import AnswerAppeal, Decide, Report
from core import clock
from core.audience import PUBLIC, Viewer, group_audience
from core.database import Database
from services.people import actions
from services.people.actions import cases
from services.people.queries import cases as queries
from tests.unit.harness import NOON, insert_row, meet, migrate
from tests.unit.people.desk import POST, Desk
from tests.unit.people.harness import Enrol, Events, Found, bring

pytestmark = pytest.mark.slow


@pytest.fixture
def group(desk: Desk, found: Found) -> str:
    """The audience of a hidden group that Reader moderates with Author; Member is in it too."""
    group = found(desk.reader, "circle", "hidden")
    slug, reader = f"circle--{group}", desk.now("Reader")
    with desk.database.writing() as session:
        for viewer in (desk.author, desk.mod):
            bring(session, reader, slug, viewer)
        actions.set_member(session, reader, slug, "Author", "moderator")
    return group_audience(group)


# About a group's moderators


def test_a_report_about_a_groups_moderator_goes_to_the_sites(desk: Desk, group: str, events: Events) -> None:
    desk.report(desk.mod, audience=group)
    assert desk.queue(desk.now("Author")) == desk.queue(desk.now("Reader")) == []
    (case_id,) = desk.queue(desk.other)
    for viewer in (desk.now("Author"), desk.now("Reader")):
        with pytest.raises(NotFound):
            desk.case(viewer, case_id)
    opened = events()[-1].data
    assert opened["person_ids"] == [desk.other.person_id]
    assert opened["item_audience"] == PUBLIC


@pytest.mark.parametrize("kind", ["group", "post"])
def test_so_does_one_about_the_group_itself_or_its_only_moderator(
    desk: Desk, enrol: Enrol, found: Found, kind: str
) -> None:
    member, subject = enrol("Member"), None if kind == "group" else desk.reader.person_id
    group = found(desk.reader, "lonely", "hidden")
    desk.report(member, audience=group_audience(group), kind=kind, subject_id=subject)
    assert desk.queue(desk.now("Reader")) == []
    assert len(desk.queue(desk.mod)) == 1


def test_the_sites_moderators_decide_on_it_with_power_over_the_groups_content(
    desk: Desk, group: str, events: Events
) -> None:
    case = desk.decide(desk.other, "hide", "silence", days=1, audience=group)
    assert case.decision is not None
    assert case.decision.office == "moderator"
    made = [event for event in events() if event.type == "people.decision.made"][-1].data["decision"]
    assert made["audience"] == group
    with desk.database.reading() as session:
        assert queries.public_decisions(session, desk.other, None, 10).items == []
        assert len(queries.public_decisions(session, desk.now("Mod"), None, 10).items) == 1
    desk.appeal(desk.now("Author"), case.decision.id)
    assert desk.queue(desk.now("Reader")) == []
    assert len(desk.queue(desk.mod)) == 1


def test_a_report_about_a_member_stays_in_the_group(desk: Desk, group: str) -> None:
    desk.report(desk.reader, audience=group, subject_id=desk.mod.person_id)
    assert len(desk.queue(desk.now("Author"))) == 1
    assert desk.queue(desk.other) == []


def test_cases_of_before_have_their_items_audience(empty_database: Database) -> None:
    migrate(empty_database, "people", "0020")
    insert_row(empty_database, "case_decision", id="d", audience="group:circle")
    insert_row(empty_database, "moderation_case", id="a", audience="group:circle")
    insert_row(empty_database, "moderation_case", id="b", audience="public", appeal_of="d")
    migrate(empty_database, "people")
    with empty_database.reading() as session:
        found = session.execute(text("SELECT id, item_audience FROM moderation_case ORDER BY id"))
        assert found.all() == [("a", "group:circle"), ("b", "group:circle")]


# By moderators


def own(desk: Desk, case_id: str, viewer: Viewer) -> str:
    """The code with which somebody is refused to claim a case."""
    with pytest.raises(Forbidden) as error:
        desk.claim(viewer, case_id)
    return error.value.code


def test_who_reported_leaves_it_to_others(desk: Desk, database: Database) -> None:
    desk.report(desk.mod)
    (case_id,) = desk.queue(desk.mod)
    seen = desk.case(desk.mod, case_id)
    assert (seen.own_report, seen.may_claim) == (True, False)
    assert own(desk, case_id, desk.mod) == "case-own-report"
    assert desk.claim(desk.other, case_id).may_decide
    desk.report(desk.other)
    assert desk.claim(desk.other, case_id).may_decide, "now nobody else can"


def test_who_has_claimed_a_case_and_then_reports_it_does_not_decide(desk: Desk, database: Database) -> None:
    desk.report(desk.reader)
    (case_id,) = desk.queue(desk.mod)
    desk.claim(desk.mod, case_id)
    desk.report(desk.mod)
    with database.writing() as session, pytest.raises(Forbidden) as error:
        cases.decide_case(session, desk.mod, case_id, Decide(words="No."))
    assert error.value.code == "case-own-report"
    with database.writing() as session:
        cases.release_case(session, desk.mod, case_id)
    assert desk.claim(desk.other, case_id).may_decide


def test_if_nobody_else_can_they_do_and_the_history_says_so(desk: Desk, database: Database) -> None:
    desk.report(desk.mod, subject_id=desk.other.person_id, item_id="0own000000000000")
    (case_id,) = desk.queue(desk.mod)
    assert desk.claim(desk.mod, case_id).may_decide
    with database.writing() as session:
        cases.decide_case(session, desk.mod, case_id, Decide(words="Never mind."))
    steps = [(each.step, each.own_report) for each in desk.case(desk.mod, case_id).history]
    assert steps == [("reported", False), ("claimed", True), ("dismissed", True)]


@pytest.mark.parametrize("measure", ["silence", "suspension"])
def test_who_is_silenced_or_suspended_can_not(desk: Desk, enrol: Enrol, measure: str) -> None:
    admin = enrol("Ada", "administrator")
    with clock.at(NOON):
        desk.report(desk.mod)
        case_id = desk.queue(desk.mod)[0]
        assert own(desk, case_id, desk.mod) == "case-own-report"
        desk.decide(admin, measure, days=1, subject_id=desk.other.person_id, item_id="0other0000000000")
        assert own(desk, case_id, desk.mod) == "case-own-report", "Ada can"
        desk.report(admin)
        assert desk.claim(desk.mod, case_id).may_decide
    with clock.at(NOON + timedelta(days=1)):
        assert own(desk, case_id, desk.mod) == "case-own-report"


def test_a_case_about_a_moderator_needs_an_administrator(desk: Desk, enrol: Enrol) -> None:
    third, admin = enrol("Third", "moderator"), enrol("Ada", "administrator")
    desk.report(admin, subject_id=desk.other.person_id)
    desk.report(third, subject_id=desk.other.person_id)
    (case_id,) = desk.queue(admin)
    assert desk.case(admin, case_id).may_claim
    desk.report(admin, subject_id=desk.author.person_id, item_id="0author000000000")
    assert own(desk, desk.queue(admin)[-1], admin) == "case-own-report"


def test_who_reported_does_not_answer_the_appeal(desk: Desk, enrol: Enrol, database: Database) -> None:
    third = enrol("Third", "moderator")
    desk.report(third)
    case = desk.decide(desk.mod, "warning")
    assert case.decision is not None
    desk.appeal(desk.author, case.decision.id)
    (appeal_id,) = desk.queue(third)
    assert own(desk, appeal_id, third) == "case-own-report"
    desk.claim(desk.other, appeal_id)
    with database.writing() as session:
        cases.answer_appeal(session, desk.other, appeal_id, AnswerAppeal(overturn=True, words="Fine."))


def test_a_group_whose_only_moderator_reports_is_decided_by_them(desk: Desk, found: Found) -> None:
    group = group_audience(found(desk.reader, "circle", "open"))
    case = desk.decide(desk.now("Reader"), "warning", audience=group)
    assert [each.own_report for each in case.history] == [False, True, True]


def test_a_report_and_a_claim_of_one_moderator_at_one_moment(desk: Desk, database: Database) -> None:
    desk.report(desk.reader)
    (case_id,) = desk.queue(desk.mod)
    command: dict[str, Any] = {"kind": "post", "item_id": POST, "path": "/talk/p/x", "audience": PUBLIC}
    work: Callable[[Session], object] = lambda session: cases.report(  # noqa: E731
        session, desk.mod, Report(**command, subject_id=desk.author.person_id, reason="spam")
    )
    error = meet(database, work, lambda session: cases.claim_case(session, desk.mod, case_id))
    assert isinstance(error, Forbidden)
    assert error.code == "case-own-report"
