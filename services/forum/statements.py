"""The statements of the forum's reads. Each is built once and selects columns: to load a row as an object with its
collections, and to build a statement anew, takes longer than the database does.

`rights` has the parameters that say what a viewer may read; others are named where a statement is.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)

from core.audience import Viewer, audiences
from core.columns import Moment, one_of, texts_named, unindexed
from core.power_rows import in_power
from services.forum.tables import (
    Category,
    CategoryCount,
    CategoryText,
    Deletion,
    Post,
    PostRevision,
    Topic,
    TopicMonth,
    TopicTag,
    TopicVersion,
)
from services.shared import powers

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]

# The tables, not the mapped classes: a statement of these goes past the session's own work.
_TOPIC: Any = Topic.__table__
_VERSION: Any = TopicVersion.__table__
_POST: Any = Post.__table__
_TAG: Any = TopicTag.__table__
_CATEGORY: Any = Category.__table__
_CATEGORY_TEXT: Any = CategoryText.__table__
_COUNT: Any = CategoryCount.__table__
_MONTH: Any = TopicMonth.__table__
_EARLIER: Any = PostRevision.__table__
_DELETION: Any = Deletion.__table__

_FIRST: Any = _POST.alias("first_post")
_OTHER: Any = _POST.alias("other_post")


def rights(viewer: Viewer) -> dict[str, Any]:
    """The parameters that say what the viewer may read."""
    return {
        "audiences": audiences(viewer),
        "reader_id": viewer.person_id or "",
        **powers.moderated(viewer, "talk"),
    }


def _many(name: str) -> Any:
    return bindparam(name, type_=String(), expanding=True)


def _one(name: str, type_: Any = String) -> Any:
    return bindparam(name, type_=type_)


_THERE: ColumnElement[bool] = _TOPIC.c.deletion_id.is_(None)


def seen(audiences: Any) -> ColumnElement[bool]:
    """Whether a topic is of one of these audiences: `columns.texts_of` or `texts_named`."""
    return one_of(unindexed(_TOPIC.c.audience), audiences)


def moderated(moderated: Any, moderated_languages: Any, moderated_categories: Any) -> ColumnElement[bool]:
    """Whether a topic is of what somebody moderates, by `rules.moderates`: `powers.moderated`, or parameters."""
    return in_power(_TOPIC.c, moderated, moderated_languages, moderated_categories)


def readable(audiences: Any, reader_id: Any, **mine: Any) -> ColumnElement[bool]:
    """The same, and it is not deleted, or is for its author and whoever moderates it (`moderated`)."""
    return and_(seen(audiences), or_(_THERE, _TOPIC.c.author_id == reader_id, moderated(**mine)))


_SEEN = seen(texts_named("audiences"))
_RIGHTS = {name: _many(name) for name in ("moderated", "moderated_languages", "moderated_categories")}
_MODERATED = moderated(**_RIGHTS)
_READABLE = readable(texts_named("audiences"), _one("reader_id"), **_RIGHTS)
_WITH_POSTS = and_(_SEEN, or_(_THERE, _MODERATED))
"""Whose posts are read: those of a deleted topic by its moderators alone."""

_ANSWERED = (
    select(_OTHER.c.id)
    .where(
        _OTHER.c.topic_id == _TOPIC.c.id,
        _OTHER.c.deleted_at.is_(None),
        _OTHER.c.author_id != _TOPIC.c.author_id,
    )
    .exists()
    .label("answered")
)


def _whole(which: ColumnElement[bool]) -> AnySelect:
    """Topics, each with what its first post says, and whether somebody but its author has written in it."""
    first: AnySelect = select(
        *_TOPIC.c,
        _FIRST.c.body.label("first_body"),
        _FIRST.c.html.label("first_html"),
        _FIRST.c.renderer.label("first_renderer"),
        _FIRST.c.deleted_at.label("first_deleted_at"),
        _FIRST.c.withholds,
        _ANSWERED,
    )
    return first.join(_FIRST, _FIRST.c.id == _TOPIC.c.first_post_id).where(which, _READABLE)


TOPIC = _whole(_TOPIC.c.id == _one("topic_id"))
TOPIC_OF_ARTICLE = _whole(_TOPIC.c.article_id == _one("article_id"))
TOPICS_BY_ID = _whole(_TOPIC.c.id.in_(_many("topic_ids")))

TITLED_TOPIC: AnySelect = select(
    *(
        _TOPIC.c[name]
        for name in (
            "id", "audience", "author_id", "original_language", "category", "titled_by", "titled_at", "created_at",
        )
    )
).where(_TOPIC.c.id == _one("topic_id"), _READABLE)  # fmt: skip
"""What the history of its titles needs of a topic, if the viewer may read it."""

VERSIONS: AnySelect = (
    select(*_VERSION.c).where(_VERSION.c.topic_id.in_(_many("topic_ids"))).order_by(_VERSION.c.language)
)
"""All texts of some topics."""

TITLES: AnySelect = select(
    _VERSION.c.topic_id, _VERSION.c.language, _VERSION.c.title, _VERSION.c.excerpt
).where(_VERSION.c.topic_id.in_(_many("topic_ids")))
"""What lists show of the texts of some topics."""


class TopicOfPosts(NamedTuple):
    """What the views of its posts need of a topic."""

    id: str
    slug: str
    audience: str
    author_id: str
    article_id: str | None
    closed: bool
    deletion_id: str | None
    last_number: int
    original_language: str
    category: str | None
    withholds_titles: bool


_OF_POSTS = [_TOPIC.c[name] for name in TopicOfPosts._fields]

TOPIC_OF_POSTS: AnySelect = select(*_OF_POSTS).where(_TOPIC.c.id == _one("topic_id"), _WITH_POSTS)
"""A `TopicOfPosts`, if the viewer may read them."""

POSTS: AnySelect = (
    select(*_POST.c)
    .where(_POST.c.topic_id == _one("topic_id"), _POST.c.number > _one("number", Integer))
    .order_by(_POST.c.number)
    .limit(_one("most", Integer))
)
"""The `most` posts of a topic after the one with this number."""

# The topic's columns come last and have other names than the post's.
_WITH_TOPIC: AnySelect = select(*_POST.c, *(each.label(f"of_topic_{each.name}") for each in _OF_POSTS)).join(
    _TOPIC, _TOPIC.c.id == _POST.c.topic_id
)
_POST_SEEN = one_of(_POST.c.audience, texts_named("audiences"))

POST: AnySelect = _WITH_TOPIC.where(_POST.c.id == _one("post_id"), _POST_SEEN, or_(_THERE, _MODERATED))
"""One post with its topic (`topic_of`). Moderators also see those of a deleted topic."""


def topic_of(row: AnyRow) -> TopicOfPosts:
    """The topic of a post that was read with it."""
    return TopicOfPosts(*row[-len(_OF_POSTS) :])


@cache
def recent_posts(of_author: bool, goes_on: bool) -> AnySelect:
    """The `most` newest posts with their topics, of all or of `author_id`; if it `goes_on`, those before the one with
    `last_id` and `last_at`."""
    wanted = _WITH_TOPIC.where(_POST_SEEN, _POST.c.deleted_at.is_(None), _THERE)
    if of_author:
        wanted = wanted.where(_POST.c.author_id == _one("author_id"))
    order = (_POST.c.created_at, _POST.c.id)
    if goes_on:
        wanted = wanted.where(tuple_(*order) < tuple_(_one("last_at", Moment), _one("last_id")))
    return wanted.order_by(*(column.desc() for column in order)).limit(_one("most", Integer))


@cache
def earlier_texts(newest_first: bool, goes_on: bool) -> AnySelect:
    """The `most` earlier texts of a post; if it `goes_on`, those behind the one with the number `last`."""
    revision = _EARLIER.c.revision
    wanted: AnySelect = select(*_EARLIER.c).where(_EARLIER.c.post_id == _one("post_id"))
    if goes_on:
        last = _one("last", Integer)
        wanted = wanted.where(revision < last if newest_first else revision > last)
    order = revision.desc() if newest_first else revision.asc()
    return wanted.order_by(order).limit(_one("most", Integer))


ALL_EARLIER_TEXTS: AnySelect = (
    select(*_EARLIER.c).where(_EARLIER.c.post_id == _one("post_id")).order_by(_EARLIER.c.revision)
)
"""All earlier texts of a post, the oldest first."""

DELETIONS: AnySelect = select(*_DELETION.c).where(_DELETION.c.id.in_(_many("deletion_ids")))
"""Some deletions."""

CATEGORIES: AnySelect = (
    select(
        _CATEGORY.c.slug, _CATEGORY.c.original_language, _CATEGORY.c.official, _CATEGORY.c.closed,
        _CATEGORY.c.audience,
        _CATEGORY_TEXT.c.language, _CATEGORY_TEXT.c.name, _CATEGORY_TEXT.c.about,
    )
    .join(_CATEGORY_TEXT, _CATEGORY_TEXT.c.category == _CATEGORY.c.slug)
    .where(one_of(_CATEGORY.c.audience, texts_named("audiences")))
    .order_by(_CATEGORY.c.position, _CATEGORY.c.slug)
)  # fmt: skip
"""A row for each text of each category that somebody may see, the categories in their order."""

TOPICS_IN_CATEGORIES: AnySelect = (
    select(_COUNT.c.category, func.sum(_COUNT.c.topics))
    .where(one_of(_COUNT.c.audience, texts_named("audiences")))
    .group_by(_COUNT.c.category)
)

TOPICS_IN_MONTHS: AnySelect = (
    select(_MONTH.c.month, func.sum(_MONTH.c.topics).label("items"))
    .where(one_of(_MONTH.c.audience, texts_named("audiences")))
    .group_by(_MONTH.c.month)
    .having(func.sum(_MONTH.c.topics) > 0)
    .order_by(_MONTH.c.month.desc())
)
"""The months in which topics were created that somebody may see, the latest first, with their number."""

_FILTERS: dict[str, ColumnElement[bool]] = {
    "tag": _TAG.c.tag == _one("tag"),
    "category": _TOPIC.c.category == _one("category"),
    "author_id": _TOPIC.c.author_id == _one("author_id"),
    "audience": _TOPIC.c.audience == _one("audience"),
    "language": _TOPIC.c.id.in_(select(_VERSION.c.topic_id).where(_VERSION.c.language == _one("language"))),
}
FILTERS = tuple(_FILTERS)
"""By what lists of topics may be filtered, as `contracts.forum.TopicQuery` and the statements' parameters name it."""

_ORDERS = {
    "latest": (_TOPIC.c.pinned, _TOPIC.c.last_post_at, _TOPIC.c.id),
    "new": (_TOPIC.c.created_at, _TOPIC.c.id),
}
# Of a tag by what stands beside it, for there its index has it in order.
_ORDERS_OF_TAG = {
    "latest": (_TAG.c.pinned, _TAG.c.last_post_at, _TAG.c.topic_id),
    "new": (_TAG.c.created_at, _TAG.c.topic_id),
}
_LAST = {"pinned": Boolean, "at": Moment, "id": String}


# No more than there are filters and orders together: 128.
@cache
def topics(filters: frozenset[str], sort: str, goes_on: bool) -> AnySelect:
    """The `most` topics of a list; if it `goes_on`, those behind the one with `last_id`, `last_at` and, of `latest`,
    `last_pinned`."""
    of_tag = "tag" in filters
    order = _ORDERS_OF_TAG[sort] if of_tag else _ORDERS[sort]
    topics: AnySelect = select(*_TOPIC.c)
    if of_tag:
        topics = topics.join(_TAG, _TAG.c.topic_id == _TOPIC.c.id)
    wanted = topics.where(_SEEN, _THERE, *(_FILTERS[name] for name in sorted(filters)))
    if goes_on:
        names = ("pinned", "at", "id")[-len(order) :]
        last = [_one(f"last_{name}", _LAST[name]) for name in names]
        wanted = wanted.where(tuple_(*order) < tuple_(*last))
    return wanted.order_by(*(column.desc() for column in order)).limit(_one("most", Integer))
