"""How much reports count, and which cases come first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.errors import Conflict, Forbidden, Invalid, SpaceError
from contracts.moderation import Appeal, Decide, Report
from contracts.report_scores import HIDE_LEAST, ReportScores, SetReportScores
from core.audience import PUBLIC, STRANGER, Viewer
from core.database import Database
from services.people import case_rules
from services.people.actions import cases, report_scores
from services.people.case_tables import CaseDecision
from services.people.queries import cases as queries
from services.people.queries import report_scores as score_queries
from services.people.tables import Decision
from tests.unit.harness import meet
from tests.unit.people.harness import Enrol, Events

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("reporter", "closed", "upheld", "weight"),
    [
        ("stranger", 0, 0, 5),
        ("new", 0, 0, 5),
        ("member", 0, 0, 10),
        ("in-office", 0, 0, 20),
        ("member", 4, 4, 17),
        ("member", 4, 0, 3),
        ("new", 30, 30, 10),
        ("in-office", 30, 0, 1),
    ],
)
def test_trust_and_accuracy(reporter: case_rules.Reporter, closed: int, upheld: int, weight: int) -> None:
    assert case_rules.weight_of(reporter, closed, upheld) == weight


class Desk:
    """Members who report, and a moderator who decides."""

    def __init__(self, database: Database, enrol: Enrol) -> None:
        self.database = database
        self.author = enrol("Author")
        self.members = [self._member(enrol(f"Member{number}")) for number in range(6)]
        self.mod = enrol("Mod", "moderator")

    @staticmethod
    def _member(viewer: Viewer) -> Viewer:
        return viewer.model_copy(update={"roles": frozenset({"member"})})

    def command(self, item: str) -> Report:
        given: dict[str, Any] = {
            "kind": "post", "item_id": item.ljust(16, "0"), "path": "/talk/p/x", "audience": PUBLIC,
            "subject_id": self.author.person_id, "title": item, "reason": "spam",
        }  # fmt: skip
        return Report.model_validate(given)

    def report(self, viewer: Viewer, item: str) -> None:
        with self.database.writing() as session:
            cases.report(session, viewer, self.command(item))

    def decide(self, item: str, *measures: str) -> None:
        with self.database.writing() as session:
            case = next(
                one for one in queries.cases(session, self.mod, False, None, 50).items if one.title == item
            )
            cases.claim_case(session, self.mod, case.id)
            command = Decide.model_validate({"measures": measures, "reason": "spam", "words": "So."})
            cases.decide_case(session, self.mod, case.id, command)

    def queue(self) -> list[str]:
        found, after = [], None
        with self.database.reading() as session:
            while True:
                page = queries.cases(session, self.mod, False, after, 1)
                found += [one.title for one in page.items]
                if (after := page.next) is None:
                    return found

    def score(self, item: str) -> int:
        with self.database.reading() as session:
            return next(
                one.score
                for one in queries.cases(session, self.mod, False, None, 50).items
                if one.title == item
            )


@pytest.fixture
def desk(database: Database, enrol: Enrol) -> Desk:
    return Desk(database, enrol)


def test_what_many_reported_comes_first_and_says_why(desk: Desk) -> None:
    desk.report(STRANGER, "0old")
    desk.report(desk.members[0], "0rude")
    desk.report(desk.members[1], "0rude")
    assert desk.queue() == ["0old", "0rude"]
    desk.report(desk.members[2], "0rude")
    desk.report(STRANGER, "0new")
    assert desk.queue() == ["0rude", "0old", "0new"]
    with desk.database.reading() as session:
        line = queries.cases(session, desk.mod, False, None, 1).items[0]
        case = queries.case(session, desk.mod, line.id)
    assert (line.first, line.score) == (True, 30)
    assert [(one.action, one.score, one.threshold) for one in case.automatic] == [("first", 30, 30)]


def test_who_was_right_before_counts_for_more(desk: Desk) -> None:
    right, wrong, *_ = desk.members
    for number in range(2):
        desk.report(right, f"0right{number}")
        desk.decide(f"0right{number}", "hide")
        desk.report(wrong, f"0wrong{number}")
        desk.decide(f"0wrong{number}")
    desk.report(right, "0first")
    desk.report(wrong, "0second")
    assert (desk.score("0first"), desk.score("0second")) == (15, 5)


def test_reports_at_one_moment_are_both_counted(desk: Desk) -> None:
    desk.report(desk.members[0], "0rude")
    raised = meet(
        desk.database,
        lambda session: cases.report(session, desk.members[1], desk.command("0rude")),
        lambda session: cases.report(session, desk.members[2], desk.command("0rude")),
    )
    assert raised is None
    assert desk.score("0rude") == 30


def kept(events: Events) -> list[tuple[str, str, bool]]:
    """Of all decisions in the log: the event, who decided, and whether it is overturned."""
    return [
        (each.type, each.data["decision"]["by_id"], each.data["decision"]["overturned"])
        for each in events()
        if each.type in ("people.decision.made", "people.appeal.answered")
    ]


def reported(desk: Desk, item: str) -> str:
    """An item that six members report; returns the id of the decision that hides it."""
    for member in desk.members[:5]:
        desk.report(member, item)
    with desk.database.reading() as session:
        assert session.scalars(select(CaseDecision)).all() == []
    desk.report(desk.members[5], item)
    with desk.database.reading() as session:
        return session.scalars(select(CaseDecision.id)).one()


def test_members_reports_hide_an_item_until_a_moderator_has_read_it(desk: Desk, events: Events) -> None:
    decision_id = reported(desk, "0rude")
    assert kept(events) == [("people.decision.made", case_rules.AUTOMATIC, False)]
    with desk.database.writing() as session:
        view = queries.decision(session, desk.author, decision_id, "")
        assert (view.automatic, view.may_appeal, view.by_id) == (True, False, None)
        with pytest.raises(Forbidden) as error:
            cases.appeal(session, desk.author, decision_id, Appeal(words="No!"))
        assert error.value.code == "appeal-not-yet"
        assert queries.public_decisions(session, STRANGER, None, 10).items == []
        line = queries.cases(session, desk.mod, False, None, 1).items[0]
        done = queries.case(session, desk.mod, line.id).automatic
        assert [(one.action, one.score, one.threshold) for one in done] == [
            ("first", 30, 30),
            ("hidden", 60, 60),
        ]
    desk.decide("0rude")
    assert kept(events)[1:] == [("people.appeal.answered", case_rules.AUTOMATIC, True)]


def test_a_moderator_who_hides_it_takes_the_decision_over(desk: Desk, events: Events) -> None:
    decision_id = reported(desk, "0rude")
    desk.decide("0rude", "hide", "warning")
    mod = str(desk.mod.person_id)
    assert kept(events) == [
        ("people.decision.made", case_rules.AUTOMATIC, False),
        ("people.decision.made", mod, False),
    ]
    with desk.database.writing() as session:
        view = queries.decision(session, desk.author, decision_id, "")
        assert (view.automatic, view.words, view.measures) == (False, "So.", ["hide", "warning"])
        assert len(queries.public_decisions(session, STRANGER, None, 10).items) == 1
        cases.appeal(session, desk.author, decision_id, Appeal(words="No!"))


def test_a_moderator_who_only_warns_shows_it_again(desk: Desk, events: Events) -> None:
    reported(desk, "0rude")
    desk.decide("0rude", "warning")
    assert [each[0] for each in kept(events)[1:]] == ["people.decision.made", "people.appeal.answered"]


def test_strangers_and_new_people_hide_nothing(desk: Desk) -> None:
    for _ in range(14):
        desk.report(STRANGER, "0rude")
    new = [member.model_copy(update={"roles": frozenset()}) for member in desk.members]
    for member in new:
        desk.report(member, "0rude")
    assert desk.score("0rude") == 100
    with desk.database.reading() as session:
        assert session.scalars(select(CaseDecision)).all() == []


def test_what_moderators_wrote_is_not_hidden_by_reports(desk: Desk, enrol: Enrol) -> None:
    desk.author = enrol("Other", "moderator")
    for member in desk.members:
        desk.report(member, "0rude")
    with desk.database.reading() as session:
        assert session.scalars(select(CaseDecision)).all() == []


def test_the_sixth_report_at_one_moment_hides_once(desk: Desk) -> None:
    for member in desk.members[:4]:
        desk.report(member, "0rude")
    raised = meet(
        desk.database,
        lambda session: cases.report(session, desk.members[4], desk.command("0rude")),
        lambda session: cases.report(session, desk.members[5], desk.command("0rude")),
    )
    assert raised is None
    with desk.database.reading() as session:
        assert len(session.scalars(select(CaseDecision)).all()) == 1


def set_scores(database: Database, viewer: Viewer, first: int, hide: int, revision: int = 0) -> None:
    command = SetReportScores(scores=ReportScores(first=first, hide=hide), revision=revision, reason="Busy")
    with database.writing() as session:
        report_scores.set_report_scores(session, viewer, command)


def test_administrators_set_the_scores(desk: Desk, enrol: Enrol) -> None:
    ada = enrol("Ada", "administrator")
    set_scores(desk.database, ada, 20, 40)
    for member in desk.members[:4]:
        desk.report(member, "0rude")
    with desk.database.reading() as session:
        line = queries.cases(session, desk.mod, False, None, 1).items[0]
        case = queries.case(session, desk.mod, line.id)
        done = [(one.action, one.score, one.threshold) for one in case.automatic]
        assert done == [("first", 20, 20), ("hidden", 40, 40)]
        assert scores_now(session, ada) == (20, 40, 1)
        row = session.scalars(select(Decision).where(Decision.action == "scores-set")).one()
        assert (row.by_id, row.item, row.detail, row.reason) == (ada.person_id, "site", "20 40", "Busy")


def scores_now(session: Session, viewer: Viewer) -> tuple[int, int, int]:
    found = score_queries.report_scores(session, viewer)
    return found.first, found.hide, found.revision


def test_what_would_be_hidden_before_it_comes_first_is_refused(desk: Desk, enrol: Enrol) -> None:
    ada = enrol("Ada", "administrator")
    with pytest.raises(Invalid) as error:
        set_scores(desk.database, ada, 61, 60)
    assert [(each.field, each.code) for each in error.value.faults] == [("hide", "scores-order")]
    set_scores(desk.database, ada, 60, 60)
    with pytest.raises(Conflict):
        set_scores(desk.database, ada, 30, 70)  # another administrator was faster
    set_scores(desk.database, ada, 60, 60, revision=1)  # the same: no version, no entry
    with desk.database.reading() as session:
        assert scores_now(session, ada) == (60, 60, 1)


def test_nobody_else_reads_or_sets_the_scores(desk: Desk) -> None:
    for viewer in (STRANGER, desk.members[0], desk.mod):
        with desk.database.reading() as session, pytest.raises(SpaceError):
            score_queries.report_scores(session, viewer)
        with pytest.raises(SpaceError):
            set_scores(desk.database, viewer, 20, 40)
    with desk.database.reading() as session:
        assert score_queries.scores(session) == ReportScores()


def test_no_two_members_can_hide_anything_whatever_is_set() -> None:
    most = max(case_rules.weight_of("member", closed, closed) for closed in range(200))
    assert 2 * most <= HIDE_LEAST


def test_of_two_administrators_at_one_moment_one_sets_them(desk: Desk, enrol: Enrol) -> None:
    ada, bob = enrol("Ada", "administrator"), enrol("Bob", "administrator")

    def setting(viewer: Viewer, hide: int) -> Callable[[Session], None]:
        command = SetReportScores(scores=ReportScores(hide=hide), revision=0, reason="Busy")
        return lambda session: report_scores.set_report_scores(session, viewer, command)

    raised = meet(desk.database, setting(ada, 70), setting(bob, 80))
    assert isinstance(raised, Conflict)
    with desk.database.reading() as session:
        assert score_queries.report_scores(session, ada).revision == 1
