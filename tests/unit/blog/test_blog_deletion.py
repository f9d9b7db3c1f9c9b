"""Deleted articles: who may, who sees what, and what restoring brings back."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.orm import Session

from contracts.blog import ArticleQuery
from contracts.deletion import Delete
from contracts.errors import Forbidden, NotFound, SignInNeeded
from core import clock
from core.audience import STRANGER
from core.database import Database
from services.blog import actions, queries
from services.blog.actions import decisions
from tests.unit.blog.harness import EDITOR_INSIDE, change, draft, events, published
from tests.unit.harness import meet
from tests.unit.hidings import Item, check
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, CLEO, EDITOR, GROUP_MODERATOR, INSIDER, MODERATOR

pytestmark = pytest.mark.slow

SPAM = Delete(reason="spam", note="Ads.")


def test_restoring_puts_everything_back(session: Session) -> None:
    article = published(session, tags=["fiesta"])

    def seen() -> list[object]:
        return [
            queries.article(session, STRANGER, article.slug, None),
            queries.articles(session, STRANGER, ArticleQuery(tag="fiesta")),
            queries.history(session, BO, article.id, None, 10),
        ]

    before, told = seen(), len(events(session))
    actions.delete_article(session, EDITOR, article.id, SPAM)
    for viewer in (STRANGER, BO, CLEO):
        with pytest.raises(NotFound):
            queries.article(session, viewer, article.slug, None)
    with pytest.raises(NotFound):
        change(session, AMIRA, article, title="Other")
    for status in ("published", None):
        assert queries.articles(session, EDITOR, ArticleQuery(status=status)).items == []
    own, board = (queries.article(session, viewer, article.id, None) for viewer in (AMIRA, EDITOR))
    assert own.deletion is not None
    assert (own.deletion.note, own.deletion.by_id, own.may_restore, own.may_edit) == (
        "Ads.",
        None,
        False,
        False,
    )
    assert board.deletion is not None
    assert (board.deletion.by_id, board.may_restore, board.steps) == (EDITOR.person_id, True, [])
    actions.restore_article(session, ADMIN, article.id)
    assert seen() == before
    assert [event.type for event in events(session)[told:]] == [
        "blog.article.deleted",
        "blog.article.restored",
    ]
    gone = events(session)[told].data["article"]
    assert (gone["versions"], gone["tags"], gone["slug"]) == ([], [], article.id)


def test_who_may_delete(session: Session) -> None:
    out, inside = published(session), published(session, INSIDER, audience=CIRCLE)
    for viewer, which, error in (
        (STRANGER, out, SignInNeeded),
        (BO, out, Forbidden),
        (AMIRA, out, Forbidden),
        (GROUP_MODERATOR, out, Forbidden),
        (EDITOR, inside, NotFound),
        (MODERATOR, inside, NotFound),
    ):
        with pytest.raises(error):
            actions.delete_article(session, viewer, which.id, SPAM)
    actions.delete_article(session, GROUP_MODERATOR, inside.id, SPAM)
    actions.restore_article(session, EDITOR_INSIDE, inside.id)
    actions.delete_article(session, MODERATOR, out.id, SPAM)


def test_an_author_takes_back_a_draft(session: Session) -> None:
    article = draft(session)
    assert queries.article(session, AMIRA, article.id, None).may_delete
    assert actions.delete_article(session, AMIRA, article.id, Delete()).reason == "author"
    with pytest.raises(Forbidden):
        actions.restore_article(session, EDITOR, article.id)
    assert actions.restore_article(session, AMIRA, article.id).status == "draft"


def test_a_deleted_article_is_not_published_when_its_time_comes(session: Session) -> None:
    article = draft(session)
    actions.submit(session, AMIRA, article.id)
    actions.schedule(session, EDITOR, article.id, clock.now() + timedelta(hours=1))
    actions.delete_article(session, EDITOR, article.id, SPAM)
    with clock.at(clock.now() + timedelta(hours=2)):
        assert not actions.is_due(session)
        assert actions.publish_due(session) == 0
        actions.restore_article(session, EDITOR, article.id)
        assert actions.publish_due(session) == 1


def test_the_log_is_for_board_and_moderators(session: Session) -> None:
    article = published(session)
    actions.delete_article(session, EDITOR, article.id, SPAM)
    for viewer in (EDITOR, MODERATOR):
        (entry,) = queries.deletions(session, viewer, None, 10).items
        assert (entry.title, entry.note, entry.by_id) == (article.title, "Ads.", EDITOR.person_id)
    for viewer in (STRANGER, BO, INSIDER):
        with pytest.raises(Forbidden):
            queries.deletions(session, viewer, None, 10)


def test_of_two_deletions_at_one_moment_the_first_stands(database: Database) -> None:
    with database.writing() as session:
        article = published(session)
    found = []
    error = meet(
        database,
        lambda session: found.append(actions.delete_article(session, EDITOR, article.id, SPAM)),
        lambda session: found.append(
            actions.delete_article(session, ADMIN, article.id, Delete(reason="hate"))
        ),
    )
    assert error is None
    assert found[0] == found[1]


def test_a_change_that_waits_for_a_deletion_is_refused(database: Database) -> None:
    with database.writing() as session:
        article = published(session)
    error = meet(
        database,
        lambda session: actions.delete_article(session, EDITOR, article.id, SPAM),
        lambda session: change(session, AMIRA, article, title="Other"),
    )
    assert isinstance(error, NotFound)


def test_an_article_is_hidden_while_anything_that_hid_it_stands(session: Session) -> None:
    def new() -> Item:
        one = published(session)
        return Item(
            kind="article", id=one.id, author_id=str(AMIRA.person_id),
            decide=partial(decisions.decision_made, session), answer=partial(decisions.appeal_answered, session),
            by_hand=lambda: actions.delete_article(session, EDITOR, one.id, SPAM),
            restore=lambda: actions.restore_article(session, MODERATOR, one.id),
            take_back=lambda: actions.restore_article(session, AMIRA, one.id),
            by_author=None,  # what is published is everybody's
            is_seen=lambda: one.id in {
                line.id for line in queries.articles(session, STRANGER, ArticleQuery()).items
            },
        )  # fmt: skip

    check(session, new)
