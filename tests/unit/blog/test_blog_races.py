"""Several people, and several processes, at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from contracts.blog import ChangeArticle
from contracts.errors import Conflict
from core import clock
from core.database import Database
from services.blog import actions, queries
from tests.unit.blog.harness import change, draft, events, published
from tests.unit.harness import meet
from tests.unit.users import AMIRA, BO, CLEO, EDITOR


@pytest.mark.slow
def test_articles_published_at_the_same_time_have_different_slugs(database: Database) -> None:
    def begin(_: int) -> str:
        with database.writing() as session:
            return published(session, title="One title").slug

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(begin, range(12)))
    assert len(set(found)) == 12
    assert {"one-title", "one-title-2"} <= set(found)


def test_of_two_saves_at_one_moment_one_is_told_of_the_other(database: Database) -> None:
    with database.writing() as session:
        article = draft(session)

    def save(viewer_number: int) -> bool:
        viewer = (AMIRA, BO, CLEO, EDITOR)[viewer_number]
        try:
            with database.writing() as session:
                actions.change_article(
                    session, viewer, article.id, ChangeArticle(revision=1, body=f"By {viewer.name}.")
                )
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(save, range(4))) == [False, False, False, True]
    with database.reading() as session:
        assert queries.article(session, AMIRA, article.id, None).revision == 2


def test_several_processes_publish_what_is_due_once(database: Database) -> None:
    with database.writing() as session:
        for _ in range(8):
            article = draft(session)
            actions.submit(session, AMIRA, article.id)
            actions.schedule(session, EDITOR, article.id, clock.now() + timedelta(hours=1))
    later = clock.now() + timedelta(hours=2)

    def publish(_: int) -> int:
        with clock.at(later), database.writing() as session:
            return actions.publish_due(session, limit=3)

    with ThreadPoolExecutor(4) as pool:
        counts = [*pool.map(publish, range(6)), publish(0), publish(0), publish(0)]
    assert sum(counts) == 8
    with database.reading() as session:
        out = [event.subject for event in events(session) if event.type == "blog.article.published"]
        assert len(out) == len(set(out)) == 8


def test_of_two_changes_of_one_revision_one_is_told_of_the_other(database: Database) -> None:
    with database.writing() as session:
        article = draft(session)
    error = meet(
        database,
        lambda session: change(session, AMIRA, article, body="By Amira."),
        lambda session: change(session, EDITOR, article, body="By the board."),
    )
    assert isinstance(error, Conflict)
    assert error.data["theirs"]["body"] == "By Amira."
    with database.reading() as session:
        assert queries.article(session, AMIRA, article.id, None).body == "By Amira."
