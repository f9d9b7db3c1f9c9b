"""Moderators at work: reports, claims, decisions and appeals, each in a transaction of its own."""

from __future__ import annotations

from typing import Any

from bus.rpc.context import Origin, coming_from
from contracts.moderation import AnswerAppeal, Appeal, CaseView, Decide, DecisionView, Report
from core.audience import PUBLIC, Viewer
from core.database import Database
from services.people import queries as people_queries
from services.people.actions import cases
from services.people.queries import cases as queries
from tests.unit.people.harness import Enrol

POST = "0post00000000000"
SITE = Origin(peer="one network")


class Desk:
    """Runs actions, each in a transaction of its own, among people who are there already."""

    def __init__(self, database: Database, enrol: Enrol) -> None:
        self.database = database
        self.author, self.reader = enrol("Author"), enrol("Reader")
        self.mod, self.other = enrol("Mod", "moderator"), enrol("Other", "moderator")

    def report(self, viewer: Viewer, **changes: Any) -> None:
        plain = {
            "kind": "post", "item_id": POST, "path": f"/talk/p/{POST}", "audience": PUBLIC, "title": "Rude",
            "text": "You fool.", "subject_id": self.author.person_id, "reason": "harassment", "words": "Rude!",
        }  # fmt: skip
        with self.database.writing() as session, coming_from(SITE):
            cases.report(session, viewer, Report.model_validate({**plain, **changes}))

    def queue(self, viewer: Viewer, *, closed: bool = False) -> list[str]:
        with self.database.reading() as session:
            return [case.id for case in queries.cases(session, viewer, closed, None, 50).items]

    def case(self, viewer: Viewer, case_id: str | None = None) -> CaseView:
        with self.database.reading() as session:
            return queries.case(
                session, viewer, case_id or queries.cases(session, viewer, False, None, 1).items[0].id
            )

    def claim(self, viewer: Viewer, case_id: str) -> CaseView:
        with self.database.writing() as session:
            return cases.claim_case(session, viewer, case_id)

    def decide(self, viewer: Viewer, *measures: str, days: int | None = None, **report: Any) -> CaseView:
        """Let Reader report, claim and decide."""
        return self.decide_as(self.reader, viewer, *measures, days=days, **report)

    def decide_as(
        self, reporter: Viewer, viewer: Viewer, *measures: str, days: int | None = None, **report: Any
    ) -> CaseView:
        """Report, claim and decide."""
        self.report(reporter, **report)
        case_id = self.queue(viewer)[-1]
        self.claim(viewer, case_id)
        command = Decide.model_validate(
            {"measures": measures, "reason": "harassment", "days": days, "words": "Please don't."}
        )
        with self.database.writing() as session:
            return cases.decide_case(session, viewer, case_id, command)

    def appeal(self, viewer: Viewer, decision_id: str, key: str = "") -> DecisionView:
        with self.database.writing() as session:
            return cases.appeal(session, viewer, decision_id, Appeal(words="It was a joke.", key=key))

    def answer(self, viewer: Viewer, *, overturn: bool) -> CaseView:
        case_id = self.queue(viewer)[0]
        self.claim(viewer, case_id)
        with self.database.writing() as session:
            return cases.answer_appeal(
                session, viewer, case_id, AnswerAppeal(overturn=overturn, words="I looked.")
            )

    def now(self, name: str) -> Viewer:
        """Somebody as the services see them now."""
        with self.database.reading() as session:
            person = people_queries.person_named(session, name)
            assert person is not None
            return people_queries.viewer_of_person(session, person)

    def author_now(self) -> Viewer:
        """The author as the services see them now."""
        return self.now("Author")
