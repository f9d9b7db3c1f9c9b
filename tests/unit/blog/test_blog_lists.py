"""Lists, their pages and what they cost; the schema; the log."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bus.service import Resources
from contracts.blog import ArticleLine, ArticleQuery, ArticleState, UploadPicture
from contracts.common import Page
from contracts.errors import Invalid
from core import clock
from core.audience import Viewer
from core.database import Database
from core.settings import Settings
from services.blog import actions, queries
from services.blog.service import BlogService
from tests.unit.blog.harness import change, draft, events, picture_file, published, translate, upload
from tests.unit.harness import NOON, pages_of, plans_of, statements_of, take_steps
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, CLEO, EDITOR, INSIDER


def walk(session: Session, viewer: Viewer, between: Callable[[], object], **query: object) -> list[str]:
    """The ids of all pages; `between` runs after each."""

    def read(after: str | None) -> Page[ArticleLine]:
        asked = ArticleQuery.model_validate({"limit": 3, "after": after, **query})
        return queries.articles(session, viewer, asked)

    return [line.id for line in pages_of(read, between)]


def test_pages_lose_and_repeat_nothing_while_articles_come_out(session: Session) -> None:
    made = []
    for minute in (0, 0, 0, 1, 2, 2, 3):
        with clock.at(NOON + timedelta(minutes=minute)):
            made.append((minute, published(session).id))

    def come_out() -> None:
        with clock.at(NOON + timedelta(hours=1)):
            published(session)

    assert walk(session, Viewer(), come_out) == [each for _, each in sorted(made, reverse=True)]


def test_the_queue_is_listed_by_state_category_and_creation(session: Session) -> None:
    first, second = draft(session), draft(session, category="technology")
    third = draft(session, BO, tags=["one"])
    for each in (first, second):
        actions.submit(session, AMIRA, each.id)

    def ids(**query: object) -> list[str]:
        return walk(session, EDITOR, lambda: None, **query)

    assert ids(status="submitted") == [second.id, first.id]
    assert ids(status="submitted", category="community") == [first.id]
    assert ids(status=None) == [third.id, second.id, first.id]
    assert ids(status="draft", tag="one") == [third.id]
    assert ids(status="draft", author_id=BO.person_id) == [third.id]
    assert ids(status="published") == []


def test_a_list_can_be_of_a_language_or_of_a_group(session: Session) -> None:
    article, other = published(session), published(session)
    inside = published(session, INSIDER, audience=CIRCLE)
    translate(session, BO, article, "en")
    assert walk(session, Viewer(), lambda: None, language="en") == [article.id]
    assert walk(session, INSIDER, lambda: None, language="es") == [inside.id, other.id, article.id]
    assert walk(session, INSIDER, lambda: None, audience=CIRCLE) == [inside.id]


@pytest.mark.slow
def test_a_list_costs_the_same_few_statements_however_long_it_is(session: Session) -> None:
    for number in range(12):
        article = published(session, picture_id=upload(session).id, tags=[f"t{number}"])
        translate(session, BO, article, "en")
    session.flush()
    session.expunge_all()
    with statements_of(session.get_bind()) as statements:
        page = queries.articles(session, AMIRA, ArticleQuery())
    assert (len(page.items), len(statements)) == (12, 3)
    session.expunge_all()
    with statements_of(session.get_bind()) as statements:
        queries.article(session, AMIRA, article.slug, None)
    assert len(statements) == 5
    with statements_of(session.get_bind()) as statements:
        queries.categories(session, AMIRA)
    assert len(statements) == 1


@pytest.mark.parametrize(
    "query",
    [
        ArticleQuery(),
        ArticleQuery(category="community"),
        ArticleQuery(author_id=AMIRA.person_id),
        ArticleQuery(status="submitted"),
    ],
)
@pytest.mark.parametrize("viewer", [Viewer(), AMIRA, EDITOR], ids=["stranger", "member", "editor"])
def test_each_list_has_an_index_on_postgresql(session: Session, viewer: Viewer, query: ArticleQuery) -> None:
    article = published(session)
    session.flush()
    plans = plans_of(session, lambda: queries.articles(session, viewer, query))
    plans += plans_of(session, lambda: queries.article(session, viewer, article.slug, None))
    for plan in plans:
        assert "Seq Scan" not in plan, plan


@pytest.mark.slow
def test_the_service_takes_pictures_and_publishes_what_is_due(database: Database) -> None:
    service = BlogService()
    service.resources = Resources(
        Settings(home=Path(), base_url="", secret_key="", databases={}, vendor=Path()), database
    )
    command = UploadPicture(
        base64=picture_file(), alt="A boat", author="Amira", licence="CC0", source="own work"
    )
    picture = service.upload_picture(AMIRA, command)
    assert service.picture_bytes(AMIRA, picture.id, 640).media_type == "image/webp"
    with pytest.raises(Invalid):
        service.upload_picture(AMIRA, command.model_copy(update={"base64": "no picture"}))
    with database.writing() as session, clock.at(clock.now() - timedelta(days=1)):
        article = draft(session)
        actions.submit(session, AMIRA, article.id)
        actions.schedule(session, EDITOR, article.id, clock.now() + timedelta(hours=1))
    service.publish_due()
    assert service.article(Viewer(), article.id, None).status == "published"


STEP = st.sampled_from(
    ["draft", "title", "body", "help", "tags", "submit", "return", "decline", "publish", "schedule", "translate",
     "review", "due"]
)  # fmt: skip


def take(session: Session, step: str, ids: list[str], number: int) -> None:
    """One step of somebody at one of the articles; what is refused changes nothing."""
    if step == "draft" or not ids:
        ids.append(draft(session, title=f"Title {number % 3}").id)
        return
    chosen = ids[number % len(ids)]
    if step == "due":
        with clock.at(clock.now() + timedelta(days=2)):
            actions.publish_due(session)
        return
    article = queries.article(session, EDITOR, chosen, None)
    original = queries.article(session, EDITOR, chosen, article.original_language)
    match step:
        case "title" | "body":
            change(session, AMIRA, original, **{step: f"{step} {number}"})
        case "help":
            change(session, BO, original, body=f"helped {number}")
        case "tags":
            change(session, AMIRA, original, tags=[f"t{number % 4}"])
        case "submit":
            actions.submit(session, AMIRA, chosen)
        case "return":
            actions.send_back(session, EDITOR, chosen, "Please mend.")
        case "decline":
            actions.decline(session, EDITOR, chosen, "No.")
        case "publish":
            actions.publish(session, EDITOR, chosen)
        case "schedule":
            actions.schedule(session, EDITOR, chosen, clock.now() + timedelta(days=1))
        case "translate":
            translate(session, CLEO, article, ("en", "ar")[number % 2], body=f"version {number}")
        case "review":
            actions.review_version(session, BO, chosen, "en")


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(STEP, st.integers(0, 30)), max_size=25))
def test_the_last_event_of_each_article_is_its_state(
    database: Database, steps: list[tuple[str, int]]
) -> None:
    with Session(database.engine, expire_on_commit=False) as session:
        ids = take_steps(session, take, steps)
        states = {
            state.id: state
            for state in (ArticleState.model_validate(each.data["article"]) for each in events(session))
        }
        assert set(states) == set(ids)
        published_once = [each.subject for each in events(session) if each.type == "blog.article.published"]
        assert len(published_once) == len(set(published_once))
        for article_id, state in states.items():
            view = queries.article(session, ADMIN, article_id, state.original_language)
            assert state == ArticleState.model_validate(
                {**view.model_dump(), "contributor_ids": view.contributor_ids}
            )
        session.rollback()
