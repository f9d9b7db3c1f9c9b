"""What is published is what was read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from contracts.blog import ArticleView
from contracts.errors import Conflict
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.blog import actions, queries, rules
from tests.unit.blog.harness import EDITOR_INSIDE, change, draft, events, translate, upload
from tests.unit.harness import meet, migrate
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, CLEO, EDITOR, GROUP_MODERATOR, INSIDER

Change = Callable[[Session, Viewer, ArticleView], object]
CHANGES: dict[str, Change] = {
    "title": lambda session, viewer, article: change(session, viewer, article, title="Buy this"),
    "summary": lambda session, viewer, article: change(session, viewer, article, summary="Buy this"),
    "body": lambda session, viewer, article: change(session, viewer, article, body="Buy this"),
    "tags": lambda session, viewer, article: change(session, viewer, article, tags=["buy-this"]),
    "category": lambda session, viewer, article: change(session, viewer, article, category="technology"),
    "picture": lambda session, viewer, article: change(
        session, viewer, article, picture_id=upload(session, viewer).id
    ),
    "translation": lambda session, viewer, article: translate(
        session, viewer, article, "en", body="Buy this"
    ),
}


def submitted(session: Session) -> ArticleView:
    return actions.submit(session, AMIRA, draft(session).id)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_a_text_that_was_changed_at_the_last_second_does_not_go_out(session: Session, name: str) -> None:
    read = submitted(session)
    CHANGES[name](session, BO, read)
    soon = clock.now() + timedelta(hours=1)
    current = queries.article(session, EDITOR, read.id, None).article_revision
    attempts: list[Callable[[], object]] = [
        lambda: actions.publish(session, EDITOR, read.id, read.article_revision),
        lambda: actions.publish(session, EDITOR, read.id),
        lambda: actions.schedule(session, EDITOR, read.id, soon, read.article_revision),
        lambda: actions.schedule(session, EDITOR, read.id, soon),
    ]
    for attempt in attempts:
        with pytest.raises(Conflict) as refused:
            attempt()
        assert (refused.value.code, refused.value.data) == ("text-changed", {"revision": current})
    assert queries.article(session, EDITOR, read.id, None).status == "submitted"
    assert actions.publish(session, EDITOR, read.id, current).status == "published"


def test_each_step_names_the_revision_that_it_was_taken_on(session: Session) -> None:
    article = change(session, AMIRA, submitted(session), body="Más.")
    out = actions.publish(session, EDITOR, article.id, article.article_revision)
    assert [(step.status, step.by_id, step.revision) for step in out.review] == [
        ("submitted", AMIRA.person_id, 1),
        ("published", EDITOR.person_id, 2),
    ]


def test_saving_what_is_there_already_and_a_review_change_no_revision(session: Session) -> None:
    article = translate(session, BO, submitted(session), "en")
    assert article.article_revision == 2
    again = change(session, AMIRA, queries.article(session, AMIRA, article.id, "es"), body="Un texto.")
    assert again.article_revision == 2
    assert actions.review_version(session, CLEO, article.id, "en").article_revision == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_after_it_was_scheduled_goes_back_to_the_board(database: Database, name: str) -> None:
    with database.writing() as session:
        read = submitted(session)
        due = clock.now() + timedelta(hours=1)
        approved = actions.schedule(session, EDITOR, read.id, due, read.article_revision)
        assert not approved.changed_since_approval
        CHANGES[name](session, AMIRA, read)
        assert queries.article(session, EDITOR, read.id, None).changed_since_approval
    with clock.at(due + timedelta(seconds=1)), database.writing() as session:
        assert actions.publish_due(session) == 1
        assert not actions.is_due(session)
        article = queries.article(session, EDITOR, read.id, None)
        assert (article.status, article.scheduled_for, article.published_at) == ("submitted", None, None)
        back = article.review[-1]
        assert (back.status, back.reason) == ("submitted", "text-changed")
        event = events(session)[-1]
        assert (event.type, event.audience) == ("blog.article.submitted", "members")
        assert (event.data["reason"], event.data["approved_by"]) == ("text-changed", EDITOR.person_id)
        with pytest.raises(Conflict):
            actions.publish(session, EDITOR, read.id)  # nobody has read it since
    with database.writing() as session:
        current = queries.article(session, EDITOR, read.id, None).article_revision
        assert actions.publish(session, EDITOR, read.id, current).status == "published"


def test_a_change_that_was_approved_anew_goes_out(session: Session) -> None:
    article, due = submitted(session), clock.now() + timedelta(hours=1)
    actions.schedule(session, EDITOR, article.id, due, article.article_revision)
    article = change(session, AMIRA, article, body="Más.")
    again = actions.schedule(session, EDITOR, article.id, due, article.article_revision)
    assert not again.changed_since_approval
    with clock.at(due + timedelta(seconds=1)):
        actions.publish_due(session)
    assert queries.article(session, STRANGER, article.id, None).body == "Más."


LONG = "We went to Kumasi and mapped two hundred wells with the people who use them every day."
OTHER = "Buy a watch of our brand today, for only a thousand, and be the envy of your town."


def test_an_editor_who_wrote_it_wholly_and_publishes_it_is_said_to_be_alone(session: Session) -> None:
    article = actions.submit(session, AMIRA, draft(session, body=LONG).id)
    article = change(session, EDITOR, article, title="Watches", body=OTHER)
    out = actions.publish(session, EDITOR, article.id, article.article_revision)
    assert out.published_alone
    assert events(session)[-1].data["article"]["published_alone"]
    assert queries.article(session, STRANGER, out.id, None).published_alone


def test_an_editor_who_mended_it_is_not_alone(session: Session) -> None:
    article = actions.submit(session, AMIRA, draft(session, body=LONG).id)
    article = change(session, EDITOR, article, body=LONG.replace("mapped", "put on the map"))
    assert not actions.publish(session, EDITOR, article.id, article.article_revision).published_alone


def test_whoever_submitted_or_scheduled_that_very_text_has_read_it(session: Session) -> None:
    article = change(session, EDITOR, draft(session, body=LONG), body=OTHER)
    actions.submit(session, AMIRA, article.id)
    assert not actions.publish(session, EDITOR, article.id).published_alone
    own = actions.submit(session, EDITOR, draft(session, EDITOR, title="Mine").id)
    due = clock.now() + timedelta(hours=1)
    actions.schedule(session, ADMIN, own.id, due, own.article_revision)
    with clock.at(due + timedelta(seconds=1)):
        actions.publish_due(session)
    assert not queries.article(session, ADMIN, own.id, None).published_alone


def test_ones_own_article_is_published_alone(session: Session) -> None:
    own = actions.submit(session, ADMIN, draft(session, ADMIN, body=LONG).id)
    assert actions.publish(session, ADMIN, own.id, own.article_revision).published_alone
    inside = actions.submit(session, GROUP_MODERATOR, draft(session, GROUP_MODERATOR, audience=CIRCLE).id)
    due = clock.now() + timedelta(hours=1)
    actions.schedule(session, GROUP_MODERATOR, inside.id, due, inside.article_revision)
    with clock.at(due + timedelta(seconds=1)):
        actions.publish_due(session)
    assert queries.article(session, INSIDER, inside.id, None).published_alone
    others = actions.submit(session, INSIDER, draft(session, INSIDER, audience=CIRCLE).id)
    assert not actions.publish(session, EDITOR_INSIDE, others.id, others.article_revision).published_alone


@pytest.mark.parametrize(
    ("earlier", "now", "alone"),
    [
        (LONG, LONG, False),
        (LONG, OTHER, True),
        ("", LONG, True),
        ("", "", False),
        (
            "我们去库马西，和每天用井的人一起绘制了两百口井。",
            "我们去库马西，和每天用井的人一起画了两百口井。",
            False,
        ),
        (
            "我们去库马西，和每天用井的人一起绘制了两百口井。",
            "今天就买我们牌子的手表，只要一千，让全城羡慕你。",
            True,
        ),
        ("مئتا مصدر ماء على الخريطة في كوماسي", "مئتا مصدر ماء على الخريطة في كوماسي الجميلة", False),
    ],
)
def test_whose_text_it_is_is_told_in_any_script(earlier: str, now: str, alone: bool) -> None:
    assert (rules.share_of(earlier, now) < rules.OWN_SHARE) is alone


def test_of_a_change_and_a_publication_at_one_moment_the_second_knows_of_the_first(
    database: Database,
) -> None:
    with database.writing() as session:
        read = submitted(session)
    error = meet(
        database,
        lambda session: change(session, BO, read, body="Buy this"),
        lambda session: actions.publish(session, EDITOR, read.id, read.article_revision),
    )
    assert isinstance(error, Conflict)
    assert error.code == "text-changed"
    with database.reading() as session:
        assert queries.article(session, EDITOR, read.id, None).status == "submitted"


_ARTICLE = (
    "INSERT INTO article (id, slug, status, audience, author_id, category, tags, original_language, created_at,"
    " changed_at, scheduled_for) VALUES (:id, :id, :status, 'public', 'amira', 'c', '[]', 'es',"
    " '2026-01-01 00:00:00+00:00', :changed_at, '2026-02-01 00:00:00+00:00')"
)
_STEP = (
    "INSERT INTO step (id, article_id, status, by_id, at, remark)"
    " VALUES (:id, :article_id, :status, 'edith', :at, '')"
)


@pytest.fixture
def old(empty_database: Database) -> Database:
    migrate(empty_database, "blog", "0010")
    return empty_database


def test_what_was_scheduled_and_then_changed_before_this_release_is_read_again(old: Database) -> None:
    with old.writing() as session:
        for name, status, changed in (
            ("kept", "scheduled", "03"),
            ("changed", "scheduled", "04"),
            ("waiting", "submitted", "03"),
            ("out", "published", "09"),
        ):
            at = f"2026-01-{changed} 00:00:00+00:00"
            session.execute(text(_ARTICLE), {"id": name, "status": status, "changed_at": at})
            for number, each in enumerate(("submitted", status), 2):
                at = f"2026-01-0{number} 00:00:00+00:00"
                values = {"id": f"{name}{number}", "article_id": name, "status": each, "at": at}
                session.execute(text(_STEP), values)
    migrate(old, "blog")
    with old.reading() as session:
        rows = session.execute(text("SELECT id, revision, reason FROM step ORDER BY id")).all()
        assert {row.id: row.revision for row in rows if row.revision is not None} == {
            "kept3": 1,
            "changed3": 0,
            "waiting3": 1,
        }
        assert {row.reason for row in rows} == {""}
        assert set(session.execute(text("SELECT article_revision, published_alone FROM article"))) == {
            (1, False)
        }
