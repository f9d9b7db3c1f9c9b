"""What moderators of the site may do to a group, and how that is undone, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from contracts.errors import Conflict, Forbidden, Invalid, NotFound
from contracts.groups import ChangeGroup
from contracts.moderation import CaseView, Decide
from contracts.people import GroupView, SetGroupText
from core import clock
from core.audience import PUBLIC, STRANGER, Viewer
from core.database import Database
from services.people import actions
from services.people import queries as people_queries
from services.people.actions import cases, invitations, purging
from services.people.case_tables import HiddenWords
from services.people.queries import cases as queries
from tests.unit.harness import NOON, meet
from tests.unit.people.desk import Desk
from tests.unit.people.harness import Events, Found

pytestmark = pytest.mark.slow


class Club:
    """An open group of Reader's, and what is decided on it."""

    def __init__(self, desk: Desk, found: Found) -> None:
        self.desk = desk
        self.id = found(desk.reader, "club", "open")

    def see(self, viewer: Viewer = STRANGER) -> GroupView:
        with self.desk.database.reading() as session:
            return people_queries.group(session, viewer, "club")

    def decide(self, *measures: str) -> CaseView:
        return self.desk.decide_as(
            self.desk.author, self.desk.mod, *measures, kind="group", item_id=self.id, subject_id=None,
            path="/groups/club", title="The club", text="Who we are.", audience=PUBLIC,
        )  # fmt: skip

    def write(self, about: str) -> None:
        command = SetGroupText(language="en", name="The club", about=about)
        with self.desk.database.writing() as session:
            actions.set_group_text(session, self.desk.now("Reader"), "club", command)

    def take_up(self, viewer: Viewer) -> None:
        with self.desk.database.writing() as session:
            invitations.change_group(session, viewer, "club", ChangeGroup(archived=False))


@pytest.fixture
def club(desk: Desk, found: Found) -> Club:
    return Club(desk, found)


def test_a_group_is_hidden_and_archived_and_back_once_that_is_overturned(club: Club, events: Events) -> None:
    desk = club.desk
    case = club.decide("hide", "close")
    assert case.decision is not None
    seen = club.see()
    assert (seen.about, seen.excerpt, seen.archived, seen.name) == ("", "", True, "The club")
    changed = [each for each in events() if each.type == "people.group.changed"][-1].data["group"]
    assert (changed["archived"], changed["texts"][0]["about"]) == (True, "")
    told = [each.data["person_id"] for each in events() if each.type == "people.decision.made"]
    assert told == [desk.reader.person_id]
    desk.appeal(desk.now("Reader"), case.decision.id)
    desk.answer(desk.other, overturn=True)
    seen = club.see()
    assert (seen.about, seen.archived) == ("Who we are.", False)
    told = [each.data["person_id"] for each in events() if each.type == "people.appeal.answered"]
    assert told == [desk.reader.person_id]
    with desk.database.reading() as session:
        assert session.scalars(select(HiddenWords)).all() == []


def test_overturning_leaves_what_was_written_or_archived_otherwise(club: Club) -> None:
    desk = club.desk
    first = club.decide("hide")
    assert first.decision is not None
    club.write("Something new.")
    with desk.database.writing() as session:
        invitations.change_group(session, desk.now("Reader"), "club", ChangeGroup(archived=True))
    second = club.decide("close")
    assert second.decision is not None
    for decision in (first.decision, second.decision):
        desk.appeal(desk.now("Reader"), decision.id)
        desk.answer(desk.other, overturn=True)
    seen = club.see()
    assert (seen.about, seen.archived) == ("Something new.", True)


def test_its_own_moderators_take_it_up_by_an_appeal_alone(club: Club) -> None:
    desk = club.desk
    club.decide("close")
    founder = desk.now("Reader")
    assert not club.see(founder).may_take_up
    with pytest.raises(Forbidden) as error:
        club.take_up(founder)
    assert error.value.code == "group-archived-by-decision"
    assert club.see(desk.mod).may_take_up
    club.take_up(desk.mod)
    assert not club.see().archived
    with desk.database.writing() as session:
        invitations.change_group(session, founder, "club", ChangeGroup(archived=True))
    club.take_up(founder)


def test_whom_it_concerns_reads_and_appeals_and_handles_nothing(club: Club, database: Database) -> None:
    desk = club.desk
    with database.writing() as session:
        actions.join(session, desk.other, "club")
        actions.set_member(session, desk.now("Reader"), "club", "Other", "moderator")
    other = desk.now("Other")
    case = club.decide("hide")
    assert case.decision is not None
    assert desk.queue(other, closed=True) == []
    for viewer in (other, desk.now("Reader")):
        with pytest.raises(NotFound):
            desk.case(viewer, case.id)
    with database.reading() as session:
        for viewer in (other, desk.now("Reader")):
            mine = queries.decision(session, viewer, case.decision.id, "")
            assert (mine.may_appeal, mine.by_id) == (True, None)
        for viewer in (STRANGER, desk.author, desk.mod):
            with pytest.raises(NotFound):
                queries.decision(session, viewer, case.decision.id, "")
    desk.appeal(other, case.decision.id)
    with pytest.raises(Conflict):
        desk.appeal(desk.now("Reader"), case.decision.id)
    assert desk.queue(other) == []


def test_only_these_measures_fit_a_group(club: Club) -> None:
    for measure in ("word", "warning", "silence", "suspension"):
        with pytest.raises(Invalid):
            club.decide(measure)
    assert club.see().about == "Who we are."


def test_what_was_hidden_goes_with_the_snapshots(club: Club, database: Database) -> None:
    with clock.at(NOON):
        club.decide("hide")
    for days, left in ((29, 1), (30, 0)):
        with clock.at(NOON + timedelta(days=days)), database.writing() as session:
            purging.purge_cases(session)
            assert len(session.scalars(select(HiddenWords)).all()) == left


def test_a_description_that_is_written_at_the_same_moment_is_hidden_or_stays_whole(
    club: Club, database: Database
) -> None:
    desk = club.desk
    desk.report(desk.author, kind="group", item_id=club.id, subject_id=None, path="/groups/club")
    (case_id,) = desk.queue(desk.mod)
    desk.claim(desk.mod, case_id)
    words = SetGroupText(language="en", name="The club", about="Something new.")
    founder = desk.now("Reader")
    error = meet(
        database,
        lambda session: actions.set_group_text(session, founder, "club", words),
        lambda session: cases.decide_case(
            session, desk.mod, case_id, Decide(measures=["hide"], reason="spam", words="No.")
        ),
    )
    assert error is None
    assert club.see().about == ""
    with database.reading() as session:
        assert session.scalars(select(HiddenWords.about)).all() == ["Something new."]
