"""Writes further copies of the demo's topics, for measurements: the rows and events that the actions and handlers would
write, made from those of the first copy, thousands in a transaction.

The originals were written by actions and their events handled. A copy differs in its ids, times and title alone, so
its rows differ by these alone too, and so do the replicas of notify and the index of search. Nobody is notified of a
copy: its events count as handled, as those of an import. An index in Elasticsearch gets them by their events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_rows
from bus.eventlog.schema import consumer_offset, event_log
from core.database import insert_or_ignore
from core.ids import numbered_id
from services.forum.actions import counts
from services.forum.tables import Post, PostRevision, Topic, TopicRevision, TopicTag, TopicVersion
from services.notify.tables import Follow
from services.notify.tables import Post as NotifyPost
from services.notify.tables import Topic as NotifyTopic
from services.search.embedded import EmbeddedEngine
from services.search.engine import Document, Key
from space.demo.context import DemoContext
from space.demo.templates import Copy, EventTemplate, Original, Row, RowTemplate, templates

AT_ONCE = 250
"""The copies of one topic in a transaction: some two thousand posts."""

_FORUM: tuple[Any, ...] = (
    Topic.__table__, TopicVersion.__table__, TopicRevision.__table__, TopicTag.__table__, Post.__table__,
    PostRevision.__table__,
)  # fmt: skip
_NOTIFY: tuple[Any, ...] = (NotifyTopic.__table__, NotifyPost.__table__)


@dataclass(frozen=True)
class TopicTemplate:
    """One topic with all that was made of it. `documents` are those of the index, each under its key."""

    original: Original
    category: str | None
    audience: str
    forum: dict[Any, list[RowTemplate]]
    events: list[EventTemplate]
    notify: dict[Any, list[RowTemplate]]
    follows: list[RowTemplate]
    documents: list[Document]


def write_copies(context: DemoContext) -> None:
    """Write `context.scale` - 1 copies of each topic."""
    copies = context.scale - 1
    if not copies:
        return
    found = [_template(context, topic_id) for topic_id in context.topic_ids.values()]
    next_id = 0
    with click.progressbar(length=copies * len(found), label=f"  {'copies of topics':<20}") as bar:
        for template in found:
            for first in range(1, copies + 1, AT_ONCE):
                numbers = range(first, min(first + AT_ONCE, copies + 1))
                made, next_id = _numbered(template, numbers, next_id)
                next_id = _write(context, template, made, next_id)
                bar.update(len(made))


def _numbered(template: TopicTemplate, numbers: Sequence[int], next_id: int) -> tuple[list[Copy], int]:
    made = []
    for number in numbers:
        made.append(template.original.copy(number, next_id))
        next_id += len(template.original.ids)
    return made, next_id


def _write(context: DemoContext, template: TopicTemplate, copies: Sequence[Copy], next_id: int) -> int:
    databases = context.system.databases
    events: list[Row] = []
    for copy in copies:
        for event in template.events:
            row = event.of(copy, "")
            events.append({**row, "id": numbered_id(row["occurred_at"], next_id)})
            next_id += 1
    with databases["forum"].writing() as session:
        _insert(session, template.forum, copies)
        counts.count_in_category(session, template.category, template.audience, len(copies))
        created_at, *_ = template.original.ids.values()  # the topic's comes first
        moments = [created_at - copy.earlier for copy in copies]
        counts.count_in_months(session, template.audience, moments, 1)
        end = append_rows(session, events)
    with databases["notify"].writing() as session:
        _insert(session, template.notify, copies)
        follows = [follow.of(copy) for copy in copies for follow in template.follows]
        insert_or_ignore(session, Follow.__table__, follows)  # type: ignore[arg-type]
        _count_as_handled(session, "notify", *end)
    if context.system.settings.search_server is None:
        with databases["search"].writing() as session:
            engine = EmbeddedEngine(session)
            for document in template.documents:
                engine.add_copies(document.key, list(_documents(document, template.original, copies)))
            _count_as_handled(session, "search", *end)
    # People counts what new people write, and the demo's people are not new.
    with databases["people"].writing() as session:
        _count_as_handled(session, "people", *end)
    return next_id


def _insert(session: Session, rows: dict[Any, list[RowTemplate]], copies: Sequence[Copy]) -> None:
    for table, of_table in rows.items():
        if of_table:
            session.execute(insert(table), [row.of(copy) for copy in copies for row in of_table])


def _count_as_handled(session: Session, subscription: str, seq: int, event_id: str) -> None:
    session.execute(
        update(consumer_offset)
        .where(consumer_offset.c.subscription == subscription, consumer_offset.c.producer == "forum")
        .values(seq=seq, event_id=event_id)
    )


def _documents(document: Document, of: Original, copies: Sequence[Copy]) -> Iterator[Document]:
    kind = document.key.kind
    for copy in copies:
        id = copy.ids[document.key.id]
        path = document.path.replace(document.key.id, id)
        if kind == "topic":  # its address ends with the slug
            path += copy.slug.removeprefix(of.slug)
        texts = tuple(
            replace(text, title=copy.title if text.title == of.title else text.title)
            for text in document.texts
        )
        thread = copy.ids[document.thread] if document.thread else None
        at = document.at - copy.earlier
        yield replace(document, key=Key(kind, id), path=path, at=at, texts=texts, thread=thread)


def _template(context: DemoContext, topic_id: str) -> TopicTemplate:
    databases = context.system.databases
    with databases["forum"].reading() as session:
        topic = _rows(session, Topic.__table__, "id", [topic_id])[0]
        posts = sorted(_rows(session, Post.__table__, "topic_id", [topic_id]), key=lambda row: row["number"])
        ids = {topic_id: topic["created_at"], **{post["id"]: post["created_at"] for post in posts}}
        of = Original(ids, topic["title"], topic["slug"])
        rows = {Topic.__table__: [{**topic, "pinned": False}], Post.__table__: posts}
        for table in (TopicVersion, TopicRevision, TopicTag):
            rows[table.__table__] = _rows(session, table.__table__, "topic_id", [topic_id])
        rows[TopicTag.__table__] = [{**row, "pinned": False} for row in rows[TopicTag.__table__]]
        rows[PostRevision.__table__] = _rows(
            session, PostRevision.__table__, "post_id", [post["id"] for post in posts]
        )
        subjects = [f"topic/{topic_id}", *(f"post/{post['id']}" for post in posts)]
        events = _rows(session, event_log, "subject", subjects, "seq")
    with databases["notify"].reading() as session:
        notify = {
            NotifyTopic.__table__: _rows(session, NotifyTopic.__table__, "id", [topic_id]),
            NotifyPost.__table__: _rows(session, NotifyPost.__table__, "id", [post["id"] for post in posts]),
        }
    documents: list[Document] = []
    if context.system.settings.search_server is None:
        keys = [Key("topic", topic_id), *(Key("post", post["id"]) for post in posts)]
        with databases["search"].reading() as session:
            engine = EmbeddedEngine(session)
            documents = [document for key in keys if (document := engine.document(key)) is not None]
    # Each author follows the topic since what they first wrote in it.
    since = {post["author_id"]: post["created_at"] for post in reversed(posts)}
    follow = {"kind": "topic", "target": topic_id, "level": "normal"}
    follows = [{"person_id": person, "since": moment, **follow} for person, moment in since.items()]
    return TopicTemplate(
        of,
        topic["category"],
        topic["audience"],
        {table: templates(rows[table], of) for table in _FORUM},
        [EventTemplate(_unpinned(event), of) for event in events],
        {table: templates(notify[table], of) for table in _NOTIFY},
        templates(follows, of),
        documents,
    )


def _unpinned(event: Row) -> Row:
    """Only originals are pinned."""
    topic = event["data"].get("topic")
    return (
        event if topic is None else {**event, "data": {**event["data"], "topic": {**topic, "pinned": False}}}
    )


def _rows(session: Session, table: Any, column: str, values: Sequence[str], order: str = "") -> list[Row]:
    found = select(table).where(table.c[column].in_(values))
    if order:
        found = found.order_by(table.c[order])
    return [dict(row) for row in session.execute(found).mappings()]
