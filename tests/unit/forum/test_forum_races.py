"""Several people at once."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from contracts.forum import CreatePost
from core import clock
from core.database import Database
from services.forum import actions, queries
from services.forum.tables import Post
from tests.unit.forum.harness import ADMIN, BO, MODERATOR, STRANGER, change, events, topic


def test_replies_at_one_moment_have_numbers_without_holes(database: Database) -> None:
    with database.writing() as session:
        opened = topic(session)

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
