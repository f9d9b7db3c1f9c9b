"""What moderators' decisions do in the forum, beside what its moderators do by hand."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.deletion import Delete, DeletionLine
from contracts.errors import Conflict, Forbidden, NotFound, SignInNeeded
from contracts.forum import PostView, TopicView
from contracts.moderation import AppealAnswered, DecisionMade, DecisionState, Measure
from core.audience import STRANGER
from core.database import Database
from services.forum import actions, queries
from services.forum.actions import decisions
from tests.unit.forum.harness import change, event_types, first_post, reply, topic, translate
from tests.unit.harness import NOON, meet
from tests.unit.hidings import Item, check
from tests.unit.users import AMIRA, BO, CIRCLE, GROUP_MODERATOR, INSIDER, MODERATOR

pytestmark = pytest.mark.slow

SPAM = Delete(reason="spam")
JUDGE = "judge00000000000"
RECORDED = Recorded(
    producer="people",
    seq=1,
    id="e",
    type="",
    version=1,
    subject="",
    audience="members",
    occurred_at=NOON,
    data={},
)


def decision(kind: str, item_id: str, *measures: Measure, number: int = 1, **changes: Any) -> DecisionState:
    plain = {
        "id": f"{number}decision0000000", "kind": kind, "item_id": item_id, "title": "", "language": "en",
        "audience": "public", "measures": measures, "reason": "abuse", "at": NOON, "by_id": JUDGE,
    }  # fmt: skip
    return DecisionState.model_validate({**plain, **changes})


def make(session: Session, state: DecisionState, person_id: str | None = None) -> None:
    decisions.decision_made(session, DecisionMade(decision=state, person_id=person_id), RECORDED)


def overturn(session: Session, state: DecisionState, person_id: str | None = None) -> None:
    overturned = state.model_copy(update={"overturned": True})
    decisions.appeal_answered(session, AppealAnswered(decision=overturned, person_id=person_id), RECORDED)


def is_closed(session: Session, topic_id: str) -> bool:
    return queries.topic(session, STRANGER, topic_id, None).closed


# Closing


def test_overturning_opens_a_topic_that_the_decision_closed(session: Session) -> None:
    opened = topic(session)
    state = decision("topic", opened.id, "close")
    make(session, state)
    assert is_closed(session, opened.id)
    overturn(session, state)
    assert not is_closed(session, opened.id)


def test_overturning_leaves_closed_what_somebody_closed_before_or_since(session: Session) -> None:
    before, since = topic(session), topic(session)
    change(session, MODERATOR, before, closed=True)
    for each in (before, since):
        make(session, decision("topic", each.id, "close"))
    change(session, MODERATOR, since, closed=False)
    change(session, MODERATOR, since, closed=True)
    for each in (before, since):
        overturn(session, decision("topic", each.id, "close"))
        assert is_closed(session, each.id)


def test_a_topic_that_two_decisions_closed_opens_with_the_last(session: Session) -> None:
    opened = topic(session)
    first, second = (decision("topic", opened.id, "close", number=number) for number in (1, 2))
    make(session, first)
    make(session, second)
    overturn(session, first)
    assert is_closed(session, opened.id)
    overturn(session, first)
    assert is_closed(session, opened.id)
    overturn(session, second)
    assert not is_closed(session, opened.id)


def test_a_topic_that_is_deleted_meanwhile_is_closed_and_opened_all_the_same(session: Session) -> None:
    opened = topic(session)
    state = decision("topic", opened.id, "close")
    actions.delete_topic(session, MODERATOR, opened.id, SPAM)
    told = len(event_types(session))
    make(session, state)
    assert event_types(session)[told:] == []
    actions.restore_topic(session, MODERATOR, opened.id)
    assert is_closed(session, opened.id)
    actions.delete_topic(session, MODERATOR, opened.id, SPAM)
    overturn(session, state)
    actions.restore_topic(session, MODERATOR, opened.id)
    assert not is_closed(session, opened.id)


def test_a_decision_closes_nothing_of_another_audience(session: Session) -> None:
    inside, outside = topic(session, INSIDER, audience=CIRCLE, category=None), topic(session)
    make(session, decision("topic", inside.id, "close"))
    make(session, decision("topic", outside.id, "close", audience=CIRCLE))
    assert not queries.topic(session, INSIDER, inside.id, None).closed
    assert not is_closed(session, outside.id)
    make(session, decision("topic", inside.id, "close", audience=CIRCLE))
    assert queries.topic(session, INSIDER, inside.id, None).closed


# Hiding


def test_a_post_of_a_topic_that_another_deleted_is_hidden_all_the_same(session: Session) -> None:
    opened = topic(session)
    rude = reply(session, BO, opened, "zqrude")
    actions.delete_topic(session, MODERATOR, opened.id, SPAM)
    told = len(event_types(session))
    state = decision("post", rude.id, "hide")
    make(session, state, BO.person_id)
    assert event_types(session)[told:] == ["post.deleted"]
    actions.restore_topic(session, MODERATOR, opened.id)
    posts = queries.posts(session, STRANGER, opened.id, None, 10).items
    assert [each.deleted for each in posts] == [False, True]
    assert "zqrude" not in str(posts)
    overturn(session, state, BO.person_id)
    assert [each.deleted for each in queries.posts(session, STRANGER, opened.id, None, 10).items] == [
        False
    ] * 2


def test_overturned_while_the_topic_is_deleted_the_post_comes_back_with_it(session: Session) -> None:
    opened = topic(session)
    first, told = first_post(session, opened), len(event_types(session))
    reply(session, BO, opened)
    state = decision("post", first.id, "hide")
    make(session, state, AMIRA.person_id)
    actions.delete_topic(session, MODERATOR, opened.id, SPAM)
    told = len(event_types(session))
    overturn(session, state, AMIRA.person_id)
    assert event_types(session)[told:] == ["post.deleted"], "nothing of a deleted topic is told"
    for viewer in (STRANGER, BO):
        with pytest.raises(NotFound):
            queries.post(session, viewer, first.id)
    actions.restore_topic(session, MODERATOR, opened.id)
    assert [each.body for each in queries.posts(session, STRANGER, opened.id, None, 10).items] == [
        "Un texto.", "Yes.",
    ]  # fmt: skip


def test_a_deleted_topic_whose_only_post_is_hidden_is_not_restored_without_it(session: Session) -> None:
    opened = topic(session)
    post = first_post(session, opened)
    actions.delete_topic(session, MODERATOR, opened.id, SPAM)
    state = decision("post", post.id, "hide")
    make(session, state, AMIRA.person_id)
    assert not queries.topic(session, MODERATOR, opened.id, None).may_restore
    with pytest.raises(Conflict) as error:
        actions.restore_topic(session, MODERATOR, opened.id)
    assert error.value.code == "topic-empty"
    overturn(session, state, AMIRA.person_id)
    assert queries.topic(session, MODERATOR, opened.id, None).may_restore
    actions.restore_topic(session, MODERATOR, opened.id)
    assert queries.post(session, STRANGER, post.id).body == "Un texto."


def test_in_a_deleted_topic_moderators_alone_restore_a_post(session: Session) -> None:
    opened = topic(session)
    post = reply(session, BO, opened)
    actions.delete_post(session, MODERATOR, post.id, SPAM)
    actions.delete_topic(session, MODERATOR, opened.id, SPAM)
    for viewer in (STRANGER, BO):
        with pytest.raises((NotFound, SignInNeeded)):
            actions.restore_post(session, viewer, post.id)
    assert queries.post(session, MODERATOR, post.id).may_restore
    actions.restore_post(session, MODERATOR, post.id)
    assert queries.post(session, MODERATOR, post.id).body == "Yes."


def test_who_moderates_does_not_restore_what_is_their_own_nor_learn_who_deleted_it(session: Session) -> None:
    own = topic(session, GROUP_MODERATOR, audience=CIRCLE, category=None)
    post = reply(session, GROUP_MODERATOR, topic(session, INSIDER, audience=CIRCLE, category=None))
    states = [
        decision(kind, item, "hide", audience=CIRCLE) for kind, item in (("topic", own.id), ("post", post.id))
    ]
    for state in states:
        make(session, state, GROUP_MODERATOR.person_id)
    for restore, item in ((actions.restore_topic, own.id), (actions.restore_post, post.id)):
        with pytest.raises(Forbidden) as error:
            restore(session, GROUP_MODERATOR, item)
        assert error.value.code == "not-restorer"
    told: list[TopicView | PostView | DeletionLine] = [
        queries.topic(session, GROUP_MODERATOR, own.id, None),
        queries.post(session, GROUP_MODERATOR, post.id),
        *queries.deletions(session, GROUP_MODERATOR, "topic", None, 10).items,
        *queries.deletions(session, GROUP_MODERATOR, "post", None, 10).items,
    ]
    assert len(told) == 4
    for each in told:
        assert not each.may_restore
        assert JUDGE not in each.model_dump_json()


def test_what_was_deleted_with_words_before_a_decision_has_them_again_once_it_is_overturned(
    session: Session,
) -> None:
    opened = topic(session)
    post = reply(session, BO, opened)
    actions.delete_post(session, BO, post.id, Delete(note="My #1 mistake."))
    state = decision("post", post.id, "hide")
    make(session, state, BO.person_id)
    with pytest.raises(Forbidden):
        actions.restore_post(session, BO, post.id)
    overturn(session, state, BO.person_id)
    deletion = queries.post(session, BO, post.id).deletion
    assert deletion is not None
    assert (deletion.reason, deletion.note) == ("author", "My #1 mistake.")
    actions.restore_post(session, BO, post.id)


def test_a_decision_waits_for_who_restores_at_the_same_moment(database: Database) -> None:
    with database.writing() as session:
        opened = topic(session)
        actions.delete_topic(session, AMIRA, opened.id, Delete())
    error = meet(
        database,
        lambda session: actions.restore_topic(session, AMIRA, opened.id),
        lambda session: make(session, decision("topic", opened.id, "hide"), AMIRA.person_id),
    )
    assert error is None
    with database.writing() as session, pytest.raises(Forbidden):
        actions.restore_topic(session, AMIRA, opened.id)
    with database.writing() as session:
        overturn(session, decision("topic", opened.id, "hide"), AMIRA.person_id)
    with database.reading() as session:
        assert queries.topic(session, STRANGER, opened.id, None).deletion is None


def test_one_of_a_parts_moderators_does_nothing_once_the_item_is_in_another_part(session: Session) -> None:
    def closes(part: str, number: int, language: str = "es") -> bool:
        opened = topic(session, language=language)
        make(session, decision("topic", opened.id, "close", number=number, part=part))
        return queries.topic(session, BO, opened.id, None).closed

    assert closes("talk:general", 1)
    assert closes("language:es", 2)
    assert not closes("talk:other", 3)
    assert not closes("language:en", 4)
    assert closes("language:en", 5, language="en")


# Several that hide one item


def seen(session: Session, ask: Any, item_id: str) -> bool:
    """Whether a stranger reads a topic or a post."""
    try:
        found = ask(item_id)
    except NotFound:
        return False
    return not getattr(found, "deleted", False)


def test_a_topic_is_hidden_while_anything_that_hid_it_stands(session: Session) -> None:
    def new() -> Item:
        one = topic(session)
        return Item(
            kind="topic", id=one.id, author_id=str(AMIRA.person_id),
            decide=partial(decisions.decision_made, session), answer=partial(decisions.appeal_answered, session),
            by_hand=lambda: actions.delete_topic(session, MODERATOR, one.id, SPAM),
            restore=lambda: actions.restore_topic(session, MODERATOR, one.id),
            take_back=lambda: actions.restore_topic(session, AMIRA, one.id),
            by_author=lambda: actions.delete_topic(session, AMIRA, one.id, Delete()),
            is_seen=lambda: seen(session, lambda id: queries.topic(session, STRANGER, id, None), one.id),
        )  # fmt: skip

    check(session, new)


@pytest.mark.parametrize("number", [1, 2])
def test_a_post_is_hidden_while_anything_that_hid_it_stands(session: Session, number: int) -> None:
    author = AMIRA if number == 1 else BO

    def new() -> Item:
        one = topic(session)
        post = reply(session, BO, one)
        post = first_post(session, one) if number == 1 else post
        return Item(
            kind="post", id=post.id, author_id=str(author.person_id),
            decide=partial(decisions.decision_made, session), answer=partial(decisions.appeal_answered, session),
            by_hand=lambda: actions.delete_post(session, MODERATOR, post.id, SPAM),
            restore=lambda: actions.restore_post(session, MODERATOR, post.id),
            take_back=lambda: actions.restore_post(session, author, post.id),
            by_author=lambda: actions.delete_post(session, author, post.id, Delete()),
            is_seen=lambda: seen(session, lambda id: queries.post(session, STRANGER, id), post.id),
        )  # fmt: skip

    check(session, new)


@pytest.mark.parametrize("order", [("1", "2"), ("2", "1")])
def test_a_topic_comes_back_with_its_only_post_whichever_decision_is_overturned_first(
    session: Session, order: tuple[str, str]
) -> None:
    opened = topic(session)
    post = first_post(session, opened)
    states = {str(number): decision("post", post.id, "hide", number=number) for number in (1, 2)}
    for number in ("1", "2"):
        make(session, states[number], AMIRA.person_id)
    first, last = order
    overturn(session, states[first], AMIRA.person_id)
    for ask in (
        lambda id: queries.topic(session, STRANGER, id, None),
        lambda _: queries.post(session, STRANGER, post.id),
    ):
        assert not seen(session, ask, opened.id)
    overturn(session, states[last], AMIRA.person_id)
    assert queries.post(session, STRANGER, post.id).body == "Un texto."
    assert queries.topic(session, STRANGER, opened.id, None).posts == 1


def test_a_first_posts_translations_come_back_with_the_last_that_hid_it(session: Session) -> None:
    opened = topic(session)
    reply(session, BO, opened)
    translate(session, BO, opened, "de", title="Titel", body="Text")
    post = first_post(session, opened)
    actions.delete_post(session, MODERATOR, post.id, SPAM)
    state = decision("post", post.id, "hide")
    make(session, state, AMIRA.person_id)
    actions.restore_post(session, MODERATOR, post.id)
    assert [one.language for one in queries.topic(session, STRANGER, opened.id, None).versions] == ["es"]
    overturn(session, state, AMIRA.person_id)
    found = queries.topic(session, STRANGER, opened.id, None).versions
    assert sorted(one.language for one in found) == ["de", "es"]


def test_a_decision_has_no_second_deletion_of_what_is_not_in_its_power(session: Session) -> None:
    inside = topic(session, INSIDER, audience=CIRCLE, category=None)
    actions.delete_topic(session, GROUP_MODERATOR, inside.id, SPAM)
    make(session, decision("topic", inside.id, "hide"), INSIDER.person_id)
    actions.restore_topic(session, GROUP_MODERATOR, inside.id)
    assert queries.topic(session, INSIDER, inside.id, None).deletion is None
