"""Lists, their pages and what they cost; the schema; the log."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from contracts.common import Page
from contracts.deletion import Delete
from contracts.forum import PostState, PostView, TopicLine, TopicQuery, TopicState, TopicView
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.forum import actions, queries, views
from services.forum.actions.helpers import TEXTS
from services.forum.tables import Post, Topic, TopicTag
from tests.unit.forum.harness import change, edit, events, reply, topic, translate
from tests.unit.harness import NOON, pages_of, plans_of, statements_of, take_steps
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, EDITOR, INSIDER, MODERATOR


def walk(session: Session, viewer: Viewer, between: Callable[[], object], **query: object) -> list[str]:
    """The ids of all pages; `between` runs after each."""

    def read(after: str | None) -> Page[TopicLine]:
        asked = TopicQuery.model_validate({"limit": 2, "after": after, **query})
        return queries.topics(session, viewer, asked)

    return [line.id for line in pages_of(read, between)]


@pytest.mark.slow
@pytest.mark.parametrize("sort", ["latest", "new"])
def test_pages_of_topics_lose_and_repeat_nothing_while_topics_open(session: Session, sort: str) -> None:
    made = []
    for minute in (0, 0, 1, 2, 2, 3, 4):
        with clock.at(NOON + timedelta(minutes=minute)):
            made.append((minute, topic(session).id))
    pinned = [made[3], made[0]]
    for _, topic_id in pinned:
        change(session, MODERATOR, queries.topic(session, MODERATOR, topic_id, None), pinned=True)

    def more_opens() -> None:
        with clock.at(NOON + timedelta(hours=1)):
            topic(session)

    found = walk(session, STRANGER, more_opens, sort=sort)
    rest = sorted((each for each in made if sort == "new" or each not in pinned), reverse=True)
    expected = rest if sort == "new" else [*sorted(pinned, reverse=True), *rest]
    before = {topic_id for _, topic_id in made}
    assert [topic_id for topic_id in found if topic_id in before] == [topic_id for _, topic_id in expected]
    assert len(found) == len(set(found))


def test_pages_of_posts_lose_and_repeat_nothing_while_replies_come(session: Session) -> None:
    opened = topic(session)
    for number in range(2, 6):
        reply(session, BO, opened, f"post {number}")
    found: list[PostView] = []
    page: Page[PostView] = queries.posts(session, STRANGER, opened.id, None, 2)
    found += page.items
    reply(session, AMIRA, opened, "late")
    while page.next is not None:
        page = queries.posts(session, STRANGER, opened.id, page.next, 2)
        found += page.items
    assert [post.number for post in found] == [1, 2, 3, 4, 5, 6]
    assert [post.number for post in queries.posts(session, STRANGER, opened.id, "4", 10).items] == [5, 6]
    assert queries.posts(session, STRANGER, opened.id, "600", 10).items == []


def test_recent_posts_of_all_or_of_one_person(session: Session) -> None:
    opened, inside = topic(session), topic(session, INSIDER, audience=CIRCLE)
    replies = [reply(session, BO, opened, f"{number}").id for number in range(4)]
    reply(session, INSIDER, inside)
    first = queries.recent_posts(session, STRANGER, BO.person_id, None, 3)
    reply(session, BO, opened, "later")
    rest = queries.recent_posts(session, STRANGER, BO.person_id, first.next, 3)
    assert [post.id for post in [*first.items, *rest.items]] == replies[::-1]
    assert rest.next is None
    assert {post.topic_id for post in queries.recent_posts(session, STRANGER, None, None, 50).items} == {
        opened.id
    }
    assert len(queries.recent_posts(session, INSIDER, None, None, 50).items) == 8


def test_topics_are_listed_by_category_tag_language_person_and_audience(session: Session) -> None:
    first = topic(session, tags=["one"])
    second = topic(session, BO, language="en")
    third = topic(session, EDITOR, category="announcements")
    inside = topic(session, INSIDER, audience=CIRCLE)
    translate(session, BO, first, "ar")

    def ids(viewer: Viewer = STRANGER, **query: object) -> list[str]:
        return walk(session, viewer, lambda: None, **query)

    assert ids(category="general") == [second.id, first.id]
    assert ids(category="announcements") == [third.id]
    assert ids(tag="one") == [first.id]
    assert ids(language="ar") == [first.id]
    assert ids(author_id=BO.person_id) == [second.id]
    assert ids(INSIDER, audience=CIRCLE) == [inside.id]
    assert ids(INSIDER) == [inside.id, third.id, second.id, first.id]


def test_each_reader_gets_a_version_in_their_language(session: Session) -> None:
    opened = translate(session, BO, topic(session), "ar", title="صور")
    read = {
        codes: queries.topic(session, Viewer(languages=codes), opened.id, None).title
        for codes in [("ar",), ("es",), ("arz", "en"), ("de",)]
    }
    assert read == {("ar",): "صور", ("es",): "Fotos", ("arz", "en"): "صور", ("de",): "Fotos"}
    line = queries.topics(session, Viewer(languages=("ar",)), TopicQuery()).items[0]
    assert (line.title, line.language, line.languages, line.excerpt) == (
        "صور",
        "ar",
        ["es", "ar"],
        "Body in ar.",
    )


def test_lists_cost_the_same_few_statements_however_long_they_are(session: Session) -> None:
    for number in range(10):
        opened = translate(session, BO, topic(session, tags=[f"t{number}"]), "en")
        reply(session, MODERATOR, opened)
    session.flush()

    def cost(read: Callable[[], object]) -> int:
        session.expunge_all()
        with statements_of(session.get_bind()) as statements:
            read()
        return len(statements)

    assert cost(lambda: queries.topics(session, AMIRA, TopicQuery())) == 2
    assert cost(lambda: queries.topic(session, AMIRA, opened.id, None)) == 2
    assert cost(lambda: queries.posts(session, AMIRA, opened.id, None, 50)) == 2
    assert cost(lambda: queries.topic_page(session, AMIRA, opened.id, None, None, 50)) == 3
    assert cost(lambda: queries.recent_posts(session, AMIRA, None, None, 50)) == 1
    assert cost(lambda: queries.categories(session, AMIRA)) == 2


@pytest.mark.parametrize("sort", ["latest", "new"])
@pytest.mark.parametrize(
    "which", [{}, {"category": "general"}, {"author_id": BO.person_id}, {"tag": "one"}], ids=str
)
def test_the_newest_topics_are_found_without_sorting_all(
    session: Session, sort: str, which: dict[str, str]
) -> None:
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by its statistics, and an empty table has none")
    statements: list[tuple[str, tuple[object, ...]]] = []

    def note(
        _connection: object, _cursor: object, statement: str, parameters: tuple[object, ...], *_: object
    ) -> None:
        statements.append((statement, parameters))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    queries.topics(session, INSIDER, TopicQuery.model_validate({"sort": sort, **which}))
    event.remove(engine, "before_cursor_execute", note)
    plan = (
        session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[0][0]}", statements[0][1]).all()
    )
    assert not [step for step in plan if "TEMP B-TREE" in step[3]], plan


@pytest.mark.parametrize("sort", ["latest", "new"])
@pytest.mark.parametrize(
    "which", [{}, {"category": "general"}, {"author_id": BO.person_id}, {"tag": "one"}], ids=str
)
def test_the_newest_topics_are_not_sorted_on_postgresql(
    session: Session, sort: str, which: dict[str, str]
) -> None:
    topic(session)
    session.flush()
    query = TopicQuery.model_validate({"sort": sort, **which})
    for plan in plans_of(session, lambda: queries.topics(session, INSIDER, query)):
        assert "Seq Scan" not in plan, plan
        assert "Sort" not in plan or "on topic_version" in plan, plan


@pytest.mark.parametrize(
    "read",
    [
        lambda session, opened: queries.topics(session, INSIDER, TopicQuery()),
        lambda session, opened: queries.topics(session, INSIDER, TopicQuery(category="general")),
        lambda session, opened: queries.topics(session, INSIDER, TopicQuery(sort="new")),
        lambda session, opened: queries.posts(session, INSIDER, opened.id, None, 20),
        lambda session, opened: queries.topic(session, INSIDER, opened.id, None),
        lambda session, opened: queries.recent_posts(session, INSIDER, None, None, 20),
        lambda session, opened: queries.recent_posts(session, INSIDER, BO.person_id, None, 20),
    ],
    ids=["latest", "category", "new", "posts", "topic", "recent posts", "a person's posts"],
)
def test_each_list_has_an_index_on_postgresql(
    session: Session, read: Callable[[Session, TopicView], object]
) -> None:
    opened = topic(session)
    session.flush()
    for plan in plans_of(session, lambda: read(session, opened)):
        assert "Seq Scan" not in plan, plan
        # The few texts of a topic are sorted by language.
        assert "Sort" not in plan or "on topic_version" in plan, plan


def test_a_reply_costs_the_same_in_a_long_topic(session: Session) -> None:
    opened = topic(session)
    costs = []
    for _ in range(6):
        session.expunge_all()
        with statements_of(session.get_bind()) as statements:
            reply(session, MODERATOR, opened)
        costs.append(len(statements))
    assert max(costs[1:]) == min(costs[1:]) <= 6


STEP = st.sampled_from(
    [
        "open",
        "reply",
        "reply",
        "edit",
        "delete",
        "rename",
        "tag",
        "pin",
        "close",
        "translate",
        "move",
        "hide",
        "restore",
        "put back",
    ]
)


def take(session: Session, step: str, ids: list[str], number: int) -> None:
    """One step of somebody at one of the topics; what is refused changes nothing."""
    if step == "open" or not ids:
        ids.append(topic(session, title=f"Title {number}").id)
        return
    chosen = queries.topic(session, MODERATOR, ids[number % len(ids)], None)
    posts = queries.posts(session, MODERATOR, chosen.id, None, 100).items
    post = posts[number % len(posts)]
    match step:
        case "reply":
            reply(session, BO, chosen, f"reply {number}")
        case "edit":
            edit(session, (AMIRA, BO)[number % 2], post, f"edited {number}")
        case "delete":
            actions.delete_post(session, (AMIRA, BO)[number % 2], post.id, Delete())
        case "put back":
            actions.restore_post(session, (AMIRA, BO)[number % 2], post.id)
        case "rename":
            change(session, AMIRA, chosen, title=f"Renamed {number}")
        case "tag":
            change(session, AMIRA, chosen, tags=[f"t{number % 3}"])
        case "pin" | "close":
            change(
                session, MODERATOR, chosen, **{{"pin": "pinned", "close": "closed"}[step]: number % 2 == 0}
            )
        case "translate":
            translate(session, BO, chosen, ("en", "ar")[number % 2], body=f"version {number}")
        case "hide":
            actions.delete_topic(session, MODERATOR, chosen.id, Delete(reason="spam"))
        case "restore":
            actions.restore_topic(session, (AMIRA, MODERATOR)[number % 2], chosen.id)
        case "move":
            change(session, ADMIN, chosen, category=("general", "announcements")[number % 2])


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(STEP, st.integers(0, 30)), max_size=25))
def test_the_last_events_are_the_state_and_the_counters_are_right(
    database: Database, steps: list[tuple[str, int]]
) -> None:
    with Session(database.engine, expire_on_commit=False) as session:
        take_steps(session, take, steps)
        topics, posts = {}, {}
        for each in events(session):
            if "topic" in each.data:
                state = TopicState.model_validate(each.data["topic"])
                topics[state.id] = state
            else:
                said = PostState.model_validate(each.data["post"])
                posts[said.id] = said
        rows = session.scalars(select(Topic).options(*TEXTS)).all()
        assert {
            row.id: views.topic_state(row) if row.deletion_id is None else views.deleted_topic_state(row)
            for row in rows
        } == topics
        by_id = {row.id: row for row in rows}
        tags = session.execute(select(*TopicTag.__table__.c)).all()
        assert sorted(tuple(each) for each in tags) == sorted(
            (tag, row.id, row.pinned, row.created_at, row.last_post_at) for row in rows for tag in row.tags
        )
        live = [row for row in session.scalars(select(Post)) if row.deleted_at is None]
        assert {
            row.id: views.post_state(row, by_id[row.topic_id])
            for row in live
            if by_id[row.topic_id].deletion_id is None
        } == {post_id: post for post_id, post in posts.items() if not post.deleted}
        for row in rows:
            mine = [post for post in live if post.topic_id == row.id]
            assert row.posts == len(mine)
            assert row.last_post_at == max([post.created_at for post in mine], default=row.created_at)
            if row.deletion_id is not None:
                continue
            assert views.body_of(row, views.original(row)) == (
                "" if (first := posts[row.first_post_id]).deleted else first.body
            )
        counts = {each.slug: each.topics for each in queries.categories(session, STRANGER)}
        assert counts == {
            slug: sum(row.category == slug and row.deletion_id is None for row in rows) for slug in counts
        }
        months = Counter(f"{row.created_at:%Y-%m}" for row in rows if row.deletion_id is None)
        assert {each.month: each.items for each in queries.topic_months(session, STRANGER)} == months
        session.rollback()
