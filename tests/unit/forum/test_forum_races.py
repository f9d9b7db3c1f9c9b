"""Several people at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from contracts.deletion import Delete
from contracts.errors import Conflict, Forbidden, NotFound
from contracts.forum import CreatePost, TopicView
from core import clock
from core.audience import STRANGER
from core.database import Database
from services.forum import actions, queries
from services.forum.tables import Post
from tests.unit.forum.harness import change, edit, events, first_post, reply, topic, translate
from tests.unit.harness import meet
from tests.unit.users import ADMIN, AMIRA, BO, MODERATOR


@pytest.fixture
def opened(database: Database) -> TopicView:
    """Amira's topic."""
    with database.writing() as session:
        return topic(session)


def test_replies_at_one_moment_have_numbers_without_holes(database: Database, opened: TopicView) -> None:
    def answer(number: int) -> None:
        with database.writing() as session:
            actions.create_post(session, MODERATOR, opened.id, CreatePost(body=f"reply {number}"))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(answer, range(24)))
    with database.reading() as session:
        numbers = list(session.scalars(select(Post.number).order_by(Post.number)))
        assert numbers == list(range(1, 26))
        assert queries.topic(session, STRANGER, opened.id, None).posts == 25
        assert [event.data["post"]["number"] for event in events(session)[1:]] == numbers


@pytest.mark.slow
def test_topics_opened_and_moved_at_one_moment_are_all_counted(database: Database) -> None:
    def open_one(number: int) -> str:
        with database.writing() as session, clock.at(clock.now()):
            return topic(session, BO, title=f"Topic {number}").id

    def move(topic_id: str) -> None:
        for category in ("announcements", "general", "announcements"):
            with database.writing() as session:
                change(session, ADMIN, queries.topic(session, ADMIN, topic_id, None), category=category)

    with ThreadPoolExecutor(6) as pool:
        ids = list(pool.map(open_one, range(12)))
        list(pool.map(move, ids[:6]))
    with database.reading() as session:
        counts = {each.slug: each.topics for each in queries.categories(session, STRANGER)}
        assert counts == {"general": 6, "announcements": 6}


def test_of_two_edits_of_one_revision_one_is_told_of_the_other(database: Database, opened: TopicView) -> None:
    with database.writing() as session:
        post = first_post(session, opened)
    error = meet(
        database,
        lambda session: edit(session, AMIRA, post, "By Amira."),
        lambda session: edit(session, MODERATOR, post, "By a moderator."),
    )
    assert isinstance(error, Conflict)
    assert error.data == {"yours": "By a moderator.", "theirs": "By Amira.", "revision": 2}


def test_of_two_changes_of_a_topic_one_is_told_of_the_other(database: Database, opened: TopicView) -> None:
    error = meet(
        database,
        lambda session: change(session, AMIRA, opened, title="By Amira"),
        lambda session: change(session, MODERATOR, opened, title="By a moderator"),
    )
    assert isinstance(error, Conflict)
    assert error.data["theirs"]["title"] == "By Amira"
    with database.reading() as session:
        assert queries.topic(session, STRANGER, opened.id, None).title == "By Amira"


def test_a_first_translation_made_twice_at_one_moment_is_one(database: Database, opened: TopicView) -> None:
    error = meet(
        database,
        lambda session: translate(session, BO, opened, "de", title="Von Bo"),
        lambda session: translate(session, MODERATOR, opened, "de", title="Von der Moderation"),
    )
    assert error is None
    with database.reading() as session:
        assert queries.topic(session, STRANGER, opened.id, "de").title == "Von der Moderation"


SPAM = Delete(reason="spam")


def _hidden(database: Database, topic_id: str) -> None:
    """The topic is deleted once, and no post of it is left for subscribers and readers."""
    with database.reading() as session:
        left: dict[str, bool] = {}
        for event in events(session):
            if "post" in event.data:
                left[event.data["post"]["id"]] = not event.data["post"]["deleted"]
        assert not any(left.values())
        assert [event.type for event in events(session)].count("forum.topic.deleted") == 1
        assert queries.recent_posts(session, STRANGER, None, None, 10).items == []
        counts = {each.slug: each.topics for each in queries.categories(session, STRANGER)}
        assert counts["general"] == 0


def test_a_reply_that_waits_for_a_deletion_is_refused(database: Database, opened: TopicView) -> None:
    error = meet(
        database,
        lambda session: actions.delete_topic(session, MODERATOR, opened.id, SPAM),
        lambda session: reply(session, BO, opened, "Late."),
    )
    assert isinstance(error, NotFound)
    _hidden(database, opened.id)


def test_a_deletion_that_waits_for_a_reply_takes_it_along(database: Database, opened: TopicView) -> None:
    error = meet(
        database,
        lambda session: reply(session, BO, opened, "Just in time."),
        lambda session: actions.delete_topic(session, MODERATOR, opened.id, SPAM),
    )
    assert error is None
    _hidden(database, opened.id)


def test_an_author_does_not_take_back_what_was_just_answered(database: Database, opened: TopicView) -> None:
    error = meet(
        database,
        lambda session: reply(session, BO, opened, "Just in time."),
        lambda session: actions.delete_topic(session, AMIRA, opened.id, Delete()),
    )
    assert isinstance(error, Forbidden)
    assert error.code == "topic-answered"


def test_two_moderators_delete_a_topic_once(database: Database, opened: TopicView) -> None:
    found = []
    error = meet(
        database,
        lambda session: found.append(actions.delete_topic(session, MODERATOR, opened.id, SPAM)),
        lambda session: found.append(actions.delete_topic(session, ADMIN, opened.id, Delete(reason="hate"))),
    )
    assert error is None
    assert found[0] == found[1]
    _hidden(database, opened.id)


def test_two_moderators_restore_a_topic_once(database: Database, opened: TopicView) -> None:
    with database.writing() as session:
        actions.delete_topic(session, MODERATOR, opened.id, SPAM)
    error = meet(
        database,
        lambda session: actions.restore_topic(session, MODERATOR, opened.id),
        lambda session: actions.restore_topic(session, ADMIN, opened.id),
    )
    assert error is None
    with database.reading() as session:
        assert [event.type for event in events(session)].count("forum.topic.restored") == 1
        counts = {each.slug: each.topics for each in queries.categories(session, STRANGER)}
        assert counts["general"] == 1


def test_a_post_deleted_twice_at_one_moment_is_deleted_and_counted_once(
    database: Database, opened: TopicView
) -> None:
    with database.writing() as session:
        post = reply(session, BO, opened)
    error = meet(
        database,
        lambda session: actions.delete_post(session, MODERATOR, post.id, SPAM),
        lambda session: actions.delete_post(session, ADMIN, post.id, Delete(reason="hate")),
    )
    assert error is None
    with database.reading() as session:
        assert queries.topic(session, STRANGER, opened.id, None).posts == 1
        assert [each.reason for each in queries.deletions(session, ADMIN, "post", None, 9).items] == ["spam"]


def test_a_post_restored_while_it_is_being_deleted_is_back(database: Database, opened: TopicView) -> None:
    with database.writing() as session:
        post = reply(session, BO, opened)
    error = meet(
        database,
        lambda session: actions.delete_post(session, MODERATOR, post.id, SPAM),
        lambda session: actions.restore_post(session, ADMIN, post.id),
    )
    assert error is None
    with database.reading() as session:
        assert queries.topic(session, STRANGER, opened.id, None).posts == 2
        assert not queries.post(session, STRANGER, post.id).deleted
