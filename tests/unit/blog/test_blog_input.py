"""Stale edits, bad input and limits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import insert
from sqlalchemy.orm import Session

from contracts.blog import ArticleQuery, CreateArticle
from contracts.categories import SetCategoryState
from contracts.errors import Conflict, Invalid, NotFound, SignInNeeded, TooMany
from core import clock
from core.audience import Viewer
from core.ids import new_id
from services.blog import actions, queries
from services.blog.actions.pictures import MOST_PICTURES
from services.blog.actions.texts import MOST_ARTICLES
from services.blog.tables import Picture
from services.shared.limits import without_limits
from tests.unit.blog.harness import change, draft, events, published, translate, upload
from tests.unit.users import ADMIN, AMIRA, BO, CLEO, EDITOR


def faults(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in refused.value.faults]


def test_a_stale_edit_is_refused_with_both_texts(session: Session) -> None:
    stale = draft(session)
    change(session, BO, stale, body="Bo's text.")
    with pytest.raises(Conflict) as refused:
        change(session, AMIRA, stale, title="Amira's title")
    assert refused.value.code == "edit-conflict"
    assert refused.value.data == {
        "yours": {"title": "Amira's title", "summary": "", "body": "Bo's text."},
        "theirs": {"title": "Año nuevo", "summary": "", "body": "Bo's text."},
        "revision": 2,
    }
    assert change(session, AMIRA, stale, revision=2, title="Amira's title").body == "Bo's text."


def test_a_translation_has_revisions_of_its_own(session: Session) -> None:
    article = translate(session, BO, draft(session), "en")
    change(session, AMIRA, article, revision=1, body="Otro.")
    article = change(session, BO, article, revision=1, language="en", body="Other.")
    assert (article.language, article.body, article.revision) == ("en", "Other.", 2)
    with pytest.raises(Conflict):
        change(session, CLEO, article, revision=1, language="en", body="Third.")


def test_saving_what_is_there_already_changes_nothing(session: Session) -> None:
    article = draft(session, tags=["one"])
    before = len(events(session))
    again = change(
        session, AMIRA, article, title=article.title, body=article.body, tags=["One"], category="community"
    )
    assert (again.revision, len(events(session))) == (1, before)
    assert len(queries.history(session, AMIRA, article.id, None, 10).items) == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"language": "xx-klingon"}, ("language", "language-unknown")),
        ({"category": "nothing"}, ("category", "category-unknown")),
        ({"tags": ["ok", "!!!"]}, ("tags", "tag-shape")),
        ({"tags": [f"tag{n}" for n in range(11)]}, ("tags", "tags-many")),
        ({"picture_id": "0123456789abcdef"}, ("picture_id", "picture-unknown")),
    ],
)
def test_a_draft_with_bad_input_is_refused(
    session: Session, fields: dict[str, Any], fault: tuple[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        draft(session, **fields)
    assert faults(refused) == [fault]
    article = draft(session)
    with pytest.raises(Invalid) as refused:
        change(session, AMIRA, article, **fields)
    expected = fault if fault[0] != "language" else ("language", "language-unknown")
    assert faults(refused) == [expected]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "a" * 201},
        {"body": "a" * 50_001},
        {"audience": "everybody"},
        {"audience": "group:x"},
        {"language": 7},
        {"title": "\ud800"},
        {"unknown": 1},
    ],
)
def test_what_no_article_can_be_does_not_reach_the_blog(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CreateArticle.model_validate({"language": "es", **fields})


def test_language_codes_and_tags_are_stored_in_one_form(session: Session) -> None:
    article = draft(session, language="pt_BR", tags=["#Wiki Loves", "wiki-loves", "Ñandú"])
    assert (article.original_language, article.tags) == ("pt-br", ["wiki-loves", "ñandú"])


def test_what_is_missing_is_said_at_once(session: Session) -> None:
    article = draft(session, title="", body="  ", category=None)
    with pytest.raises(Invalid) as refused:
        actions.submit(session, AMIRA, article.id)
    assert faults(refused) == [
        ("title", "title-missing"),
        ("body", "body-missing"),
        ("category", "category-missing"),
    ]


def test_what_was_submitted_is_not_emptied(session: Session) -> None:
    article = draft(session)
    actions.submit(session, AMIRA, article.id)
    with pytest.raises(Invalid) as refused:
        change(session, AMIRA, article, title="")
    assert faults(refused) == [("title", "title-missing")]


def test_a_time_that_has_passed_and_a_step_without_a_reason_are_refused(session: Session) -> None:
    article = draft(session)
    actions.submit(session, AMIRA, article.id)
    with pytest.raises(Invalid) as refused:
        actions.schedule(session, EDITOR, article.id, clock.now())
    assert faults(refused) == [("at", "time-past")]
    for step in (actions.send_back, actions.decline):
        with pytest.raises(Invalid) as refused:
            step(session, EDITOR, article.id, " ")
        assert faults(refused) == [("remark", "remark-missing")]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"language": "es"}, ("language", "language-is-original")),
        ({"language": "klingon"}, ("language", "language-unknown")),
        ({"language": "en", "based_on": 7}, ("based_on", "revision-unknown")),
        ({"language": "en", "based_on": 0}, ("based_on", "revision-unknown")),
    ],
)
def test_a_bad_translation_is_refused(
    session: Session, fields: dict[str, Any], fault: tuple[str, str]
) -> None:
    article = draft(session)
    with pytest.raises(Invalid) as refused:
        translate(session, BO, article, **fields)
    assert faults(refused) == [fault]


def test_a_version_that_is_not_there_is_named(session: Session) -> None:
    article = draft(session)
    for language, wanted in (
        ("fr", "version-unknown"),
        ("klingon", "language-unknown"),
        ("es", "language-is-original"),
    ):
        with pytest.raises(Invalid) as refused:
            actions.review_version(session, BO, article.id, language)
        assert faults(refused) == [("language", wanted)]


@pytest.mark.parametrize("after", ["", "x", "1", "1_", "%", "٣_x", "9" * 19 + "_x"])
def test_a_cursor_of_ones_own_making_is_refused(session: Session, after: str) -> None:
    article = draft(session)
    with pytest.raises(Invalid) as refused:
        queries.articles(session, AMIRA, ArticleQuery(after=after))
    assert faults(refused) == [("after", "cursor-shape")]
    with pytest.raises(Invalid):
        queries.history(session, AMIRA, article.id, after, 10)


@pytest.mark.parametrize("asked", ["", "nothing", "0123456789abcdef", "🎉", "a" * 5000, "'; --"])
def test_an_unknown_article_is_not_found(session: Session, asked: str) -> None:
    with pytest.raises(NotFound):
        queries.article(session, ADMIN, asked, None)
    with pytest.raises(NotFound):
        actions.submit(session, ADMIN, asked)


def test_categories_are_named_and_set_by_administrators(session: Session) -> None:
    assert [(each.slug, each.name, each.language) for each in queries.categories(session, AMIRA)] == [
        ("community", "Comunidad", "es"),
        ("technology", "Technology", "en"),
    ]
    actions.set_category(session, ADMIN, "community", "ar", {"ar": ("المجتمع", ""), "he": ("קהילה", "")})
    assert queries.categories(session, BO)[0].name == "المجتمع"


def test_nothing_new_comes_into_a_closed_category_and_what_is_there_stays(session: Session) -> None:
    inside, other = draft(session, BO, category="community"), draft(session, BO, category="technology")
    closed = SetCategoryState(closed=True, reason="Empty")
    actions.set_category_state(session, ADMIN, "community", closed)
    assert change(session, BO, inside, title="Of before").category == "community"
    attempts: list[Callable[[], object]] = [
        lambda: draft(session, BO, category="community"),
        lambda: change(session, BO, other, category="community"),
    ]
    for attempt in attempts:
        with pytest.raises(Invalid) as refused:
            attempt()
        assert refused.value.faults[0].code == "category-closed"


@pytest.mark.slow
def test_nobody_floods_the_board_but_an_import_may(session: Session) -> None:
    for _ in range(MOST_ARTICLES):
        draft(session, BO)
    with pytest.raises(TooMany) as refused:
        draft(session, BO)
    assert refused.value.code == "too-many-articles"
    assert 0 < int(refused.value.params["seconds"]) <= timedelta(days=1).total_seconds() + 1
    with clock.at(clock.now()), pytest.raises(TooMany):
        draft(session, BO)  # a clock that is set is no import
    with without_limits():
        draft(session, BO)
    draft(session, AMIRA)


def test_the_history_of_an_article_is_for_members_and_complete(session: Session) -> None:
    article = draft(session)
    article = change(session, BO, article, body="Bo's.")
    translate(session, CLEO, article, "en")
    actions.submit(session, AMIRA, article.id)
    actions.publish(session, EDITOR, article.id)
    with pytest.raises(SignInNeeded):
        queries.history(session, Viewer(), article.id, None, 10)
    first = queries.history(session, BO, article.id, None, 2)
    rest = queries.history(session, BO, article.id, first.next, 2)
    assert [(each.language, each.revision, each.by_id) for each in [*first.items, *rest.items]] == [
        ("en", 1, CLEO.person_id),
        ("es", 2, BO.person_id),
        ("es", 1, AMIRA.person_id),
    ]
    assert rest.next is None


@pytest.mark.slow
def test_uploads_are_limited(session: Session) -> None:
    first = session.get_one(Picture, upload(session).id)
    columns = {column.name: getattr(first, column.name) for column in Picture.__table__.columns}
    session.execute(insert(Picture), [{**columns, "id": new_id()} for _ in range(MOST_PICTURES - 2)])
    upload(session)
    with pytest.raises(TooMany) as refused:
        upload(session)
    assert refused.value.code == "too-many-pictures"
    upload(session, EDITOR)


def test_a_published_article_keeps_what_it_needs(session: Session) -> None:
    article = published(session)
    with pytest.raises(Invalid) as refused:
        change(session, EDITOR, article, body=" ")
    assert faults(refused) == [("body", "body-missing")]
