"""An article from its first draft until it is out."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from contracts.blog import ArticleQuery
from contracts.deletion import Delete
from contracts.errors import NotFound
from core import clock
from core.audience import Viewer
from core.database import Database
from services.blog import actions, queries
from tests.unit.blog.harness import change, draft, events, picture_file, published, slugs, translate, upload
from tests.unit.users import ADMIN, AMIRA, BO, EDITOR

STRANGER = Viewer()


def test_a_draft_is_submitted_sent_back_mended_helped_with_and_published(session: Session) -> None:
    picture = upload(session)
    article = draft(session, title="", body="", category=None)
    assert (article.status, article.slug) == ("draft", article.id)
    article = change(
        session, AMIRA, article, title="Año nuevo", body="Hola", category="community", tags=["Wiki Loves"]
    )
    article = change(session, AMIRA, article, picture_id=picture.id)
    actions.submit(session, AMIRA, article.id)
    article = actions.send_back(session, EDITOR, article.id, "Who took part?")
    assert (article.status, article.review[-1].remark) == ("returned", "Who took part?")
    article = change(session, BO, article, body="Hola a todas.")
    actions.submit(session, AMIRA, article.id)
    article = actions.publish(session, EDITOR, article.id)

    seen = queries.article(session, STRANGER, "año-nuevo", None)
    assert (seen.title, seen.body, seen.tags) == ("Año nuevo", "Hola a todas.", ["wiki-loves"])
    assert seen.contributor_ids == [BO.person_id]
    assert seen.picture == picture
    assert seen.review == []
    assert [
        line.id for line in queries.articles(session, STRANGER, ArticleQuery(tag="wiki-loves")).items
    ] == [article.id]
    assert [event.type.removeprefix("blog.article.") for event in events(session)] == [
        "changed", "changed", "changed", "submitted", "returned", "changed", "submitted", "published",
    ]  # fmt: skip
    assert [event.audience for event in events(session)] == ["members"] * 7 + ["public"]


def test_a_scheduled_article_comes_out_by_itself_even_after_a_stop(database: Database) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with clock.at(noon), database.writing() as session:
        article = draft(session)
        actions.submit(session, AMIRA, article.id)
        article = actions.schedule(session, EDITOR, article.id, noon + timedelta(hours=1))
        assert article.scheduled_for == noon + timedelta(hours=1)
        assert not actions.is_due(session)
        assert actions.publish_due(session) == 0
    with clock.at(noon + timedelta(days=2)), database.writing() as session:
        assert actions.is_due(session)
        assert actions.publish_due(session) == 1
        assert actions.publish_due(session) == 0
        out = queries.article(session, STRANGER, article.id, None)
        assert (out.status, out.published_at) == ("published", clock.now())
        assert out.scheduled_for is None
        assert events(session)[-1].type == "blog.article.published"
        assert events(session)[-1].data["by_id"] == EDITOR.person_id


def test_a_slug_freezes_when_the_article_is_out_and_former_ones_lead_there(session: Session) -> None:
    article = draft(session, title="First")
    article = change(session, AMIRA, article, title="Second")
    second = article.slug
    assert second == f"second-{article.id[-8:]}"
    assert slugs(session) == {second}, "a draft that nobody was shown gives its former slug back"
    actions.submit(session, AMIRA, article.id)
    article = change(session, AMIRA, article, title="Third")
    article = actions.publish(session, EDITOR, article.id, article.article_revision)
    article = change(session, EDITOR, article, title="Fourth")
    assert article.slug == "third"
    for name in (second, f"third-{article.id[-8:]}", "third", article.id):
        assert queries.article(session, STRANGER, name, None).id == article.id


def test_articles_of_one_title_have_slugs_of_their_own(session: Session) -> None:
    found = [published(session, title="Hello!").slug for _ in range(7)]
    assert found[:5] == ["hello", "hello-2", "hello-3", "hello-4", "hello-5"]
    assert re.fullmatch(r"hello-[0-9a-z]{8}", found[5])
    assert len(set(found)) == 7
    assert published(session, title="Submit").slug != "submit"


def test_no_slug_tells_that_there_is_an_unpublished_article_of_its_title(session: Session) -> None:
    declined = draft(session, EDITOR, title="Hello!")
    actions.submit(session, EDITOR, declined.id)
    actions.decline(session, ADMIN, declined.id, "No.")
    deleted = draft(session, EDITOR, title="Hello!")
    actions.delete_article(session, EDITOR, deleted.id, Delete())
    for guess in ("hello", "hello-2"):
        with pytest.raises(NotFound):
            queries.article(session, EDITOR, guess, None)
    mine = draft(session, AMIRA, title="Hello!")
    assert re.fullmatch(r"hello-[0-9a-z]{8}", mine.slug)
    actions.submit(session, AMIRA, mine.id)
    assert actions.publish(session, ADMIN, mine.id).slug == "hello"
    assert queries.article(session, STRANGER, mine.slug, None).slug == "hello"


def test_each_reader_gets_a_version_in_their_language(session: Session) -> None:
    article = published(session)
    translate(session, BO, article, "ar", title="سنة جديدة")
    read = {
        codes: queries.article(session, Viewer(languages=codes), article.id, None).language
        for codes in [("ar",), ("es",), ("arz", "en"), ("de",), ("de", "ar")]
    }
    assert read == {("ar",): "ar", ("es",): "es", ("arz", "en"): "ar", ("de",): "es", ("de", "ar"): "ar"}
    assert queries.article(session, AMIRA, article.id, "es").language == "es"
    line = queries.articles(session, Viewer(languages=("ar",)), ArticleQuery()).items[0]
    assert (line.title, line.language, line.languages) == ("سنة جديدة", "ar", ["es", "ar"])
    assert line.summary == "Body in ar.", "where nobody wrote a summary, the text's beginning stands"


@pytest.mark.slow
def test_a_picture_is_for_whom_may_see_an_article_with_it(session: Session) -> None:
    from_head, from_text = upload(session), upload(session, encoded=picture_file(form="PNG"))
    article = draft(session, picture_id=from_head.id, body=f"![](/media/{from_text.id}/640)")
    for picture in (from_head, from_text):
        assert queries.may_see_pictures(session, BO, {picture.id}) == {picture.id}
        assert queries.may_see_pictures(session, STRANGER, {picture.id}) == set()
    actions.submit(session, AMIRA, article.id)
    actions.publish(session, EDITOR, article.id)
    for picture in (from_head, from_text):
        assert queries.picture_bytes(session, STRANGER, picture.id, 640).media_type == picture.media_type
