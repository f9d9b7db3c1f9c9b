"""The HTML of each version of an article is stored when its text is."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.audience import STRANGER
from core.database import Database
from core.markup_cooked import RENDERER, cook
from services.blog import queries
from services.blog.actions.recook import recook
from services.blog.tables import ArticleVersion
from tests.unit.blog.harness import change, published, translate, upload
from tests.unit.harness import insert_row, migrate
from tests.unit.users import AMIRA, BO, EDITOR

pytestmark = pytest.mark.slow


def check_all(session: Session) -> int:
    """Every version has what is made of its text; returns how many there are."""
    session.flush()
    session.expire_all()
    versions = session.scalars(select(ArticleVersion)).all()
    for version in versions:
        cooked = cook(version.body, version.language)
        assert (version.html, version.excerpt, version.renderer) == (cooked.html, cooked.excerpt, RENDERER)
    return len(versions)


def test_it_is_stored_with_the_original_a_change_and_a_translation(session: Session) -> None:
    article = published(session, body="**One** [[Page]]")
    assert check_all(session) == 1
    translate(session, BO, article, "en", body="*Two*")
    assert check_all(session) == 2
    changed = change(session, EDITOR, queries.article(session, AMIRA, article.id, "es"), body="# Three")
    assert check_all(session) == 2
    assert changed.html == "<h2>Three</h2>\n"
    in_english = queries.article(session, STRANGER, article.id, "en")
    assert (in_english.html, in_english.excerpt) == ("<p><em>Two</em></p>\n", "Two")


def test_what_an_earlier_renderer_made_is_not_shown_and_is_renewed(session: Session) -> None:
    article = translate(session, BO, published(session), "en")
    session.flush()
    session.execute(text("UPDATE article_version SET html = 'old', renderer = 0, excerpt = ''"))
    session.expire_all()
    assert queries.article(session, STRANGER, article.id, None).html is None
    assert [recook(session, 1) for _ in range(3)] == [1, 1, 0]
    assert check_all(session) == 2


def test_it_has_the_sizes_of_its_pictures_but_not_of_another_persons(session: Session) -> None:
    own, foreign = upload(session, AMIRA), upload(session, BO)
    body = f"![A](/media/{own.id}/640) ![B](/media/{foreign.id}/640)"
    article = published(session, AMIRA, body=body)
    session.flush()
    session.expire_all()
    html = queries.article(session, STRANGER, article.id, None).html or ""
    assert html.count(' width="640" height="480" srcset="') == 1
    assert f'srcset="/media/{own.id}/320 320w' in html
    assert f'<img src="/media/{foreign.id}/640" alt="B" loading="lazy" decoding="async">' in html
    session.execute(text("UPDATE article_version SET renderer = 0"))
    session.expire_all()
    assert [recook(session, 5), recook(session, 5)] == [1, 0]
    assert queries.article(session, STRANGER, article.id, None).html == html


def test_old_texts_get_the_sizes_of_their_pictures(empty_database: Database) -> None:
    migrate(empty_database, "blog", "0011")
    insert_row(empty_database, "article", id="a1", author_id="sam", original_language="en")
    for language, body in (("en", "![A](/media/06gzjj0yzg2217fw/320)"), ("de", "Ohne Bild")):
        old = {"language": language, "body": body, "html": "old", "renderer": 1}
        insert_row(empty_database, "article_version", article_id="a1", **old)
    size = {"width": 800, "height": 600, "media_type": "image/jpeg"}
    insert_row(empty_database, "picture", id="06gzjj0yzg2217fw", uploaded_by="sam", **size)
    insert_row(empty_database, "picture_use", article_id="a1", picture_id="06gzjj0yzg2217fw")
    migrate(empty_database, "blog")
    with empty_database.writing() as session:
        found = {row.language: row.html for row in session.scalars(select(ArticleVersion))}
    assert ' width="320" height="240" srcset="/media/06gzjj0yzg2217fw/320 320w, ' in (found["en"] or "")
    assert found["de"] == "old"


def test_the_html_of_old_articles_is_made_once(empty_database: Database) -> None:
    migrate(empty_database, "blog", "0007")
    insert_row(empty_database, "article", id="a1", original_language="en")
    for language, body in (("en", "**Hello** [[Page]]"), ("de", "*Hallo*")):
        insert_row(empty_database, "article_version", article_id="a1", language=language, body=body)
    migrate(empty_database, "blog")
    with empty_database.writing() as session:
        assert check_all(session) == 2
        assert recook(session, 9) == 0
