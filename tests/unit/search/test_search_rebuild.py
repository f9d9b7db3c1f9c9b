"""An index that is rebuilt from the logs equals the live one; so does an index that handled some events twice.

The logs of different services may be read in any order relative to each other.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bus.consumer.runner import handlers_of
from contracts import forum
from contracts.blog import ArticleChanged, ArticleDeleted, ArticlePublished, ArticleRestored, ArticleState
from contracts.common import Event, Recorded, TextVersion
from contracts.events import EventChanged, EventDeleted, EventRestored, EventState
from contracts.people import GroupChanged, GroupState, GroupText, PersonChanged, PersonState
from core.database import Database
from services.search.embedded import EmbeddedEngine
from services.search.service import SearchService
from tests.unit.harness import Store

NOW = datetime(2026, 11, 20, tzinfo=UTC)
GROUP = "0000000000000001"

ids = st.sampled_from(["a", "b"])
words = st.sampled_from(["market walk", "glossary", "東京の地図", "المكتبة", "", "Ünder-cover"])
languages = st.sampled_from(["en", "ja", "ar", "de"])
tags = st.lists(st.sampled_from(["maps", "help", "市場"]), max_size=2, unique=True)
audiences = st.sampled_from(["public", "members", f"group:{GROUP}"])


@st.composite
def versions(draw: st.DrawFn) -> list[TextVersion]:
    codes = draw(st.lists(languages, min_size=1, max_size=2, unique=True))
    return [TextVersion(language=code, title=draw(words), body=draw(words)) for code in codes]


@st.composite
def articles(draw: st.DrawFn) -> Event:
    texts = draw(versions())
    state = ArticleState(
        id=draw(ids), slug="x", status=draw(st.sampled_from(["published", "draft"])), audience=draw(audiences),
        author_id="p", contributor_ids=[], category="community", tags=draw(tags), original_language=texts[0].language,
        versions=texts, created_at=NOW, changed_at=NOW, published_at=NOW,
    )  # fmt: skip
    if draw(st.integers(0, 3)) == 0:
        return ArticleDeleted(article=state.model_copy(update={"versions": []}), by_id="p", reason="spam")
    kind = draw(st.sampled_from([ArticleChanged, ArticlePublished, ArticleRestored]))
    return kind(article=state, by_id="p")


@st.composite
def topics(draw: st.DrawFn) -> Event:
    texts = draw(versions())
    state = forum.TopicState(
        id=draw(ids), slug="x", audience=draw(audiences), category=None, tags=draw(tags), author_id="p",
        original_language=texts[0].language, versions=texts, created_at=NOW, first_post_id="f",
    )  # fmt: skip
    if draw(st.integers(0, 3)) == 0:
        return forum.TopicDeleted(topic=state.model_copy(update={"versions": []}), by_id="p", reason="spam")
    return draw(st.sampled_from([forum.TopicChanged, forum.TopicRestored]))(topic=state, by_id="p")


@st.composite
def posts(draw: st.DrawFn) -> Event:
    state = forum.PostState(
        id=draw(ids), topic_id="a", topic_slug="x", topic_title=draw(words), topic_author_id="p",
        audience=draw(audiences), category=None, tags=draw(tags), number=draw(st.integers(1, 3)), author_id="p",
        language=draw(languages), body=draw(words), created_at=NOW, deleted=draw(st.booleans()),
    )  # fmt: skip
    return draw(
        st.sampled_from([forum.PostCreated, forum.PostChanged, forum.PostDeleted, forum.PostRestored])
    )(post=state, by_id="p")


@st.composite
def events(draw: st.DrawFn) -> Event:
    texts = draw(versions())
    starts_at = NOW + timedelta(days=draw(st.integers(-9, 9)))
    state = EventState(
        id=draw(ids), slug="x", audience=draw(audiences), author_id="p", status="confirmed", format="online",
        original_language=texts[0].language, versions=texts, spoken=[], tags=draw(tags), starts_at=starts_at,
        ends_at=starts_at, timezone="UTC", local_start=datetime(2026, 1, 1), minutes=60, sequence=0,  # noqa: DTZ001
        created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    if draw(st.integers(0, 3)) == 0:
        return EventDeleted(
            event=state.model_copy(update={"versions": []}), by_id="p", reason="spam", titles={}
        )
    return draw(st.sampled_from([EventChanged, EventRestored]))(event=state, by_id="p")


@st.composite
def people(draw: st.DrawFn) -> Event:
    if draw(st.booleans()):
        name = draw(st.sampled_from(["Amira_H", "Kenji.N"]))
        return PersonChanged(
            person=PersonState(id=draw(ids), name=name, display_name=draw(words), joined_at=NOW)
        )
    state = GroupState(
        id=GROUP, slug="g", kind=draw(st.sampled_from(["open", "closed", "hidden"])), language="en",
        texts=[GroupText(language="en", name="Walkers", about=draw(words))], created_at=NOW,
    )  # fmt: skip
    return GroupChanged(group=state)


histories = st.lists(st.one_of(articles(), topics(), posts(), events(), people()), max_size=25)


@pytest.fixture(scope="session")
def empty(store: Store) -> Path:
    """A migrated index with nothing in it, to copy."""
    return Path(store.origin)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(history=histories, data=st.data())
def test_an_index_rebuilt_equals_the_live_one(empty: Path, history: list[Event], data: st.DataObject) -> None:
    live = _index(history, empty)
    by_producer: dict[str, list[Event]] = {}
    for event in history:
        by_producer.setdefault(event.type.split(".")[0], []).append(event)
    order = data.draw(st.permutations(sorted(by_producer)))
    replayed = [event for producer in order for event in by_producer[producer]]
    assert _index(replayed, empty) == live
    # A batch that is handled again from an earlier place ends alike.
    start = data.draw(st.integers(0, len(history)))
    assert _index(history + history[start:], empty) == live


def _index(history: list[Event], empty: Path) -> list[Any]:
    """The content of the index after these events."""
    file = empty.with_name("full.sqlite")
    for former in empty.parent.glob("full.sqlite*"):
        former.unlink()
    shutil.copyfile(empty, file)
    database = Database(f"sqlite:///{file}")
    handlers = {kind: each for kinds in handlers_of(SearchService).values() for kind, each in kinds.items()}
    try:
        with database.writing() as session:
            for seq, event in enumerate(history, 1):
                recorded = Recorded(
                    producer="x", seq=seq, id=f"{seq}", type=event.type, version=1, subject=event.subject(),
                    audience=event.audience(), occurred_at=NOW, data={},
                )  # fmt: skip
                for _, handler in handlers[event.type]:
                    handler(session, event, recorded)
            found: list[Any] = [list(EmbeddedEngine(session).documents())]
            tallies = "SELECT facet, value, audience, items FROM tally WHERE items <> 0 ORDER BY 1, 2, 3"
            for sql in (tallies, "SELECT * FROM author_name ORDER BY 1"):
                found.append(session.execute(text(sql)).all())
            for table in ("words", "titles"):
                session.execute(text(f"CREATE VIRTUAL TABLE {table}_terms USING fts5vocab({table}, row)"))
                found.append(session.execute(text(f"SELECT term, doc, cnt FROM {table}_terms")).all())
            return found
    finally:
        database.close()
