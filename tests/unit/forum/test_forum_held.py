"""Topics, posts and edits that wait for review, and what new people may write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after
from contracts.common import Recorded
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SpaceError, TooMany
from contracts.forum import ChangePost, ChangeTopic, CreatePost, CreateTopic, SetTopicVersion, TopicQuery
from contracts.held import ChangeHeld, HeldApproved, HeldView
from contracts.moderation import AppealAnswered, DecisionMade, DecisionState
from contracts.people import PersonState, PersonVanished
from contracts.writing_rules import BlockedTerm, NewcomerLimits, WritingRules, WritingRulesChanged
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.forum import actions, handlers, queries, term_queries
from services.forum.actions import decisions, held
from services.forum.writing_tables import TABLES
from tests.unit.forum.harness import edit, event_types, first_post, reply, topic, translate
from tests.unit.harness import NOON, meet
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, GROUP, GROUP_MODERATOR, INSIDER, MODERATOR, person

pytestmark = pytest.mark.slow

RECORDED = Recorded(
    producer="people", seq=1, id="event00000000000", type="people.held.approved", version=1, subject="held/x",
    audience="members", occurred_at=NOON, data={},
)  # fmt: skip
NEW = AMIRA.model_copy(update={"roles": frozenset()})
SPAM = CreateTopic(language="en", title="Cheap", body="Buy v\u0456agra here.", category="general")


def set_rules(session: Session, *terms: tuple[str, str], **limits: Any) -> None:
    rules = WritingRules(
        limits=NewcomerLimits(**limits),
        terms=[BlockedTerm.model_validate({"text": text, "action": action}) for text, action in terms],
    )
    held.CALLS.rules_changed(session, WritingRulesChanged(rules=rules), RECORDED)


@pytest.fixture
def rules(database: Database) -> None:
    with database.writing() as session:
        set_rules(session, ("viagra", "hold"), ("casino*", "refuse"), ("crypto", "flag"))


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(SpaceError) as error:
        work()
    return error.value.faults[0].code if error.value.faults else error.value.code


def seen_by(database: Database, viewer: Viewer) -> list[str]:
    """All that lists of the forum show."""
    with database.reading() as session:
        topics = queries.topics(session, viewer, TopicQuery(sort="new")).items
        posts = queries.recent_posts(session, viewer, None, None, 50).items
        counts = [f"{each.slug} {each.topics}" for each in queries.categories(session, viewer) if each.topics]
    return [*(each.title for each in topics), *(each.body for each in posts), *counts]


def read_by_mod(item: HeldView, revision: int | None) -> HeldApproved:
    return HeldApproved(held_id=item.id, revision=revision, by_id=str(MODERATOR.person_id))


def approve(database: Database, item: HeldView, revision: int | None = 1) -> None:
    with database.writing() as session:
        held.CALLS.approved(session, read_by_mod(item, revision), RECORDED)


def decision(item: HeldView, *, overturned: bool = False) -> DecisionState:
    return DecisionState(
        id="decision00000000", kind=item.kind, item_id=item.id, title="", language="en", audience=item.audience,
        measures=["hide"], reason="spam", at=NOON, by_id=str(MODERATOR.person_id), overturned=overturned,
    )  # fmt: skip


@pytest.mark.usefixtures("rules")
class TestHeld:
    """A topic with a term that holds it."""

    @pytest.fixture
    def item(self, database: Database) -> HeldView:
        with database.writing() as session:
            assert code_of(lambda: actions.create_topic(session, AMIRA, SPAM)) == "review-needed"
        with database.writing() as session:
            return held.hold_topic(session, AMIRA, SPAM)

    def test_nobody_finds_it_but_its_author_and_moderators(self, database: Database, item: HeldView) -> None:
        for viewer in (STRANGER, AMIRA, BO, MODERATOR, ADMIN):
            assert seen_by(database, viewer) == []
        with database.reading() as session:
            assert event_types(session) == []
            for viewer in (AMIRA, MODERATOR, ADMIN):
                assert held.CALLS.held(session, viewer, item.id).body == SPAM.body
            for viewer in (STRANGER, BO, GROUP_MODERATOR):
                with pytest.raises(NotFound):
                    held.CALLS.held(session, viewer, item.id)
            assert [each.id for each in held.CALLS.held_items(session, AMIRA, None, 10).items] == [item.id]
            assert held.CALLS.held_items(session, MODERATOR, None, 10).items == []

    def test_approved_it_appears_now_with_its_events(self, database: Database, item: HeldView) -> None:
        later = clock.now() + timedelta(days=2)
        with clock.at(later):
            approve(database, item)
            approve(database, item)  # a second time changes nothing
        with database.reading() as session:
            assert event_types(session) == ["topic.created", "post.created"]
            view = held.CALLS.held(session, AMIRA, item.id)
            assert (view.status, view.may_edit) == ("published", False)
            shown = queries.topic(session, BO, view.path.removeprefix("/talk/t/"), None)
            assert (shown.title, shown.author_id) == ("Cheap", AMIRA.person_id)
            assert shown.created_at == later

    def test_its_author_changes_and_withdraws_it(self, database: Database, item: HeldView) -> None:
        change = ChangeHeld(title="Cheaper", body="Nothing to buy.")
        with database.writing() as session:
            for viewer in (MODERATOR, BO):
                with pytest.raises((Forbidden, NotFound)):
                    held.CALLS.change_held(session, viewer, item.id, change)
                with pytest.raises((Forbidden, NotFound)):
                    held.CALLS.withdraw_held(session, viewer, item.id)
            assert held.CALLS.change_held(session, AMIRA, item.id, change).title == "Cheaper"
            refused = ChangeHeld(body="To the casinos!")
            assert code_of(lambda: held.CALLS.change_held(session, AMIRA, item.id, refused)) == "text-blocked"
        with database.writing() as session:
            held.CALLS.withdraw_held(session, AMIRA, item.id)
        with database.writing() as session:
            assert code_of(lambda: held.CALLS.change_held(session, AMIRA, item.id, change)) == "held-over"
            assert held.CALLS.held(session, AMIRA, item.id).body == ""
            with pytest.raises(NotFound):
                held.CALLS.held(session, MODERATOR, item.id)
        approve(database, item)
        assert seen_by(database, BO) == []

    def test_changed_texts_are_what_appears(self, database: Database, item: HeldView) -> None:
        with database.writing() as session:
            held.CALLS.change_held(
                session, AMIRA, item.id, ChangeHeld(title="Cheaper", body="Nothing to buy.")
            )
        approve(database, item, 1)
        assert seen_by(database, BO) == []  # a moderator let through what nobody reads here any more
        approve(database, item, 2)
        assert seen_by(database, BO) == ["Cheaper", "Nothing to buy.", "general 1"]

    def test_rejected_it_stays_away_until_the_decision_is_overturned(
        self, database: Database, item: HeldView
    ) -> None:
        with database.writing() as session:
            decisions.decision_made(session, DecisionMade(decision=decision(item)), RECORDED)
        with database.reading() as session:
            view = held.CALLS.held(session, AMIRA, item.id)
            assert (view.status, view.decision_id) == ("rejected", "decision00000000")
            assert held.CALLS.held(session, MODERATOR, item.id).decision_id is None
        approve(database, item)
        assert seen_by(database, BO) == []
        with database.writing() as session:
            over = decision(item, overturned=True)
            decisions.appeal_answered(session, AppealAnswered(decision=over), RECORDED)
        assert seen_by(database, BO) == ["Cheap", SPAM.body, "general 1"]

    def test_an_approval_and_a_withdrawal_at_one_moment(self, database: Database, item: HeldView) -> None:
        approval = read_by_mod(item, 1)
        raised = meet(
            database,
            lambda session: held.CALLS.withdraw_held(session, AMIRA, item.id),
            lambda session: held.CALLS.approved(session, approval, RECORDED),
        )
        assert raised is None
        assert seen_by(database, BO) == []


@pytest.mark.usefixtures("rules")
def test_what_cannot_be_published_any_more_says_why(database: Database) -> None:
    with database.writing() as session:
        opened = topic(session, BO)
        item = held.hold_post(session, AMIRA, opened.id, CreatePost(body="viagra"))
        actions.change_topic(session, MODERATOR, opened.id, ChangeTopic(revision=0, closed=True))
    approve(database, item)
    with database.reading() as session:
        view = held.CALLS.held(session, AMIRA, item.id)
        assert (view.status, view.failure) == ("failed", "topic-closed")
        assert [each.number for each in queries.posts(session, BO, opened.id, None, 10).items] == [1]


@pytest.mark.usefixtures("rules")
def test_replies_edits_titles_and_translations_wait_too(database: Database) -> None:
    with database.writing() as session:
        opened = topic(session, AMIRA)
        post = first_post(session, opened)
        change = ChangePost(revision=post.revision, body="viagra")
        title = ChangeTopic(revision=opened.revision, title="Viagra")
        version = SetTopicVersion(language="en", title="Photos", body="viagra")
        for work in (
            lambda: reply(session, AMIRA, opened, "viagra"),
            lambda: edit(session, AMIRA, post, "viagra"),
            lambda: actions.change_topic(session, AMIRA, opened.id, title),
            lambda: actions.set_topic_version(session, AMIRA, opened.id, version),
        ):
            assert code_of(work) == "review-needed"
        items = [
            held.hold_post(session, AMIRA, opened.id, CreatePost(body="viagra")),
            held.hold_post_change(session, AMIRA, post.id, change),
            held.hold_topic_version(session, AMIRA, opened.id, version),
            held.hold_topic_change(session, AMIRA, opened.id, title),
        ]
        assert code_of(lambda: held.hold_post_change(session, BO, post.id, change)) == "not-your-post"
        assert code_of(lambda: held.hold_topic_change(session, BO, opened.id, title)) == "not-your-post"
    assert seen_by(database, BO) == ["Fotos", "Un texto.", "general 1"]
    for item in items:
        approve(database, item)
    with database.reading() as session:
        shown = queries.topic(session, BO, opened.id, "en")
        assert {each.language: each.title for each in shown.versions} == {"es": "Viagra", "en": "Photos"}
        assert [each.body for each in queries.posts(session, BO, opened.id, None, 10).items] == ["viagra"] * 2


@pytest.mark.usefixtures("rules")
def test_terms_are_found_in_tags(database: Database) -> None:
    fine = CreateTopic(language="en", title="Fine", body="Fine.", category="general", tags=["photos"])
    refused, waits = (fine.model_copy(update={"tags": [tag]}) for tag in ("casinos", "viagra"))
    with database.writing() as session:
        assert code_of(lambda: actions.create_topic(session, AMIRA, refused)) == "text-blocked"
        assert code_of(lambda: actions.create_topic(session, AMIRA, waits)) == "review-needed"
        opened = actions.create_topic(session, AMIRA, fine)
        for tags, code in ((["casinos"], "text-blocked"), (["photos", "viagra"], "review-needed")):
            change = ChangeTopic(revision=opened.revision, tags=tags)
            with pytest.raises(SpaceError) as error:
                actions.change_topic(session, AMIRA, opened.id, change)
            assert code in (error.value.code, *(fault.code for fault in error.value.faults))
    with database.writing() as session:
        item = held.hold_topic_change(session, AMIRA, opened.id, change)
        assert item.body == "Fine"
    approve(database, item)
    with database.writing() as session:
        changed = queries.topic(session, BO, opened.id, None)
        assert changed.tags == ["photos", "viagra"]
        # What stood before is no new find.
        keeps = ChangeTopic(revision=changed.revision, title="Finer", tags=["viagra"])
        assert actions.change_topic(session, AMIRA, opened.id, keeps).title == "Finer"


@pytest.mark.usefixtures("rules")
def test_moderators_read_the_tags_of_what_waits(database: Database) -> None:
    tagged = SPAM.model_copy(update={"tags": ["viagra", "photos"]})
    with database.writing() as session:
        held.hold_topic(session, AMIRA, tagged)
        flagged = CreateTopic(language="en", title="Fine", body="Fine.", category="general", tags=["crypto"])
        actions.create_topic(session, AMIRA, flagged)
        told = [
            event.data["held"] for event in events_after(session, "forum", 0, 100) if "held" in event.data
        ]
    assert [each["details"] for each in told] == [
        [{"name": "tags", "value": "viagra\nphotos"}],
        [{"name": "tags", "value": "crypto"}],
    ]


@pytest.mark.usefixtures("rules")
def test_what_was_rejected_stays_away_if_its_author_has_left_the_group(database: Database) -> None:
    command = SPAM.model_copy(update={"audience": CIRCLE})
    with database.writing() as session:
        item = held.hold_topic(session, INSIDER, command)
        rejected = decision(item)
        decisions.decision_made(
            session, DecisionMade(decision=rejected, person_id=INSIDER.person_id), RECORDED
        )
        answer = AppealAnswered(
            decision=decision(item, overturned=True), person_id=INSIDER.person_id, author_left=True
        )
        decisions.appeal_answered(session, answer, RECORDED)
        mine = held.CALLS.held(session, INSIDER, item.id)
    assert (mine.status, mine.failure) == ("failed", "held-author-left")
    assert "Cheap" not in seen_by(database, INSIDER)


@pytest.mark.usefixtures("rules")
def test_what_stood_before_is_no_new_find(database: Database) -> None:
    with database.writing() as session:
        opened = topic(session, MODERATOR, body="Don't buy viagra.")
        post = first_post(session, opened)
        edit(session, MODERATOR, post, "Don't ever buy viagra.")
        translate(session, BO, opened, "en", body="No viagra here.")


@pytest.mark.usefixtures("rules")
def test_terms_that_refuse_and_flag(database: Database) -> None:
    with database.writing() as session:
        with pytest.raises(Invalid) as error:
            topic(session, BO, body="https://casino.example/win")
        assert error.value.faults[0].params == {"term": "casino*"}
        topic(session, BO, body="Crypto for all")
        assert event_types(session) == ["topic.created", "post.created"]
    assert seen_by(database, STRANGER)[:1] == ["Fotos"]


@pytest.mark.usefixtures("rules")
def test_groups_moderators_see_what_waits_in_their_group(database: Database) -> None:
    command = SPAM.model_copy(update={"audience": CIRCLE})
    with database.writing() as session:
        item = held.hold_topic(session, INSIDER, command)
        assert held.CALLS.held(session, GROUP_MODERATOR, item.id).id == item.id
        with pytest.raises(NotFound):
            held.CALLS.held(session, MODERATOR, item.id)
        with pytest.raises(NotFound):
            held.hold_topic(session, BO, command)
        actions.create_topic(session, GROUP_MODERATOR, command)  # who moderates is not held
    approve(database, item)
    assert seen_by(database, person("sees", groups=frozenset({GROUP}))).count("Cheap") == 2


def test_new_people_may_write_so_much_a_day(database: Database) -> None:
    with database.writing() as session, clock.at(NOON):
        set_rules(session, topics_a_day=2, replies_a_day=1, member_days=4, member_items=6)
        opened = topic(session, NEW)
        topic(session, NEW)
        with pytest.raises(TooMany) as error:
            topic(session, NEW)
        assert error.value.code == "new-topics"
        assert list(error.value.params.values()) == [2, 4, 6, 24, 86401]
        reply(session, NEW, opened)
        assert code_of(lambda: reply(session, NEW, opened)) == "new-replies"
        for _ in range(4):
            topic(session, AMIRA)  # a member
    with database.writing() as session, clock.at(NOON + timedelta(days=1, seconds=1)):
        topic(session, NEW)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("[a](https://a.example) https://b.example http://c.example", "new-links-each"),
        ("@amina @bo @cleo @dana @eve", "new-mentions-each"),
    ],
)
def test_new_people_may_put_so_much_in_one_text(database: Database, body: str, code: str) -> None:
    with database.writing() as session:
        with pytest.raises(TooMany) as error:
            topic(session, NEW, body=body)
        assert (error.value.code, "seconds" in error.value.params) == (code, False)
        topic(session, AMIRA, body=body)


def test_links_count_over_the_day(database: Database) -> None:
    with database.writing() as session, clock.at(NOON):
        set_rules(session, links_a_day=2)
        opened = topic(session, NEW, body="https://a.example and https://b.example")
        post = first_post(session, opened)
        with pytest.raises(TooMany) as error:
            reply(session, NEW, opened, "https://c.example")
        assert error.value.code == "new-links"
        edit(session, NEW, post, "https://a.example and https://c.example")  # no more than before


def test_two_texts_of_a_new_person_at_one_moment_are_both_counted(database: Database) -> None:
    with database.writing() as session:
        set_rules(session, topics_a_day=1)
    raised = meet(database, lambda session: topic(session, NEW), lambda session: topic(session, NEW))
    assert isinstance(raised, TooMany)


def test_what_new_people_repeat_waits(database: Database) -> None:
    link = "Look at https://spam.example/offer?{} please, my friends"
    with database.writing() as session:
        set_rules(session, most_repeats=2)
        opened = topic(session, MODERATOR)
        for number in range(2):
            someone = person(f"new{number}").model_copy(update={"roles": frozenset()})
            reply(session, someone, opened, link.format(number))
        assert code_of(lambda: reply(session, NEW, opened, link.format(3))) == "review-needed"
        reply(session, AMIRA, opened, link.format(4))
    with database.writing() as session, clock.at(clock.now() + timedelta(days=1)):
        reply(session, NEW, opened, link.format(5))


def test_all_of_new_people_can_wait(database: Database) -> None:
    with database.writing() as session:
        set_rules(session, review_all=True)
        assert code_of(lambda: topic(session, NEW)) == "review-needed"
        topic(session, AMIRA)


def test_what_a_term_would_have_matched(database: Database) -> None:
    with database.writing() as session:
        old = clock.now() - timedelta(days=31)
        with clock.at(old):
            topic(session, BO, body="Crypto, long ago")
        found = topic(session, BO, title="Crypto?", body="No.")
        topic(session, INSIDER, audience=CIRCLE, body="Crypto among us")
        for viewer in (STRANGER, AMIRA, MODERATOR):
            with pytest.raises(Forbidden):
                term_queries.term_matches(session, viewer, "crypto")
        matches = term_queries.term_matches(session, ADMIN, "crypto")
        assert [each.id for each in matches.items] == [first_post(session, found).id]
        assert (matches.looked_at, matches.all) == (1, True)
        for term, code in (("**", "term-empty"), ("a* b", "term-spaces")):
            assert code_of(lambda term=term: term_queries.term_matches(session, ADMIN, term)) == code  # type: ignore[misc]


def test_a_stale_edit_conflicts_when_it_is_published(database: Database) -> None:
    with database.writing() as session:
        set_rules(session, ("viagra", "hold"))
        opened = topic(session, AMIRA)
        post = first_post(session, opened)
        item = held.hold_post_change(
            session, AMIRA, post.id, ChangePost(revision=post.revision, body="viagra")
        )
        edit(session, AMIRA, post, "Otro texto.")
        with pytest.raises(Conflict):
            held.hold_post_change(session, AMIRA, post.id, ChangePost(revision=post.revision, body="viagra"))
    approve(database, item)
    with database.reading() as session:
        assert held.CALLS.held(session, AMIRA, item.id).failure == "edit-conflict"
    assert seen_by(database, BO)[1] == "Otro texto."


@pytest.mark.usefixtures("rules")
def test_what_waits_goes_with_who_vanishes(database: Database) -> None:
    with database.writing() as session:
        item = held.hold_topic(session, AMIRA, SPAM)
        other = held.hold_topic(session, BO, SPAM)
    gone = PersonState(id=str(AMIRA.person_id), name="vanished-1", display_name="", joined_at=NOON)
    with database.writing() as session:
        handlers.person_vanished(session, PersonVanished(person=gone), RECORDED)
    with database.reading() as session:
        with pytest.raises(NotFound):
            held.CALLS.held(session, MODERATOR, item.id)
        assert held.CALLS.held(session, MODERATOR, other.id).body == SPAM.body
        log = [each for each in events_after(session, "forum", 0, 1000) if each.subject == f"held/{item.id}"]
    assert [(each.data["held"]["status"], each.data["held"]["text"]) for each in log] == [
        ("waiting", ""),
        ("withdrawn", ""),
    ]


@pytest.mark.parametrize("kind", ["topic", "post"])
def test_what_reports_hid_a_moderator_may_hide_or_show(database: Database, kind: str) -> None:
    with database.writing() as session:
        opened = topic(session, AMIRA)
        post = reply(session, AMIRA, opened, "Rude!")
    item_id = opened.id if kind == "topic" else post.id
    state = DecisionState.model_validate(
        {
            "id": "decision00000000", "kind": kind, "item_id": item_id, "title": "", "language": "en",
            "audience": "public", "measures": ["hide"], "reason": "spam", "at": NOON, "by_id": "0" * 16,
        }
    )  # fmt: skip
    shown = ["Fotos", "Rude!", "Un texto.", "general 1"]
    hidden = [] if kind == "topic" else ["Fotos", "Un texto.", "general 1"]
    by_moderator = state.model_copy(update={"by_id": MODERATOR.person_id})
    for decided in (state, by_moderator):
        with database.writing() as session:
            made = DecisionMade(decision=decided, person_id=AMIRA.person_id)
            decisions.decision_made(session, made, RECORDED)
        assert seen_by(database, BO) == hidden
    with database.writing() as session:
        over = by_moderator.model_copy(update={"overturned": True})
        decisions.appeal_answered(session, AppealAnswered(decision=over), RECORDED)
    assert seen_by(database, BO) == shown
    with database.writing() as session:
        decisions.decision_made(session, DecisionMade(decision=state), RECORDED)
        over = state.model_copy(update={"overturned": True})
        decisions.appeal_answered(session, AppealAnswered(decision=over), RECORDED)
    assert seen_by(database, BO) == shown


def test_what_is_not_needed_any_more_is_deleted(database: Database) -> None:
    waiting = CreatePost(body="viagra, waiting")
    with database.writing() as session, clock.at(NOON):
        set_rules(session, ("viagra", "hold"))
        opened = topic(session, NEW, body="A text that is long enough to be compared.")
        items = [
            held.hold_post(session, BO, opened.id, each) for each in (waiting, CreatePost(body="viagra"))
        ]
        held.CALLS.withdraw_held(session, BO, items[1].id)
    counted = (TABLES.repeat, TABLES.repeat_key, TABLES.newcomer, TABLES.held)

    def rows_after(days: int) -> list[int]:
        with database.writing() as session, clock.at(NOON + timedelta(days=days, seconds=1)):
            held.CALLS.purge(session)
            return [session.scalar(select(func.count()).select_from(table)) or 0 for table in counted]

    assert rows_after(0) == [1, 1, 1, 2]
    assert rows_after(1) == [0, 0, 0, 2]
    assert rows_after(90) == [0, 0, 0, 1]
