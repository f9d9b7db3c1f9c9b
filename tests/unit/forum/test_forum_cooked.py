"""The HTML of each text is stored when the text is, by whatever writes it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from contracts.blog import ArticleChanged, ArticlePublished
from contracts.common import TextVersion
from contracts.deletion import Delete
from core.audience import STRANGER
from core.markup_cooked import RENDERER, cook
from services.forum import actions, handlers, queries
from services.forum.actions.recook import recook
from services.forum.tables import Post, TopicVersion
from tests.unit.forum.harness import article, edit, reply, topic, translate
from tests.unit.users import AMIRA, BO, EDITOR, MODERATOR


def check_all(session: Session) -> int:
    """Every stored text has what is made of it; returns how many there are."""
    session.flush()
    session.expire_all()
    posts = session.scalars(select(Post)).all()
    versions = session.scalars(select(TopicVersion).where(TopicVersion.body.is_not(None))).all()
    rows: list[Post | TopicVersion] = [*posts, *versions]
    for row in rows:
        cooked = cook(row.body or "", row.language)
        assert (row.html, row.renderer) == (cooked.html, RENDERER)
    for post in posts:
        assert post.excerpt == cook(post.body, post.language).excerpt
    return len(posts) + len(versions)


def test_it_is_stored_by_everything_that_writes_a_text(session: Session) -> None:
    opened = translate(session, BO, topic(session), "en")
    answer = reply(session, BO, opened, "**one** [[Page]]")
    assert check_all(session) == 3
    answer = edit(session, BO, answer, "*two*")
    assert answer.html == "<p><em>two</em></p>\n"
    assert answer.excerpt == "two"
    first = queries.posts(session, STRANGER, opened.id, None, 1).items[0]
    edit(session, AMIRA, first, "# Otro\n\n> texto")
    assert check_all(session) == 3
    actions.delete_post(session, MODERATOR, first.id, Delete(reason="spam"))
    actions.restore_post(session, MODERATOR, first.id)
    assert check_all(session) == 3


def test_an_articles_topic_has_it_in_each_language(session: Session) -> None:
    published = article()
    handlers.article_published(session, ArticlePublished(article=published, by_id=EDITOR.person_id or ""))
    versions = [
        *published.versions,
        TextVersion(
            language="en", title="In English", summary="*Short*", translator_id=BO.person_id, reviewed=True
        ),
    ]
    changed = published.model_copy(update={"versions": versions})
    handlers.article_changed(session, ArticleChanged(article=changed, by_id=EDITOR.person_id or ""))
    assert check_all(session) == 2


def test_a_topic_has_it_in_the_readers_language(session: Session) -> None:
    opened = translate(session, BO, topic(session), "en")
    in_english = queries.topic(session, STRANGER, opened.id, "en")
    version = next(each for each in in_english.versions if each.language == "en")
    assert in_english.html == cook(version.body, "en").html
    original = next(each for each in in_english.versions if each.language == opened.original_language)
    assert queries.topic(session, STRANGER, opened.id, opened.original_language).html == (
        cook(original.body, opened.original_language).html
    )


def test_a_deleted_post_has_none(session: Session) -> None:
    opened = topic(session)
    answer = reply(session, BO, opened, "**secret**")
    actions.delete_post(session, BO, answer.id, Delete())
    for viewer in (STRANGER, BO, MODERATOR):
        gone = queries.posts(session, viewer, opened.id, None, 10).items[1]
        assert (gone.body, gone.html, gone.excerpt) == ("", "", "")
    first = queries.posts(session, STRANGER, opened.id, None, 1).items[0]
    reply(session, BO, opened, "more")
    actions.delete_post(session, MODERATOR, first.id, Delete(reason="spam"))
    assert queries.topic(session, STRANGER, opened.id, None).html == ""


def test_what_an_earlier_renderer_made_is_not_shown_and_is_renewed(session: Session) -> None:
    opened = translate(session, BO, topic(session), "en")
    for number in range(5):
        reply(session, BO, opened, f"*{number}*")
    session.flush()
    for table in ("post", "topic_version"):
        session.execute(text(f"UPDATE {table} SET html = 'old', renderer = {RENDERER - 1}"))
    session.execute(update(Post).values(excerpt="old"))
    session.expire_all()
    assert [post.html for post in queries.posts(session, STRANGER, opened.id, None, 3).items] == [None] * 3
    assert queries.topic(session, STRANGER, opened.id, "en").html is None
    numbers = []
    while number := recook(session, 2):
        numbers.append(number)
    assert sum(numbers) == 7
    assert max(numbers) <= 4
    assert check_all(session) == 7


def test_a_mention_that_depends_on_who_there_is_is_left_to_the_page(session: Session) -> None:
    answer = reply(session, BO, topic(session), "谢谢@amira的帮助")
    assert answer.html is None
    assert answer.excerpt == "谢谢@amira的帮助"


@pytest.mark.parametrize("wanted", [1, 50])
def test_nothing_is_left_to_renew_of_new_texts(session: Session, wanted: int) -> None:
    translate(session, BO, topic(session), "en")
    assert recook(session, wanted) == 0
