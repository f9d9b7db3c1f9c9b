"""The statements of the pages that are read most, each built once: building one takes longer than running it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, String, and_, bindparam, or_, select, union_all
from sqlalchemy.orm import Session

from contracts.blog import ArticleQuery
from core.audience import PUBLIC, Viewer, audiences
from core.columns import AnyRow, AnySelect, Moment, one_of, texts_named
from core.power_rows import in_power
from services.blog.tables import (
    Article,
    ArticleSlug,
    ArticleTag,
    ArticleVersion,
    Category,
    CategoryText,
    Contributor,
    Deletion,
    Picture,
    Step,
)
from services.blog.views import Parts
from services.shared import powers

_IDS = bindparam("ids", type_=String, expanding=True)


def seen(
    kind: str, audiences: Any, person: Any, decided: Any, decided_languages: Any, decided_categories: Any
) -> ColumnElement[bool]:
    """`rules.may_see_article` as a condition on rows of `Article`, for a kind of viewer (`kind_of`), who may see
    `audiences` and decides over the articles of what is `decided`. `audiences` is of
    `columns.texts_of` or `texts_named`, the others are values or parameters."""
    if kind == "stranger":
        return and_(Article.audience == PUBLIC, Article.status == "published")
    if kind == "editor":
        return one_of(Article.audience, audiences)
    of_board = in_power(Article, decided, decided_languages, decided_categories)
    there = or_(Article.status != "declined", Article.author_id == person, of_board)
    return and_(one_of(Article.audience, audiences), there)


def undeleted(
    person: Any, moderated: Any, moderated_languages: Any, moderated_categories: Any
) -> ColumnElement[bool]:
    """Whether a row of `Article` is not deleted, or is for its author and whoever moderates it."""
    of_moderator = in_power(Article, moderated, moderated_languages, moderated_categories)
    return or_(_THERE, Article.author_id == person, of_moderator)


def kind_of(viewer: Viewer) -> str:
    """What a viewer's view of articles depends on beside their audiences."""
    if not viewer.signed_in:
        return "stranger"
    return "editor" if viewer.has("editor") else "member"


def decided(viewer: Viewer) -> dict[str, list[str]]:
    """What the viewer decides over, as values for `core.power_rows.in_power`."""
    languages, categories = powers.delegated_parts(viewer, "news", "editor")
    return {
        "decided": powers.edited_audiences(viewer),
        "decided_languages": languages,
        "decided_categories": categories,
    }


def moderated(viewer: Viewer) -> dict[str, list[str]]:
    """What the viewer may delete, as values for `core.power_rows.in_power`."""
    languages, categories = powers.delegated_parts(viewer, "news", "editor", "moderator")
    of_all = {*powers.edited_audiences(viewer), *powers.moderated_audiences(viewer)}
    return {"moderated": sorted(of_all), "moderated_languages": languages, "moderated_categories": categories}


def readers_values(viewer: Viewer) -> dict[str, Any]:
    """The values of `seen` and `undeleted`."""
    mine = {"audiences": audiences(viewer), "person": viewer.person_id or ""}
    return {**mine, **decided(viewer), **moderated(viewer)}


_ARTICLE: Any = Article.__table__
_VERSION: Any = ArticleVersion.__table__
_CONTRIBUTOR: Any = Contributor.__table__
_STEP: Any = Step.__table__
_PICTURE: Any = Picture.__table__
_DELETION: Any = Deletion.__table__
_CATEGORY: Any = Category.__table__
_CATEGORY_TEXT: Any = CategoryText.__table__
_THERE = Article.deletion_id.is_(None)
_DECIDED = ("decided", "decided_languages", "decided_categories")
_MODERATED = ("moderated", "moderated_languages", "moderated_categories")
_LISTS = {name: bindparam(name, type_=String, expanding=True) for name in (*_DECIDED, *_MODERATED)}
_PERSON = bindparam("person", type_=String)
_KEY = bindparam("key", type_=String)
# A union, not an OR, for which PostgreSQL would read all articles.
_NAMED = union_all(select(_KEY), select(ArticleSlug.article_id).where(ArticleSlug.slug == _KEY))
_WANTED: dict[str, ColumnElement[bool]] = {
    "key": Article.id.in_(_NAMED),
    "ids": Article.id.in_(_IDS),
}
# Columns, not objects, which take longer to make than to read.
_VERSIONS: AnySelect = (
    select(*_VERSION.c).where(_VERSION.c.article_id.in_(_IDS)).order_by(_VERSION.c.language)
)
_CONTRIBUTORS: AnySelect = (
    select(_CONTRIBUTOR.c.article_id, _CONTRIBUTOR.c.person_id)
    .where(_CONTRIBUTOR.c.article_id.in_(_IDS))
    .order_by(_CONTRIBUTOR.c.since)
)
_STEPS: AnySelect = select(*_STEP.c).where(_STEP.c.article_id.in_(_IDS)).order_by(_STEP.c.id)
_PICTURES: AnySelect = select(*_PICTURE.c).where(_PICTURE.c.id.in_(_IDS))
_DELETIONS: AnySelect = select(*_DELETION.c).where(_DELETION.c.id.in_(_IDS))
_TEXTS = select(
    ArticleVersion.article_id,
    ArticleVersion.language,
    ArticleVersion.title,
    ArticleVersion.summary,
    ArticleVersion.excerpt,
).where(ArticleVersion.article_id.in_(_IDS))


CATEGORIES: AnySelect = (
    select(
        _CATEGORY.c.slug, _CATEGORY.c.original_language, _CATEGORY.c.closed,
        _CATEGORY_TEXT.c.language, _CATEGORY_TEXT.c.name, _CATEGORY_TEXT.c.about,
    )
    .join(_CATEGORY_TEXT, _CATEGORY_TEXT.c.category == _CATEGORY.c.slug)
    .order_by(_CATEGORY.c.position, _CATEGORY.c.slug)
)  # fmt: skip
"""A row for each text of each category, the categories in their order."""


def whole_articles(
    session: Session, viewer: Viewer, wanted: str, **values: object
) -> list[tuple[AnyRow, Parts]]:
    """Articles with all that `views.article` needs; deleted ones for whom may see them. `wanted`: by `key`, an id or
    a slug of now or before, or by `ids`."""
    session.flush()  # what a command has changed: the statements go past the session's own objects
    given = readers_values(viewer) | values
    rows = session.execute(_whole(kind_of(viewer), wanted), given).all()
    ids = [row.id for row in rows]
    versions, contributors = (
        _by_article(session, statement, ids) for statement in (_VERSIONS, _CONTRIBUTORS)
    )
    # Strangers see none of the review.
    steps = _by_article(session, _STEPS, ids if viewer.signed_in else [])
    pictures = pictures_by_id(session, (row.picture_id for row in rows))
    ended = [row.deletion_id for row in rows if row.deletion_id is not None]
    deletions = {each.id: each for each in session.execute(_DELETIONS, {"ids": ended}).all()} if ended else {}
    return [
        (
            row,
            Parts(
                versions.get(row.id, []),
                [each.person_id for each in contributors.get(row.id, ())],
                steps.get(row.id, []),
                pictures.get(row.picture_id or ""),
                deletions.get(row.deletion_id or ""),
            ),
        )
        for row in rows
    ]


def pictures_by_id(session: Session, ids: Iterable[str | None]) -> dict[str, AnyRow]:
    """The pictures with these ids; None stands for no picture."""
    wanted = sorted({each for each in ids if each is not None})
    return {row.id: row for row in session.execute(_PICTURES, {"ids": wanted}).all()} if wanted else {}


def texts(session: Session, ids: Sequence[str]) -> dict[str, dict[str, Row[str, str, str, str, str]]]:
    """Of each article its title, summary and excerpt by language."""
    found: dict[str, dict[str, Row[str, str, str, str, str]]] = {each: {} for each in ids}
    for text in session.execute(_TEXTS, {"ids": list(ids)}).all() if ids else ():
        found[text.article_id][text.language] = text
    return found


def article_list(
    session: Session, viewer: Viewer, query: ArticleQuery, after: tuple[Any, str] | None
) -> Sequence[AnyRow]:
    """One more than `query.limit` articles, newest first; those after the one with this moment and id."""
    given = {name: value for name in _FILTERS if (value := getattr(query, name)) is not None}
    statement = _list(kind_of(viewer), frozenset(given), query.status == "published", after is not None)
    values = readers_values(viewer) | given | {"limit": query.limit + 1}
    if after is not None:
        values |= {"moment": after[0], "last": after[1]}
    return session.execute(statement, values).all()


_FILTERS: dict[str, ColumnElement[bool]] = {
    "status": Article.status == bindparam("status"),
    "category": Article.category == bindparam("category"),
    "author_id": Article.author_id == bindparam("author_id"),
    "audience": Article.audience == bindparam("audience"),
    "tag": Article.id.in_(select(ArticleTag.article_id).where(ArticleTag.tag == bindparam("tag"))),
    "language": Article.id.in_(
        select(ArticleVersion.article_id).where(ArticleVersion.language == bindparam("language"))
    ),
}


@lru_cache
def _list(kind: str, filters: frozenset[str], published: bool, further: bool) -> AnySelect:
    moment = Article.published_at if published else Article.created_at
    wanted: AnySelect = select(*_ARTICLE.c).where(
        _seen(kind), _THERE, *(_FILTERS[name] for name in sorted(filters))
    )
    if further:
        earlier = moment < bindparam("moment", type_=Moment)
        same = and_(moment == bindparam("moment", type_=Moment), Article.id < bindparam("last"))
        wanted = wanted.where(or_(earlier, same))
    return wanted.order_by(moment.desc(), Article.id.desc()).limit(bindparam("limit", type_=Integer))


@lru_cache
def _whole(kind: str, wanted: str) -> AnySelect:
    undeleted_for = undeleted(_PERSON, *(_LISTS[name] for name in _MODERATED))
    return select(*_ARTICLE.c).where(_WANTED[wanted], _seen(kind), undeleted_for)


def _seen(kind: str) -> ColumnElement[bool]:
    return seen(kind, texts_named("audiences"), _PERSON, *(_LISTS[name] for name in _DECIDED))


def _by_article(session: Session, statement: AnySelect, ids: list[str]) -> dict[str, list[AnyRow]]:
    found: dict[str, list[AnyRow]] = {}
    for each in session.execute(statement, {"ids": ids}).all() if ids else ():
        found.setdefault(each.article_id, []).append(each)
    return found
