"""Who is new, the rules for writing, and cases of what waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, SpaceError
from contracts.forum import PostCreated, PostDeleted, PostRestored, PostState
from contracts.held import Finding, ForumFlagged, ForumHeld, HeldDetail, HeldState
from contracts.moderation import AnswerAppeal, Appeal, ApproveHeld, Decide
from contracts.trust import SetTrust
from contracts.writing_rules import (
    MOST_TERMS,
    AddTerm,
    BlockedTerm,
    NewcomerLimits,
    RemoveTerm,
    SetNewcomerLimits,
    WritingRulesChanged,
)
from core import clock
from core.audience import PUBLIC, STRANGER, Viewer, group_audience
from core.database import Database
from services.people import actions, handlers, queries
from services.people.actions import cases, held_cases, trust, writing_rules
from services.people.actions.site import add_version
from services.people.queries import cases as case_queries
from services.people.queries import trust as trust_queries
from services.people.tables import Person
from services.people.trust_tables import Trust
from tests.unit.harness import NOON, meet, statements_of
from tests.unit.people.harness import Enrol, Events, Found

pytestmark = pytest.mark.slow

ITEM = "0held00000000000"
READ = ApproveHeld(revision=1)


def recorded(number: int, *, day: int = 0) -> Recorded:
    return Recorded(
        producer="forum", seq=number, id=f"event{number:011}", type="forum.post.created", version=1, subject="topic/x",
        audience=PUBLIC, occurred_at=NOON + timedelta(days=day), data={},
    )  # fmt: skip


def post(author: Viewer, number: int, *, day: int = 0, **more: Any) -> PostState:
    given: dict[str, Any] = {
        "id": f"post{number:012}", "topic_id": "0topic0000000000", "topic_slug": "x", "topic_title": "X",
        "topic_author_id": "x", "audience": PUBLIC, "category": None, "tags": [], "number": 2,
        "author_id": author.person_id, "language": "en", "body": "Yes.", "created_at": NOON + timedelta(days=day),
    }  # fmt: skip
    return PostState.model_validate({**given, **more})


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(SpaceError) as error:
        work()
    return error.value.faults[0].code if error.value.faults else error.value.code


class Desk:
    """One new person and those who watch."""

    def __init__(self, database: Database, enrol: Enrol) -> None:
        self.database = database
        self.sam = enrol("Sam")
        self.mod, self.admin = enrol("Mod", "moderator"), enrol("Ada", "administrator")
        self.other = enrol("Other", "moderator")

    def write(self, number: int, day: int, viewer: Viewer | None = None) -> None:
        event = PostCreated(post=post(viewer or self.sam, number, day=day), by_id="x")
        with self.database.writing() as session:
            handlers.posts_created(session, [(event, recorded(number, day=day))])

    def is_new(self, viewer: Viewer | None = None) -> bool:
        with self.database.reading() as session:
            person = queries.person_named(session, str((viewer or self.sam).name))
            assert person is not None
            return queries.viewer_of_person(session, person).is_new

    def earn(self) -> None:
        for number in range(6):
            self.write(number, day=number % 3)

    def decide(self, *measures: str, days: int | None = None) -> str:
        """A decision on something of the person's; returns its id."""
        state = held_state(self.sam)
        with self.database.writing() as session:
            held_cases.flagged(session, ForumFlagged(held=state), recorded(99))
            case_id = case_queries.cases(session, self.mod, False, None, 1).items[0].id
            cases.claim_case(session, self.mod, case_id)
            command = Decide.model_validate(
                {"measures": measures, "reason": "spam", "days": days, "words": "Please."}
            )
            case = cases.decide_case(session, self.mod, case_id, command)
        assert case.decision is not None
        return case.decision.id

    def overturn(self, decision_id: str) -> None:
        with self.database.writing() as session:
            cases.appeal(session, self.sam, decision_id, Appeal(words="No!"))
            case_id = case_queries.cases(session, self.other, False, None, 1).items[0].id
            cases.claim_case(session, self.other, case_id)
            cases.answer_appeal(session, self.other, case_id, AnswerAppeal(overturn=True, words="Right."))

    def give(self, given: str) -> None:
        command = SetTrust.model_validate({"given": given, "reason": "Known from the wiki"})
        with self.database.writing() as session:
            trust.set_trust(session, self.admin, "Sam", command)


def held_state(author: Viewer, **more: Any) -> HeldState:
    given = {
        "id": ITEM, "kind": "post", "path": f"/held/talk/{ITEM}", "item_audience": PUBLIC,
        "author_id": author.person_id, "title": "Photos", "text": "Buy!", "language": "en", "revision": 1,
        "status": "waiting", "findings": [Finding(check="words", term="buy")],
    }  # fmt: skip
    return HeldState.model_validate({**given, **more})


@pytest.fixture
def desk(database: Database, enrol: Enrol) -> Desk:
    return Desk(database, enrol)


def test_who_wrote_on_enough_days_is_a_member(desk: Desk, events: Events) -> None:
    for number in range(5):
        desk.write(number, day=0)
    assert desk.is_new()  # on one day alone
    desk.write(5, day=1)
    desk.write(6, day=1)
    assert desk.is_new()
    desk.write(7, day=2)
    assert not desk.is_new()
    changes = [event.data for event in events() if event.type == "people.trust.changed"]
    assert changes == [{"person_id": desk.sam.person_id, "member": True}]
    assert not desk.is_new(desk.mod)  # roles are trust


def test_what_others_deleted_does_not_count(desk: Desk) -> None:
    for number in range(4):
        desk.write(number, day=number)
    gone = post(desk.sam, 0, deleted=True)
    with desk.database.writing() as session:
        handlers.post_deleted(
            session, PostDeleted(post=gone, by_id="a-moderator", reason="spam"), recorded(50)
        )
        of_topic = post(desk.sam, 1, deleted=True, topic_deleted=True)
        handlers.post_deleted(session, PostDeleted(post=of_topic, by_id="a-moderator"), recorded(51))
        handlers.post_deleted(session, PostDeleted(post=gone, by_id=str(desk.sam.person_id)), recorded(52))
    desk.write(5, day=5)
    assert desk.is_new()
    with desk.database.writing() as session:
        handlers.post_restored(
            session, PostRestored(post=post(desk.sam, 0), by_id="a-moderator"), recorded(53)
        )
    assert not desk.is_new()


def test_two_posts_at_one_moment_both_count(desk: Desk) -> None:
    for number in range(3):
        desk.write(number, day=number)

    def one(number: int) -> Callable[[Session], object]:
        event = PostCreated(post=post(desk.sam, number), by_id="x")
        return lambda session: handlers.posts_created(session, [(event, recorded(number))])

    assert meet(desk.database, one(10), one(11)) is None
    assert not desk.is_new()


def test_a_hard_decision_makes_a_member_new_until_it_is_overturned(desk: Desk) -> None:
    desk.earn()
    desk.decide("warning")
    assert not desk.is_new()
    decision_id = desk.decide("silence", days=1)
    assert desk.is_new()
    desk.overturn(decision_id)
    assert not desk.is_new()


def test_a_decision_lets_a_new_person_begin_anew(desk: Desk) -> None:
    for number in range(4):
        desk.write(number, day=number)
    desk.decide("hide")
    desk.write(9, day=9)
    assert desk.is_new()


def test_administrators_say_who_is_a_member(desk: Desk) -> None:
    desk.give("member")
    assert not desk.is_new()
    desk.decide("silence", days=1)
    assert not desk.is_new()  # they said so
    desk.give("new")
    desk.earn()
    assert desk.is_new()
    desk.give("earned")
    assert not desk.is_new()
    with desk.database.reading() as session:
        log = queries.administration_log(session, desk.admin, str(desk.sam.person_id), None, 10).items
    assert [each.action for each in log] == ["trust-earned", "trust-new", "trust-member"]


def test_who_may_read_and_set_it(desk: Desk) -> None:
    with desk.database.writing() as session:
        view = trust_queries.trust(session, desk.sam, "sam")
        assert (view.member, view.days, view.of_days, view.of_items) == (False, 0, 3, 5)
        command = SetTrust(given="member", reason="So")
        for viewer, error in ((STRANGER, SignInNeeded), (desk.sam, Forbidden), (desk.mod, Forbidden)):
            with pytest.raises(error):
                trust.set_trust(session, viewer, "Sam", command)
            with pytest.raises(error):
                trust_queries.trust(session, viewer, "Other")
            with pytest.raises(error):
                trust_queries.trust(session, viewer, "nobody-here")
        with pytest.raises(NotFound):
            trust.set_trust(session, desk.admin, "nobody-here", command)


def add(session: Session, viewer: Viewer, text: str, action: str = "hold") -> None:
    command = AddTerm.model_validate({"text": text, "action": action, "reason": "Spam"})
    writing_rules.add_term(session, viewer, command)


def test_terms_are_kept_in_versions_and_published(desk: Desk, events: Events) -> None:
    with desk.database.writing() as session:
        add(session, desk.admin, "viagra")
        add(session, desk.admin, "casino*", "refuse")
        add(session, desk.admin, "Viagra", "flag")
        writing_rules.remove_term(session, desk.admin, RemoveTerm(text="casino*", reason="Too much"))
        for text, code in (("--", "term-empty"), ("a* b", "term-spaces")):
            assert code_of(lambda text=text: add(session, desk.admin, text)) == code  # type: ignore[misc]
        with pytest.raises(NotFound):
            writing_rules.remove_term(session, desk.admin, RemoveTerm(text="nothing", reason="So"))
    published = [each.data["rules"]["terms"] for each in events() if each.type == WritingRulesChanged.type]
    assert published[-1] == [{"text": "Viagra", "action": "flag"}]
    with desk.database.reading() as session:
        versions = trust_queries.writing_rules_versions(session, desk.admin, "terms")
        assert versions[0].removed == [BlockedTerm(text="casino*", action="refuse")]
        assert [each.revision for each in versions] == [4, 3, 2, 1]
        log = queries.administration_log(session, desk.admin, "writing-rules", None, 10).items
    assert [each.action for each in log] == ["term-removed", "term-flag", "term-refuse", "term-hold"]
    assert len(events()) > 4


def test_there_are_so_many_terms(desk: Desk) -> None:
    many = [BlockedTerm(text=f"term{number}", action="flag") for number in range(MOST_TERMS)]
    with desk.database.writing() as session:
        text = trust_queries.TERM_LIST.dump_json(many).decode()
        add_version(session, desk.admin, trust_queries.TERMS, "", text, 0)
        assert code_of(lambda: add(session, desk.admin, "one more")) == "terms-many"


def test_only_administrators_read_and_set_the_rules(desk: Desk, events: Events) -> None:
    before = len(events())
    limits = SetNewcomerLimits(limits=NewcomerLimits(topics_a_day=1), revision=0, reason="So")
    with desk.database.writing() as session:
        for viewer, error in ((STRANGER, SignInNeeded), (desk.sam, Forbidden), (desk.mod, Forbidden)):
            for work in (
                lambda viewer: add(session, viewer, "viagra"),
                lambda viewer: writing_rules.remove_term(
                    session, viewer, RemoveTerm(text="viagra", reason="So")
                ),
                lambda viewer: writing_rules.set_newcomer_limits(session, viewer, limits),
                lambda viewer: trust_queries.writing_rules(session, viewer),
                lambda viewer: trust_queries.writing_rules_versions(session, viewer, "terms"),
            ):
                with pytest.raises(error):
                    work(viewer)
    assert len(events()) == before
    with desk.database.writing() as session:
        writing_rules.set_newcomer_limits(session, desk.admin, limits)
        with pytest.raises(Conflict):
            writing_rules.set_newcomer_limits(
                session, desk.admin, limits.model_copy(update={"limits": NewcomerLimits()})
            )
        found = trust_queries.writing_rules(session, desk.admin)
        assert (found.limits.topics_a_day, found.limits_revision, found.terms) == (1, 1, [])


def test_two_administrators_who_add_a_term_at_one_moment(desk: Desk) -> None:
    raised = meet(
        desk.database,
        lambda session: add(session, desk.admin, "viagra"),
        lambda session: add(session, desk.admin, "casino"),
    )
    assert isinstance(raised, Conflict)


def test_what_waits_is_a_case(desk: Desk, events: Events) -> None:
    with desk.database.writing() as session:
        held_cases.held_changed(session, ForumHeld(held=held_state(desk.sam)), recorded(1))
        changed = held_state(desk.sam, text="Buy this!", revision=2)
        held_cases.held_changed(session, ForumHeld(held=changed), recorded(2))
        (line,) = case_queries.cases(session, desk.mod, False, None, 10).items
        assert (line.is_held, line.reports, line.state) == (True, 0, "open")
        case = case_queries.case(session, desk.mod, line.id)
        assert [each.text for each in case.snapshots] == ["Buy!", "Buy this!"]
        assert case.findings == [Finding(check="words", term="buy")]
        assert [each.step for each in case.history] == ["reported"]
        for viewer, error in ((desk.sam, NotFound), (STRANGER, NotFound)):
            with pytest.raises(error):
                held_cases.approve_held(session, viewer, line.id, READ)
        cases.claim_case(session, desk.other, line.id)
        assert code_of(lambda: held_cases.approve_held(session, desk.mod, line.id, READ)) == "case-claimed"
        cases.release_case(session, desk.other, line.id)
        held_cases.approve_held(session, desk.mod, line.id, ApproveHeld(revision=2))
        assert code_of(lambda: held_cases.approve_held(session, desk.mod, line.id, READ)) == "case-closed"
    opened = [each for each in events() if each.type == "people.case.opened"]
    approved = [each.data for each in events() if each.type == "people.held.approved"]
    assert len(opened) == 1
    assert approved == [{"held_id": ITEM, "revision": 2, "by_id": desk.mod.person_id}]


def test_its_case_shows_what_stands_beside_the_text(desk: Desk) -> None:
    tags = [HeldDetail(name="tags", value="buy"), HeldDetail(name="place", value="Cheap street")]
    with desk.database.writing() as session:
        for number, details in enumerate((tags, tags, tags[:1]), 1):
            state = held_state(desk.sam, details=details)
            held_cases.held_changed(session, ForumHeld(held=state), recorded(number))
        (line,) = case_queries.cases(session, desk.mod, False, None, 10).items
        shown = case_queries.case(session, desk.mod, line.id).snapshots
    assert [each.details for each in shown] == [tags, tags[:1]]


def test_what_waits_in_a_group_is_not_let_through_once_its_author_has_left(
    desk: Desk, found: Found, events: Events
) -> None:
    group = group_audience(found(desk.mod, "circle", "open"))
    with desk.database.writing() as session:
        person = session.get_one(Person, desk.mod.person_id)
        moderator = queries.viewer_of_person(session, person)
        actions.join(session, desk.sam, "circle")
        state = held_state(desk.sam, item_audience=group)
        held_cases.held_changed(session, ForumHeld(held=state), recorded(1))
        (line,) = case_queries.cases(session, moderator, False, None, 10).items
        actions.leave(session, desk.sam, "circle")
    with pytest.raises(Conflict, match="held-author-left"), desk.database.writing() as session:
        held_cases.approve_held(session, moderator, line.id, READ)
    with desk.database.writing() as session:
        actions.join(session, desk.sam, "circle")
        held_cases.approve_held(session, moderator, line.id, READ)
    assert [each.data["held_id"] for each in events() if each.type == "people.held.approved"] == [ITEM]


@pytest.mark.parametrize("revision", [1, 2, 4])
def test_only_the_text_that_was_read_is_decided_on(desk: Desk, events: Events, revision: int) -> None:
    with desk.database.writing() as session:
        for number, text in enumerate(("Buy!", "Hello.", "Buy!"), 1):
            with clock.at(NOON + timedelta(minutes=number)):
                state = held_state(desk.sam, text=text, revision=number)
                held_cases.held_changed(session, ForumHeld(held=state), recorded(number))
        (line,) = case_queries.cases(session, desk.mod, False, None, 10).items
        shown = case_queries.case(session, desk.mod, line.id).snapshots
        # Its author went back to the first text, which is shown last then.
        assert [(each.text, each.revision) for each in shown] == [("Hello.", 2), ("Buy!", 3)]
        read = ApproveHeld(revision=revision)
        assert code_of(lambda: held_cases.approve_held(session, desk.mod, line.id, read)) == "held-changed"
        cases.claim_case(session, desk.mod, line.id)
        dismiss = Decide(words="Fine.", revision=revision)
        hide = Decide(measures=["hide"], reason="spam", words="So.")
        for_this = (session, desk.mod, line.id)
        assert code_of(lambda: cases.decide_case(*for_this, dismiss)) == "held-changed"
        assert code_of(lambda: cases.decide_case(*for_this, hide)) == "held-changed"
        held_cases.approve_held(*for_this, ApproveHeld(revision=3))
    assert [each.data["revision"] for each in events() if each.type == "people.held.approved"] == [3]


@pytest.mark.parametrize(
    ("measures", "through"),
    [(["hide"], False), (["hide", "warning"], False), (["warning"], True), ([], True)],
)
def test_decisions_on_what_waits(desk: Desk, events: Events, measures: list[str], through: bool) -> None:
    with desk.database.writing() as session:
        topic = held_state(desk.sam, kind="topic")
        held_cases.held_changed(session, ForumHeld(held=topic), recorded(1))
        case_id = case_queries.cases(session, desk.mod, False, None, 1).items[0].id
        cases.claim_case(session, desk.mod, case_id)
        close = Decide(measures=["close"], reason="spam", words="So.")
        assert code_of(lambda: cases.decide_case(session, desk.mod, case_id, close)) == "measure-unfit"
        command = Decide.model_validate(
            {"measures": measures, "reason": "spam", "words": "Because.", "revision": 1}
        )
        cases.decide_case(session, desk.mod, case_id, command)
    types = [each.type for each in events()]
    assert ("people.held.approved" in types) is through
    assert ("people.decision.made" in types) is bool(measures)


def test_what_its_author_takes_back_waits_no_more(desk: Desk) -> None:
    with desk.database.writing() as session:
        held_cases.held_changed(session, ForumHeld(held=held_state(desk.sam)), recorded(1))
        gone = held_state(desk.sam, status="withdrawn", text="")
        held_cases.held_changed(session, ForumHeld(held=gone), recorded(2))
        assert case_queries.cases(session, desk.mod, False, None, 10).items == []
        assert len(case_queries.cases(session, desk.mod, True, None, 10).items) == 1


def test_an_ordinary_case_is_not_let_through(desk: Desk) -> None:
    with desk.database.writing() as session, clock.at(NOON):
        held_cases.flagged(session, ForumFlagged(held=held_state(desk.sam)), recorded(1))
        held_cases.flagged(session, ForumFlagged(held=held_state(desk.sam)), recorded(2))
        (line,) = case_queries.cases(session, desk.mod, False, None, 10).items
        assert not line.is_held
        assert code_of(lambda: held_cases.approve_held(session, desk.mod, line.id, READ)) == "case-not-held"
        with pytest.raises(Invalid):
            add(session, desk.admin, "!!")


def test_posts_by_members_take_one_statement_that_locks_nothing(database: Database, desk: Desk) -> None:
    with database.writing() as session:
        session.get_one(Trust, desk.sam.person_id).member_since = NOON
    pairs = [
        (PostCreated(post=post(desk.sam, number), by_id=str(desk.sam.person_id)), recorded(number))
        for number in range(3)
    ]
    with database.writing() as session, statements_of(database.engine) as statements:
        handlers.posts_created(session, pairs)
    (statement,) = [each for each in statements if not each.startswith("BEGIN")]
    assert statement.startswith("SELECT")
    assert "FOR UPDATE" not in statement
