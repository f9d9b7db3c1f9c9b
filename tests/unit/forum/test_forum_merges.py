"""Categories that are merged into others, and empty ones that are removed."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after, log_end
from contracts.categories import AddCategory
from contracts.common import Recorded
from contracts.deletion import Delete
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, SpaceError
from contracts.forum import CreateTopic
from contracts.group_categories import AddGroupCategory
from contracts.held import HeldApproved
from contracts.moderation import AppealAnswered, DecisionMade, DecisionState
from contracts.removed_categories import MergeCategory, RemoveCategory
from contracts.writing_rules import BlockedTerm, WritingRules, WritingRulesChanged
from core.audience import MEMBERS, PUBLIC, STRANGER, Viewer
from core.database import Database
from services.forum import actions, category_queries, queries
from services.forum.actions import decisions, group_categories, held
from services.forum.actions import removed_categories as removed
from tests.unit.forum.harness import change, reply, topic
from tests.unit.harness import NOON, meet
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, CLEO, GROUP_MODERATOR, INSIDER, MODERATOR

pytestmark = pytest.mark.slow

INTO_GENERAL = MergeCategory(into="general", reason="Twice the same")
REMOVE = RemoveCategory(reason="Nobody uses it")
RECORDED = Recorded(
    producer="people", seq=1, id="event00000000000", type="people.held.approved", version=1, subject="held/x",
    audience="members", occurred_at=NOON, data={},
)  # fmt: skip


@pytest.fixture(autouse=True)
def photos(database: Database) -> None:
    """A third category."""
    with database.writing() as session:
        actions.set_category(session, ADMIN, "photos", "en", {"en": ("Photos", ""), "es": ("Fotos", "")})


def merge(session: Session, viewer: Viewer = ADMIN, slug: str = "photos", into: str = "general") -> None:
    removed.CALLS.merge_category(session, viewer, slug, MergeCategory(into=into, reason="Twice the same"))


def counts(session: Session, viewer: Viewer = STRANGER) -> dict[str, int]:
    return {each.slug: each.topics for each in queries.categories(session, viewer)}


def log(session: Session) -> list[Recorded]:
    return events_after(session, "forum", 0, log_end(session))


def fault(session: Session, viewer: Viewer, slug: str, into: str) -> str:
    with pytest.raises(SpaceError) as error:
        merge(session, viewer, slug, into)
    return error.value.faults[0].code if error.value.faults else error.value.code


def test_all_topics_move_with_their_posts_and_who_merged_is_not_named(session: Session) -> None:
    kept = topic(session, AMIRA, title="There")
    moved = topic(session, BO, category="photos")
    reply(session, CLEO, moved)
    inside = topic(session, INSIDER, audience=CIRCLE, category="photos")
    members = topic(session, AMIRA, audience=MEMBERS, category="photos")
    gone = topic(session, BO, category="photos", title="Deleted")
    actions.delete_topic(session, BO, gone.id, Delete())
    before = log_end(session)
    assert counts(session, AMIRA) == {"general": 1, "announcements": 0, "photos": 2}
    content = removed.category_content(session, ADMIN, "photos")
    assert (content.items, content.empty) == (2, False), "nothing of a group that they are not in"
    merge(session)
    for viewer, number in ((STRANGER, 2), (AMIRA, 3), (INSIDER, 4)):
        assert counts(session, viewer) == {"general": number, "announcements": 0}
    for one in (kept, moved, inside, members):
        assert queries.topic(session, INSIDER, one.id, None).category == "general"
    told = events_after(session, "forum", before, 100)
    assert {(event.type, event.data.get("by_id")) for event in told[:-1]} == {
        ("forum.topic.changed", ""),
        ("forum.post.changed", ""),
    }
    states = [event.data.get("topic") or event.data["post"] for event in told[:-1]]
    assert {state["category"] for state in states} == {"general"}
    assert len(states) == 3 + 4
    last = told[-1]
    assert (last.type, last.public_seq) == ("forum.category.removed", None)
    assert last.data["into"] == "general"
    actions.restore_topic(session, BO, gone.id)
    assert queries.topic(session, BO, gone.id, None).category == "general"
    assert counts(session)["general"] == 3
    entry = category_queries.administration_log(session, ADMIN, "photos", None, 10).items[0]
    assert (entry.action, entry.detail, entry.reason) == ("category-merged", "general", "Twice the same")
    public = category_queries.public_administration(session, STRANGER, None, 10).items[0]
    assert (public.action, public.item) == ("category-changed", "photos")


def test_its_address_leads_to_the_kept_one_for_good(session: Session) -> None:
    merge(session, slug="photos", into="announcements")
    merge(session, slug="announcements", into="general")
    for slug in ("photos", "announcements"):
        assert removed.category_now(session, STRANGER, slug) == "general"
        with pytest.raises(Invalid) as error:
            actions.add_category(
                session, ADMIN, AddCategory(slug=slug, language="en", name="Anew", reason="Why not")
            )
        assert error.value.faults[0].code == "category-taken"
    for slug in ("general", "never"):
        with pytest.raises(NotFound):
            removed.category_now(session, STRANGER, slug)
    opened = topic(session, AMIRA, category="photos")
    assert opened.category == "general"
    again = change(session, AMIRA, opened, title="Other", category="announcements")
    assert (again.title, again.category) == ("Other", "general")


def test_what_waits_for_review_is_published_in_the_kept_one(session: Session) -> None:
    terms = [BlockedTerm(text="cheap", action="hold")]
    held.CALLS.rules_changed(session, WritingRulesChanged(rules=WritingRules(terms=terms)), RECORDED)
    command = CreateTopic(language="en", title="Cheap", body="Cameras.", category="photos")
    waits = held.hold_topic(session, AMIRA, command)
    merge(session)
    approved = HeldApproved(held_id=waits.id, revision=1, by_id=MODERATOR.person_id or "")
    held.CALLS.approved(session, approved, RECORDED)
    assert counts(session)["general"] == 1


def test_a_decision_that_moved_a_topic_is_undone_after_the_merge(session: Session) -> None:
    opened = topic(session, BO)
    state = DecisionState(
        id="0decision0000000", kind="topic", item_id=opened.id, title="Fotos", language="es", audience=PUBLIC,
        measures=["move"], reason="off-topic", at=NOON, by_id=str(MODERATOR.person_id), overturned=False,
    )  # fmt: skip
    made = DecisionMade(decision=state, person_id=BO.person_id, category="photos")
    decisions.decision_made(session, made, RECORDED)
    assert queries.topic(session, BO, opened.id, None).category == "photos"
    actions.set_category(session, ADMIN, "pictures", "en", {"en": ("Pictures", "")})
    merge(session, slug="photos", into="pictures")
    over = state.model_copy(update={"overturned": True})
    decisions.appeal_answered(session, AppealAnswered(decision=over, person_id=BO.person_id), RECORDED)
    assert queries.topic(session, BO, opened.id, None).category == "general"


@pytest.mark.parametrize(
    ("slug", "into", "code"),
    [
        ("photos", "photos", "category-same"),
        ("photos", "never", "category-unknown"),
        ("never", "general", "not-found"),
    ],
)
def test_bad_merges_are_refused(session: Session, slug: str, into: str, code: str) -> None:
    assert fault(session, ADMIN, slug, into) == code


@pytest.mark.parametrize("viewer", [AMIRA, MODERATOR, GROUP_MODERATOR])
def test_nobody_but_administrators_merges_or_removes(session: Session, viewer: Viewer) -> None:
    for work in (
        lambda: merge(session, viewer),
        lambda: removed.CALLS.remove_category(session, viewer, "photos", REMOVE),
        lambda: removed.category_content(session, viewer, "photos"),
    ):
        with pytest.raises(Forbidden) as error:
            work()
        assert error.value.code == "administrators-only"
    with pytest.raises(SignInNeeded):
        merge(session, STRANGER)
    assert "photos" in counts(session)


def test_a_groups_categories_are_merged_by_its_moderators_alone(session: Session) -> None:
    def add(name: str) -> str:
        command = AddGroupCategory(audience=CIRCLE, language="en", name=name)
        return group_categories.add_group_category(session, GROUP_MODERATOR, command)

    walks, talks = add("Walks"), add("Talks")
    topic(session, INSIDER, audience=CIRCLE, category=walks)
    for viewer in (ADMIN, AMIRA):
        assert fault(session, viewer, walks, talks) == "not-found"
    assert fault(session, ADMIN, "photos", walks) == "category-unknown"
    assert fault(session, INSIDER, walks, talks) == "group-moderators-only"
    assert fault(session, GROUP_MODERATOR, walks, "general") == "category-audience"
    merge(session, GROUP_MODERATOR, walks, talks)
    assert counts(session, INSIDER)[talks] == 1
    assert removed.category_now(session, INSIDER, walks) == talks
    with pytest.raises(NotFound):
        removed.category_now(session, ADMIN, walks)
    assert not category_queries.administration_log(session, ADMIN, walks, None, 10).items
    assert {event.audience for event in log(session)[-2:]} == {CIRCLE}


def test_only_an_empty_category_is_removed(session: Session) -> None:
    opened = topic(session, BO, category="photos")
    actions.delete_topic(session, BO, opened.id, Delete())
    with pytest.raises(Conflict) as error:
        removed.CALLS.remove_category(session, ADMIN, "photos", REMOVE)
    assert error.value.code == "category-not-empty"
    merge(session, slug="photos", into="announcements")
    removed.CALLS.remove_category(session, ADMIN, "general", REMOVE)
    assert counts(session) == {"announcements": 0}
    assert log(session)[-1].data["into"] is None
    with pytest.raises(Invalid):
        topic(session, AMIRA, category="general")
    actions.set_category(session, ADMIN, "general", "en", {"en": ("General", "")})
    assert topic(session, AMIRA).category == "general"


def test_a_topic_that_is_opened_during_the_merge_comes_into_the_kept_one(database: Database) -> None:
    error = meet(database, merge, lambda session: topic(session, BO, category="photos"))
    assert error is None
    with database.reading() as session:
        assert counts(session) == {"general": 1, "announcements": 0}


def test_the_merge_waits_for_a_topic_that_is_opened_and_moves_it(database: Database) -> None:
    error = meet(database, lambda session: topic(session, BO, category="photos"), merge)
    assert error is None
    with database.reading() as session:
        assert counts(session) == {"general": 1, "announcements": 0}


def test_a_topic_that_moves_during_the_merge_is_counted_once(database: Database) -> None:
    with database.writing() as session:
        opened = topic(session, BO, category="photos")
        topic(session, BO, category="photos")

    def away(session: Session) -> None:
        change(session, ADMIN, opened, category="announcements")

    assert meet(database, away, merge) is None
    with database.reading() as session:
        assert counts(session) == {"general": 1, "announcements": 1}


def test_of_two_who_merge_into_each_other_one_succeeds(database: Database) -> None:
    error = meet(
        database,
        lambda session: merge(session, slug="photos", into="general"),
        lambda session: merge(session, slug="general", into="photos"),
    )
    assert isinstance(error, Invalid)
    with database.reading() as session:
        assert set(counts(session)) == {"general", "announcements"}


def test_a_reply_during_the_merge_is_not_lost(database: Database) -> None:
    with database.writing() as session:
        opened = topic(session, BO, category="photos")
    assert meet(database, merge, lambda session: reply(session, AMIRA, opened)) is None
    with database.reading() as session:
        last = [event for event in log(session) if event.type == "forum.post.created"][-1]
        assert last.data["post"]["category"] == "general"
        assert last.audience == PUBLIC
