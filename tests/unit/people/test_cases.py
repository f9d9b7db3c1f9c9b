"""Reports, the moderators' queue, decisions and appeals, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, TooMany
from contracts.moderation import Decide, Report
from contracts.people import CreateToken
from core import clock
from core.audience import PUBLIC, STRANGER, Viewer, group_audience
from core.database import Database
from services.people import actions
from services.people import queries as people_queries
from services.people.actions import cases, purging
from services.people.case_tables import Case, CaseDecision, CaseReport, Snapshot
from services.people.queries import cases as queries
from tests.unit.harness import NOON, meet
from tests.unit.people.desk import POST, Desk
from tests.unit.people.harness import Enrol, Events, Found

pytestmark = pytest.mark.slow


def test_reports_of_one_item_join_one_case(desk: Desk) -> None:
    desk.report(desk.reader)
    desk.report(desk.reader, words="Again!")
    desk.report(STRANGER, reason="hate", words="")
    desk.report(STRANGER, text="You fool, edited.", reason="hate")
    (case_id,) = desk.queue(desk.mod)
    case = desk.case(desk.mod, case_id)
    assert (case.reports, case.reasons, case.state) == (3, ["harassment", "hate"], "open")
    assert [each.reporter_id for each in case.told] == [desk.reader.person_id, None, None]
    assert [each.text for each in case.snapshots] == ["You fool.", "You fool, edited."]
    assert case.told[0].snapshot_id == case.told[1].snapshot_id != case.told[2].snapshot_id
    assert [each.step for each in case.history] == ["reported"] * 3


def test_those_who_may_handle_a_case_are_named_to_notify(desk: Desk, found: Found, events: Events) -> None:
    def told() -> list[set[str]]:
        return [set(event.data["person_ids"]) for event in events() if event.type == "people.case.opened"]

    mod, other = str(desk.mod.person_id), str(desk.other.person_id)
    desk.report(desk.reader)
    desk.report(STRANGER)
    assert told() == [{mod, other}]
    desk.report(desk.mod, item_id="0other0000000000", subject_id=desk.other.person_id)
    assert told()[1] == set()
    group = found(desk.reader, "circle", "hidden")
    desk.report(desk.author, item_id="0inside000000000", audience=group_audience(group))
    assert told()[2] == {str(desk.reader.person_id)}
    case = desk.decide(desk.mod, "warning", item_id="0fourth000000000")
    assert case.decision is not None
    desk.appeal(desk.author, case.decision.id)
    assert told()[-1] == {other}
    for event in events():
        if event.type == "people.case.opened":
            assert not {"reporter_id", "by_id", "words"} & event.data.keys()


def test_two_who_report_one_item_at_one_moment_open_one_case(desk: Desk, database: Database) -> None:
    def one(viewer: Viewer) -> Any:
        command = Report(
            kind="post", item_id=POST, path="/talk/p/x", audience=PUBLIC, reason="spam", text="Buy!"
        )
        return lambda session: cases.report(session, viewer, command)

    assert meet(database, one(desk.reader), one(desk.other)) is None
    assert desk.case(desk.mod).reports == 2


def test_a_case_is_for_moderators_alone_and_never_for_the_person_concerned(desk: Desk, enrol: Enrol) -> None:
    editor = enrol("Edith", "editor")
    desk.report(desk.reader, subject_id=desk.other.person_id)
    (case_id,) = desk.queue(desk.mod)
    with pytest.raises(SignInNeeded):
        desk.queue(STRANGER)
    for viewer in (desk.reader, editor):
        with pytest.raises(Forbidden):
            desk.queue(viewer)
    assert desk.queue(desk.other) == []
    for viewer in (STRANGER, desk.reader, editor, desk.other):
        with pytest.raises(NotFound):
            desk.case(viewer, case_id)
        with pytest.raises(NotFound):
            desk.claim(viewer, case_id)


def test_a_groups_case_is_for_its_moderators(desk: Desk, found: Found, database: Database) -> None:
    group = found(desk.reader, "circle", "hidden")
    desk.report(desk.reader, audience=group_audience(group))
    founder = desk.now("Reader")
    (case_id,) = desk.queue(founder)
    assert desk.queue(desk.mod) == []
    with pytest.raises(NotFound):
        desk.case(desk.mod, case_id)
    assert desk.case(founder, case_id).measures == ["word", "warning", "edit", "hide"]


def test_of_two_who_claim_a_case_at_one_moment_one_gets_it(desk: Desk, database: Database) -> None:
    desk.report(desk.reader)
    (case_id,) = desk.queue(desk.mod)
    error = meet(
        database,
        lambda session: cases.claim_case(session, desk.mod, case_id),
        lambda session: cases.claim_case(session, desk.other, case_id),
    )
    assert isinstance(error, Conflict)
    assert error.code == "case-claimed"
    assert desk.case(desk.mod, case_id).state == "claimed"


def test_a_released_case_is_open_to_others(desk: Desk, database: Database) -> None:
    desk.report(desk.reader)
    (case_id,) = desk.queue(desk.mod)
    assert desk.claim(desk.mod, case_id).may_decide
    assert not desk.case(desk.other, case_id).may_claim
    with database.writing() as session, pytest.raises(Conflict):
        cases.release_case(session, desk.other, case_id)
    with database.writing() as session:
        cases.release_case(session, desk.mod, case_id)
    assert desk.claim(desk.other, case_id).may_decide
    steps = [each.step for each in desk.case(desk.other, case_id).history]
    assert steps == ["reported", "claimed", "released", "claimed"]


def test_a_dismissed_case_leaves_no_decision_and_a_new_report_opens_another(
    desk: Desk, events: Events
) -> None:
    case = desk.decide(desk.mod)
    assert (case.state, case.decision) == ("closed", None)
    assert events()[-1].type == "people.case.opened"
    assert case.history[-1].step == "dismissed"
    desk.report(desk.reader)
    assert desk.queue(desk.mod) != [case.id]
    assert desk.queue(desk.mod, closed=True) == [case.id]


def test_who_has_not_claimed_a_case_does_not_decide_it(desk: Desk, database: Database) -> None:
    desk.report(desk.reader)
    (case_id,) = desk.queue(desk.mod)
    with database.writing() as session, pytest.raises(Conflict):
        cases.decide_case(session, desk.mod, case_id, Decide(words="No."))
    desk.claim(desk.mod, case_id)
    with database.writing() as session, pytest.raises(Conflict):
        cases.decide_case(session, desk.other, case_id, Decide(words="No."))


def test_the_person_concerned_reads_the_decision_without_who_made_it(desk: Desk, events: Events) -> None:
    case = desk.decide(desk.mod, "warning", "hide")
    assert case.decision is not None
    assert case.decision.by_id == desk.mod.person_id
    with desk.database.reading() as session:
        mine = queries.decision(session, desk.author, case.decision.id, "")
        assert (mine.measures, mine.by_id, mine.may_appeal) == (["warning", "hide"], None, True)
        for viewer in (STRANGER, desk.reader, desk.mod):
            with pytest.raises(NotFound):
                queries.decision(session, viewer, case.decision.id, "")
        (line,) = queries.public_decisions(session, STRANGER, None, 10).items
    recorded = events()[-1]
    assert (recorded.type, recorded.audience) == ("people.decision.made", "members")
    for told in (mine.model_dump_json(), line.model_dump_json(), str(recorded.data)):
        assert str(desk.reader.person_id) not in told
        assert "Rude!" not in told
    assert str(desk.mod.person_id) not in mine.model_dump_json() + line.model_dump_json()


def test_silence_lasts_until_its_end_or_the_appeal(desk: Desk) -> None:
    with clock.at(NOON):
        case = desk.decide(desk.mod, "silence", days=2)
        assert desk.author_now().silenced
        assert not desk.author_now().may("write")
        assert desk.author_now().may("read")
    with clock.at(NOON + timedelta(days=2)):
        assert not desk.author_now().silenced
    with clock.at(NOON + timedelta(hours=1)):
        assert case.decision is not None
        desk.appeal(desk.author_now(), case.decision.id)
        desk.answer(desk.other, overturn=True)
        assert not desk.author_now().silenced


def test_overturning_one_silence_leaves_the_other(desk: Desk) -> None:
    with clock.at(NOON):
        first = desk.decide(desk.mod, "silence", days=2)
        desk.decide(desk.mod, "silence", days=1, item_id="0other0000000000")
        assert first.decision is not None
        desk.appeal(desk.author, first.decision.id)
        desk.answer(desk.other, overturn=True)
        assert desk.author_now().silenced
    with clock.at(NOON + timedelta(days=1)):
        assert not desk.author_now().silenced


def test_suspension_rests_sessions_and_tokens_and_refuses_new_ones(desk: Desk, database: Database) -> None:
    with database.writing() as session:
        opened = actions.open_session(session, desk.author.person_id or "")
        wanted = CreateToken(name="Author", password=SecretStr("x"), label="bot")
        token = actions.create_token(session, desk.author.person_id or "", wanted)

    def works() -> tuple[bool, bool]:
        with database.reading() as session:
            return (
                people_queries.viewer_of_session(session, STRANGER, opened.token) is not None,
                people_queries.viewer_of_token(session, STRANGER, token.token) is not None,
            )

    assert works() == (True, True)
    case = desk.decide(desk.mod, "suspension", days=7)
    assert works() == (False, False)
    assert case.decision is not None
    with database.writing() as session, pytest.raises(Forbidden) as error:
        actions.open_session(session, desk.author.person_id or "")
    assert error.value.code == "suspended"
    with database.writing() as session, pytest.raises(Forbidden):
        actions.create_token(session, desk.author.person_id or "", wanted)
    key = error.value.data["key"]
    assert error.value.data["decision"] == case.decision.id
    with pytest.raises(NotFound):
        desk.appeal(STRANGER, case.decision.id, "no key")
    desk.appeal(STRANGER, case.decision.id, key)
    desk.answer(desk.other, overturn=True)
    assert works() == (True, True)


def test_an_appeal_is_decided_once_by_somebody_uninvolved(desk: Desk, events: Events) -> None:
    case = desk.decide(desk.mod, "warning")
    assert case.decision is not None
    desk.appeal(desk.author, case.decision.id)
    with pytest.raises(Conflict) as error:
        desk.appeal(desk.author, case.decision.id)
    assert error.value.code == "appealed-already"
    assert desk.queue(desk.mod) == []
    (appeal_id,) = desk.queue(desk.other)
    with pytest.raises(NotFound):
        desk.claim(desk.mod, appeal_id)
    seen = desk.case(desk.other, appeal_id)
    assert seen.is_appeal
    assert [each.text for each in seen.snapshots] == ["You fool."]
    assert [each.reporter_id for each in seen.told] == [None]
    closed = desk.answer(desk.other, overturn=False)
    assert closed.state == "closed"
    with desk.database.reading() as session:
        mine = queries.decision(session, desk.author, case.decision.id, "")
    assert (mine.answer, mine.overturned) == ("I looked.", False)
    assert str(desk.other.person_id) not in mine.model_dump_json()
    assert events()[-1].type == "people.appeal.answered"


def test_on_the_case_only_who_may_decide_the_appeal_reads_its_words(desk: Desk, enrol: Enrol) -> None:
    author = desk.author.model_copy(update={"roles": frozenset({"member"})})
    case = desk.decide(desk.mod, "hide", original_language="de", language="de")
    assert case.decision is not None
    desk.appeal(author, case.decision.id)
    of_part = enrol("Helga").model_copy(update={"delegated": frozenset({"moderator:language:de"})})
    reporter = enrol("Third", "moderator")

    def read(viewer: Viewer) -> str:
        decision = desk.case(viewer, case.id).decision
        assert decision is not None
        assert decision.appealed_at is not None, "that there is one is no secret"
        return decision.appeal

    assert read(desk.other) == read(reporter) == "It was a joke."
    assert read(desk.mod) == "", "who acted leaves it to others"
    assert read(of_part) == "", "who moderates a part answers no appeals"
    desk.answer(desk.other, overturn=True)
    seen = desk.case(desk.mod, case.id).decision
    assert seen is not None
    assert (seen.appeal, seen.answer, seen.overturned) == ("", "I looked.", True)


def test_on_the_case_who_reported_reads_no_words_of_the_appeal(desk: Desk) -> None:
    case = desk.decide_as(desk.other, desk.mod, "hide")
    assert case.decision is not None
    desk.appeal(desk.author, case.decision.id)
    seen = desk.case(desk.other, case.id).decision
    assert seen is not None
    assert seen.appeal == ""


def test_an_appeal_against_a_groups_decision_goes_to_the_sites_moderators(
    desk: Desk, found: Found, database: Database
) -> None:
    group = found(desk.reader, "circle", "hidden")
    founder = desk.now("Reader")
    case = desk.decide(founder, "hide", audience=group_audience(group))
    assert case.decision is not None
    assert case.decision.office == "group-moderator"
    with database.reading() as session:
        assert queries.public_decisions(session, STRANGER, None, 10).items == []
        assert len(queries.public_decisions(session, founder, None, 10).items) == 1
    desk.appeal(desk.author, case.decision.id)
    assert len(desk.queue(desk.mod)) == 1
    assert desk.queue(founder) == []


def test_only_an_administrator_suspends_a_moderator(desk: Desk, enrol: Enrol) -> None:
    with pytest.raises(Invalid):
        desk.decide(desk.mod, "suspension", days=1, subject_id=desk.other.person_id)
    admin = enrol("Ada", "administrator")
    case = desk.decide(
        admin, "suspension", days=1, subject_id=desk.other.person_id, item_id="0second000000000"
    )
    assert case.decision is not None


def test_reports_are_limited(desk: Desk) -> None:
    with clock.at(NOON):
        for number in range(30):
            desk.report(desk.reader, item_id=f"0post{number:011}")
        with pytest.raises(TooMany):
            desk.report(desk.reader, item_id="0more00000000000")
        for number in range(10):
            desk.report(STRANGER, item_id=f"0post{number:011}")
        with pytest.raises(TooMany):
            desk.report(STRANGER)
        desk.report(desk.author)


def test_snapshots_outlive_everything_until_the_appeals_time_ends(desk: Desk, database: Database) -> None:
    with clock.at(NOON):
        case = desk.decide(desk.mod, "hide")
    assert case.decision is not None
    with clock.at(NOON + timedelta(days=29)):
        desk.appeal(desk.author, case.decision.id)

    def left(days: int) -> tuple[int, int, set[str]]:
        with clock.at(NOON + timedelta(days=days)), database.writing() as session:
            purging.purge_cases(session)
            named = session.scalars(select(CaseReport).where(CaseReport.reporter_id.is_not(None))).all()
            titles = {*session.scalars(select(CaseDecision.title)), *session.scalars(select(Case.title))}
            return len(session.scalars(select(Snapshot)).all()), len(named), titles

    assert left(100) == (1, 1, {"Rude"})  # the appeal is open
    with clock.at(NOON + timedelta(days=29)):
        desk.answer(desk.other, overturn=False)
    assert left(29) == (1, 1, {"Rude"})
    assert left(30) == (0, 1, {"", "Rude"})  # the appeal's own case
    assert left(89) == (0, 1, {""})
    assert left(90) == (0, 0, {""})
    with database.reading() as session:
        assert session.scalars(select(CaseDecision)).one().measures == ["hide"]


def test_the_log_says_no_longer_what_a_case_was_about(desk: Desk, database: Database, events: Events) -> None:
    with clock.at(NOON):
        case = desk.decide(desk.mod, "hide")
        desk.report(desk.reader, item_id="0other0000000000")
    assert case.decision is not None

    def said() -> list[str]:
        told = [each.data for each in events() if each.type.startswith(("people.case", "people.decision"))]
        return [data["decision"]["title"] if "decision" in data else data["title"] for data in told]

    assert said() == ["Rude"] * 3
    before = [(each.seq, each.id, each.type, each.occurred_at) for each in events()]
    for days, titles in ((29, ["Rude"] * 3), (30, ["", "", "Rude"])):  # one case is open
        with clock.at(NOON + timedelta(days=days)), database.writing() as session:
            purging.purge_cases(session)
        assert said() == titles
    assert [(each.seq, each.id, each.type, each.occurred_at) for each in events()] == before
    decided = next(each.data for each in events() if each.type == "people.decision.made")
    assert (decided["decision"]["id"], decided["decision"]["measures"]) == (case.decision.id, ["hide"])


def test_the_queue_is_read_page_by_page(desk: Desk, database: Database) -> None:
    for number in range(5):
        with clock.at(NOON + timedelta(minutes=number % 2)):
            desk.report(desk.reader, item_id=f"0post{number:011}")
    seen: list[str] = []
    after = None
    with database.reading() as session:
        while True:
            page = queries.cases(session, desk.mod, False, after, 2)
            seen += [case.item_id for case in page.items]
            after = page.next
            if after is None:
                break
    assert len(seen) == len(set(seen)) == 5


# Moderators of a part of the site


def delegate(desk: Desk, enrol: Enrol, name: str, part: str) -> Viewer:
    enrol(name)
    with desk.database.writing() as session:
        person = people_queries.person_named(session, name)
        assert person is not None
        actions.hold_role(session, person, "moderator", True, part)
        return people_queries.viewer_of_person(session, person)


def test_who_moderates_a_part_has_its_cases_in_their_queue_and_is_told_of_them(
    desk: Desk, enrol: Enrol, events: Events
) -> None:
    german = delegate(desk, enrol, "German", "language:de")
    general = delegate(desk, enrol, "General", "talk:general")
    reports = [
        {"item_id": "0one000000000000", "original_language": "de", "category": "general"},
        {"item_id": "0two000000000000", "original_language": "en", "category": "general"},
        {"item_id": "0three0000000000", "original_language": "en", "category": "other"},
        {"item_id": "0four00000000000", "kind": "article", "original_language": "de", "category": "general"},
        {"item_id": "0five00000000000", "kind": "event", "original_language": "de"},
        {"item_id": "0six000000000000", "kind": "person", "path": "/people/x"},
    ]
    for each in reports:
        desk.report(desk.reader, **each)
    with desk.database.reading() as session:
        items = {each.id: each.item_id for each in queries.cases(session, desk.mod, False, None, 50).items}
    assert [items[each][1:].rstrip("0") for each in desk.queue(german)] == ["one", "four", "five"]
    assert [items[each][1:].rstrip("0") for each in desk.queue(general)] == ["one", "two"]
    told = [set(event.data["person_ids"]) for event in events() if event.type == "people.case.opened"]
    site = {str(desk.mod.person_id), str(desk.other.person_id)}
    both = {str(german.person_id), str(general.person_id)}
    assert told == [
        site | both, site | {str(general.person_id)}, site, site | {str(german.person_id)},
        site | {str(german.person_id)}, site,
    ]  # fmt: skip
    editor = german.model_copy(update={"delegated": frozenset({"editor:language:de"})})
    with pytest.raises(Forbidden):
        desk.queue(editor)


def test_they_decide_what_they_may_and_no_appeal(desk: Desk, enrol: Enrol, events: Events) -> None:
    german = delegate(desk, enrol, "German", "language:de")
    desk.report(desk.reader, kind="topic", original_language="en")
    desk.report(desk.reader, kind="topic", item_id="0other0000000000", original_language="de")
    foreign, mine = desk.queue(desk.mod)
    with pytest.raises(NotFound):
        desk.case(german, foreign)
    with pytest.raises(NotFound):
        desk.claim(german, foreign)
    assert desk.claim(german, mine).measures == ["word", "warning", "edit", "move", "hide", "close"]
    too_much = Decide(measures=["silence"], reason="spam", days=3, words="No.")
    with pytest.raises(Invalid), desk.database.writing() as session:
        cases.decide_case(session, german, mine, too_much)
    with desk.database.writing() as session:
        cases.decide_case(session, german, mine, Decide(measures=["hide"], reason="spam", words="No."))
    decided = [event.data["decision"] for event in events() if event.type == "people.decision.made"]
    assert [each["part"] for each in decided] == ["language:de"]
    with desk.database.reading() as session:
        (public,) = queries.public_decisions(session, STRANGER, None, 10).items
    assert (public.office, public.part) == ("moderator", "language:de")
    desk.appeal(desk.author, decided[0]["id"])
    assert desk.queue(german) == []
    assert len(desk.queue(desk.mod)) == 2


def test_who_loses_the_role_between_claim_and_decision_decides_nothing(desk: Desk, enrol: Enrol) -> None:
    german = delegate(desk, enrol, "German", "language:de")
    desk.report(desk.reader, original_language="de")
    (case_id,) = desk.queue(german)
    desk.claim(german, case_id)
    lost = german.model_copy(update={"delegated": frozenset()})
    with pytest.raises(NotFound), desk.database.writing() as session:
        cases.decide_case(session, lost, case_id, Decide(measures=["word"], reason="spam", words="No."))
    with pytest.raises(Conflict):
        desk.claim(desk.mod, case_id)
