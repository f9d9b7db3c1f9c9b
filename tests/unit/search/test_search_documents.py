"""Which content of the services' events is indexed, and what hits show of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.blog import ArticleState
from contracts.common import Recorded, TextVersion
from contracts.errors import Invalid
from contracts.forum import ParsedText, PostChanged, PostCreated, PostState
from contracts.people import GroupState, GroupText, PersonState, Place
from contracts.search import SearchQuery
from core.audience import STRANGER, Viewer
from core.database import Database
from services.search import documents, handlers, queries
from services.search.embedded import EmbeddedEngine

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def article(**fields: Any) -> ArticleState:
    plain: dict[str, Any] = {
        "id": "a1", "slug": "market-walk", "status": "published", "audience": "public", "author_id": "p1",
        "contributor_ids": [], "category": "community", "tags": ["maps"], "original_language": "es",
        "versions": [
            TextVersion(language="en", title="Market walk", body="**Bold** text"),
            TextVersion(language="es", title="Paseo", summary="Resumen", body="[[Página|un enlace]]"),
        ],
        "created_at": NOW, "changed_at": NOW, "published_at": NOW,
    }  # fmt: skip
    return ArticleState.model_validate(plain | fields)


def post(**fields: Any) -> PostState:
    plain: dict[str, Any] = {
        "id": "b1", "topic_id": "t1", "topic_slug": "x", "topic_title": "Where to meet", "topic_author_id": "p1",
        "audience": "public", "category": "general", "tags": [], "number": 2, "author_id": "p2", "language": "en",
        "body": "At the *station*", "created_at": NOW,
    }  # fmt: skip
    return PostState.model_validate(plain | fields)


def recorded() -> Recorded:
    return Recorded(
        producer="forum", seq=1, id="e1", type="", version=1, subject="topic/t1", audience="public",
        occurred_at=NOW, data={},
    )  # fmt: skip


def group(kind: str) -> GroupState:
    texts = [
        GroupText(language="en", name="Board", about="We decide"),
        GroupText(language="ar", name="مجلس", about=""),
    ]
    return GroupState.model_validate(
        {
            "id": "000000000000g001",
            "slug": "the-board",
            "kind": kind,
            "language": "ar",
            "texts": texts,
            "created_at": NOW,
        }
    )


@pytest.mark.parametrize("status", ["draft", "submitted", "returned", "scheduled", "declined"])
def test_what_is_not_published_is_never_indexed(database: Database, status: str) -> None:
    with database.writing() as session:
        handlers.index_article(EmbeddedEngine(session), article())
        assert queries.search(session, STRANGER, SearchQuery(q="paseo")).total == 1
        handlers.index_article(EmbeddedEngine(session), article(status=status))
        assert queries.search(session, STRANGER, SearchQuery()).total == 0


def test_an_article_is_plain_text_original_first() -> None:
    made = documents.article_document(article())
    assert made is not None
    assert made.path == "/news/market-walk"
    assert [(text.language, text.title, text.body) for text in made.texts] == [
        ("es", "Paseo", "Resumen\nun enlace"),
        ("en", "Market walk", "Bold text"),
    ]


def test_a_reply_is_found_under_its_topics_title_until_it_is_deleted(database: Database) -> None:
    with database.writing() as session:
        handlers.index_post(EmbeddedEngine(session), post())
        hit = queries.search(session, STRANGER, SearchQuery(q="station")).items[0]
        assert (hit.kind, hit.path, hit.title) == ("post", "/talk/p/b1", "Where to meet")
        handlers.index_post(EmbeddedEngine(session), post(deleted=True, body=""))
        assert queries.search(session, STRANGER, SearchQuery()).total == 0
        handlers.index_post(EmbeddedEngine(session), post(number=1))  # the topic has this text already
        assert queries.search(session, STRANGER, SearchQuery()).total == 0


def test_a_reply_is_indexed_as_its_event_says_that_it_was_parsed(database: Database) -> None:
    parsed = ParsedText(plain="By the fountain", excerpt="By the fountain")
    with database.writing() as session:
        engine = EmbeddedEngine(session)
        for event in (PostCreated, PostChanged):
            handlers.post_changed(engine, event(post=post(), by_id="p2", parsed=parsed), recorded())
            assert queries.search(session, STRANGER, SearchQuery(q="fountain")).total == 1
            handlers.post_changed(engine, event(post=post(), by_id="p2"), recorded())
            assert queries.search(session, STRANGER, SearchQuery(q="fountain")).total == 0
            assert queries.search(session, STRANGER, SearchQuery(q="station")).total == 1


def test_a_group_that_becomes_hidden_leaves_every_outsiders_answers(database: Database) -> None:
    insider = Viewer(person_id="000000000000p001", groups=frozenset({"000000000000g001"}), languages=("en",))
    with database.writing() as session:
        handlers.index_group(EmbeddedEngine(session), group("closed"))
        assert [hit.title for hit in queries.search(session, STRANGER, SearchQuery(q="board")).items] == [
            "Board"
        ]
        handlers.index_group(EmbeddedEngine(session), group("hidden"))
        assert queries.search(session, STRANGER, SearchQuery()).model_dump(exclude_defaults=True) == {
            "items": [],
            "total": 0,
        }
        assert queries.suggest(session, STRANGER, "boa", 5) == []
        assert [hit.path for hit in queries.search(session, insider, SearchQuery(q="board")).items] == [
            "/groups/the-board"
        ]


def test_a_person_is_found_by_name_place_and_their_own_words(database: Database) -> None:
    person = PersonState(
        id="p1",
        name="Amira_H",
        display_name="أميرة",
        languages=["ar"],
        place=Place(name="Cairo"),
        about="خرائط",
        joined_at=NOW,
    )
    with database.writing() as session:
        handlers.index_person(EmbeddedEngine(session), person)
        for q in ("amira_h", "Amira", "أميره", "cairo", "الخرائط"):
            assert [hit.path for hit in queries.search(session, STRANGER, SearchQuery(q=q)).items] == [
                "/people/Amira_H"
            ], q


def test_an_address_is_written_so_that_any_program_reads_it() -> None:
    made = documents.article_document(article(slug="سوق"))
    assert made is not None
    assert made.path == "/news/%D8%B3%D9%88%D9%82"


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"tags": ["x"] * 51}, ("tags", "filter-many")),
        ({"after_time": NOW, "before_time": datetime(2020, 1, 1, tzinfo=UTC)}, ("before_time", "time-order")),
        ({"after": "nonsense"}, ("after", "cursor-shape")),
    ],
)
def test_a_query_that_is_not_right_is_told_why(
    database: Database, query: dict[str, Any], fault: tuple[str, str]
) -> None:
    with database.reading() as session, pytest.raises(Invalid) as refused:
        queries.search(session, STRANGER, SearchQuery.model_validate(query))
    assert [(each.field, each.code) for each in refused.value.faults] == [fault]
