"""The statements of the pages that are read most, each built once: building one takes longer than running it.

They take their values as parameters; `readers_values` has those that say what a viewer may see.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    String,
    and_,
    bindparam,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import set_committed_value

from contracts.forum import TopicQuery
from core.audience import Viewer, audiences
from core.columns import Moment, unindexed
from services.forum import rules
from services.forum.tables import Deletion, Post, Topic, TopicTag, TopicVersion

_SEEN = unindexed(Topic.audience).in_(bindparam("audiences", expanding=True))
_MODERATED = Topic.audience.in_(bindparam("moderated", expanding=True))
_THERE = Topic.deletion_id.is_(None)
_READABLE = and_(_SEEN, or_(_THERE, Topic.author_id == bindparam("person"), _MODERATED))


def is_answered(
    topic_id: SQLColumnExpression[str], author_id: SQLColumnExpression[str]
) -> ColumnElement[bool]:
    """Whether somebody but its author has written in a topic."""
    post = aliased(Post)
    return (
        select(post.id)
        .where(post.topic_id == topic_id, post.deleted_at.is_(None), post.author_id != author_id)
        .exists()
    )


_WHOLE = (
    select(Topic, Post, is_answered(Topic.id, Topic.author_id))
    .join(Post, Post.id == Topic.first_post_id)
    .where(_READABLE)
)
TOPICS_BY_ID = _WHOLE.where(Topic.id.in_(bindparam("ids", expanding=True)))
TOPIC_OF_ARTICLE = _WHOLE.where(Topic.article_id == bindparam("article"))
_VERSIONS = (
    select(TopicVersion)
    .where(TopicVersion.topic_id.in_(bindparam("ids", expanding=True)))
    .order_by(TopicVersion.language)
)
_TITLES = select(
    TopicVersion.topic_id, TopicVersion.language, TopicVersion.title, TopicVersion.excerpt
).where(TopicVersion.topic_id.in_(bindparam("ids", expanding=True)))
_TOPIC_OF_POSTS = select(Topic).where(Topic.id == bindparam("topic"), _SEEN, or_(_THERE, _MODERATED))
_POSTS = (
    select(Post)
    .where(Post.topic_id == bindparam("topic"), Post.number > bindparam("number"))
    .order_by(Post.number)
    .limit(bindparam("limit", type_=Integer))
)
_DELETIONS = select(Deletion).where(Deletion.id.in_(bindparam("ids", expanding=True)))


def readers_values(viewer: Viewer) -> dict[str, Any]:
    """The parameters that say what a viewer may see."""
    seen = audiences(viewer)
    return {
        "audiences": seen,
        "moderated": [each for each in seen if rules.moderates(viewer, each)],
        "person": viewer.person_id or "",
    }


def whole_topics(
    session: Session, viewer: Viewer, statement: Select[Topic, Post, bool], **values: object
) -> list[tuple[Topic, bool]]:
    """Topics with all that `views.topic` needs, and whether somebody but its author has written in each.

    Deleted ones are there for their authors and moderators.
    """
    found = session.execute(statement, {**readers_values(viewer), **values}).all()
    versions: dict[str, list[TopicVersion]] = {topic.id: [] for topic, _, _ in found}
    for version in session.scalars(_VERSIONS, {"ids": list(versions)}) if found else ():
        versions[version.topic_id].append(version)
    for topic, post, _ in found:
        set_committed_value(topic, "versions", versions[topic.id])
        set_committed_value(topic, "first_post", post)
        deletion = session.get(Deletion, topic.deletion_id) if topic.deletion_id else None
        set_committed_value(topic, "deletion", deletion)
    return [(topic, answered) for topic, _, answered in found]


def topic_of_posts(session: Session, viewer: Viewer, topic_id: str) -> Topic | None:
    """The topic whose posts the viewer wants to read, without its texts."""
    return session.scalar(_TOPIC_OF_POSTS, {**readers_values(viewer), "topic": topic_id})


def posts_after(session: Session, topic_id: str, number: int, limit: int) -> list[Post]:
    """Up to `limit` posts of a topic in their order, the deleted ones with their deletion."""
    rows = list(session.scalars(_POSTS, {"topic": topic_id, "number": number, "limit": limit}))
    deleted = [row for row in rows if row.deleted_at is not None]
    if deleted:
        ids = [row.deletion_id for row in deleted if row.deletion_id is not None]
        deletions = {each.id: each for each in session.scalars(_DELETIONS, {"ids": ids})}
        for row in deleted:
            set_committed_value(row, "deletion", deletions.get(row.deletion_id or ""))
    return rows


def titles(session: Session, ids: list[str]) -> dict[str, dict[str, tuple[str, str]]]:
    """Of each topic its title and excerpt by language."""
    found: dict[str, dict[str, tuple[str, str]]] = {each: {} for each in ids}
    for topic_id, language, title, excerpt in session.execute(_TITLES, {"ids": ids}) if ids else ():
        found[topic_id][language] = (title, excerpt)
    return found


_FILTERS: dict[str, ColumnElement[bool]] = {
    "category": Topic.category == bindparam("category"),
    "author_id": Topic.author_id == bindparam("author_id"),
    "audience": Topic.audience == bindparam("audience"),
    "tag": Topic.id.in_(select(TopicTag.topic_id).where(TopicTag.tag == bindparam("tag"))),
    "language": Topic.id.in_(
        select(TopicVersion.topic_id).where(TopicVersion.language == bindparam("language"))
    ),
}
_MOMENT, _LAST = bindparam("moment", type_=Moment), bindparam("last", type_=String)


def topic_list(session: Session, viewer: Viewer, query: TopicQuery, after: tuple[Any, ...]) -> list[Topic]:
    """One more than `query.limit` topics. `after`: the last topic's moment, id and, with `latest`, whether it is
    pinned; empty for the first page."""
    given = {name: value for name in _FILTERS if (value := getattr(query, name)) is not None}
    statement = _topic_list(frozenset(given), query.sort == "latest", bool(after))
    values = dict(zip(("moment", "last", "pinned"), after, strict=False))
    seen = {"audiences": audiences(viewer), "limit": query.limit + 1}
    return list(session.scalars(statement, {**seen, **given, **values}))


@lru_cache
def _topic_list(filters: frozenset[str], latest: bool, further: bool) -> Select[Topic]:
    wanted = select(Topic).where(_SEEN, _THERE, *(_FILTERS[name] for name in sorted(filters)))
    if latest:
        if further:
            key = tuple_(Topic.pinned, Topic.last_post_at, Topic.id)
            wanted = wanted.where(key < tuple_(bindparam("pinned", type_=Boolean), _MOMENT, _LAST))
        wanted = wanted.order_by(Topic.pinned.desc(), Topic.last_post_at.desc(), Topic.id.desc())
    else:
        if further:
            wanted = wanted.where(tuple_(Topic.created_at, Topic.id) < tuple_(_MOMENT, _LAST))
        wanted = wanted.order_by(Topic.created_at.desc(), Topic.id.desc())
    return wanted.limit(bindparam("limit", type_=Integer))
