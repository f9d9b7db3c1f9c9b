"""Helpers of the blog's commands: locking an article, its slug, texts, tags and pictures."""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from contracts.errors import NotFound, invalid
from core import category_rows, clock
from core.audience import Viewer
from core.cooked_columns import set_cooked
from core.ids import new_id
from core.markup_parse import Sizes
from core.tag_rows import TagRows
from services.blog import queries, rules, views
from services.blog.tables import (
    Article,
    ArticleRevision,
    ArticleSlug,
    ArticleTag,
    ArticleVersion,
    Category,
    Contributor,
    FormerCategory,
    FormerTag,
    Picture,
    PictureUse,
)
from services.shared.powers import check_not_archived
from services.shared.texts import clean_tags

WHOLE = (
    selectinload(Article.versions),
    selectinload(Article.contributors),
    selectinload(Article.steps),
    selectinload(Article.picture),
)
"""All that belongs to an article."""


def article_for_change(session: Session, viewer: Viewer, article_id: str, deleted: bool = False) -> Article:
    """The article with all that belongs to it, locked until the transaction ends; `NotFound` unless visible.

    `deleted`: also a deleted one, for whom may still read it.
    """
    seen = queries.readable(viewer) if deleted else queries.visible(viewer)
    row = session.scalars(
        select(Article).where(Article.id == article_id, seen).options(*WHOLE).with_for_update()
    ).first()
    if row is None:
        raise NotFound()
    check_not_archived(viewer, row.audience)
    return row


def write_text(
    session: Session,
    version: ArticleVersion,
    title: str | None,
    summary: str | None,
    body: str | None,
    by_id: str,
) -> bool:
    """Change a version's text where it differs (None: as it is), and add it to the history. Returns whether
    it changed."""
    title = version.title if title is None else title
    summary = version.summary if summary is None else summary
    body = version.body if body is None else body
    if version.revision and (title, summary, body) == (version.title, version.summary, version.body):
        return False
    version.title, version.summary = title, summary
    set_body(version, body)
    version.revision += 1
    version.changed_by, version.changed_at = by_id, clock.now()
    session.add(
        ArticleRevision(
            id=new_id(),
            article_id=version.article_id,
            language=version.language,
            revision=version.revision,
            title=title,
            summary=summary,
            body=body,
            by_id=by_id,
            at=clock.now(),
        )
    )
    return True


def set_body(version: ArticleVersion, body: str, pictures: Sizes | None = None) -> None:
    """Give a version its text, and what is made of it. `pictures` are the sizes of those in it."""
    version.body = body
    version.excerpt = set_cooked(version, body, version.language, pictures).excerpt


def picture_sizes(session: Session, article_id: str) -> Sizes:
    """The width and height of the pictures that the article shows, by their ids."""
    shown = select(Picture.id, Picture.width, Picture.height).join(PictureUse)
    found = session.execute(shown.where(PictureUse.article_id == article_id))
    return {row.id: (row.width, row.height) for row in found}


def full_text(text: ArticleVersion | ArticleRevision) -> str:
    """Title, summary and body together."""
    return "\n\n".join((text.title, text.summary, text.body))


def new_version(
    article: Article, language: str, translator_id: str | None, based_on: int | None
) -> ArticleVersion:
    """A version without text yet; `write_text` gives it its first one."""
    return ArticleVersion(
        article_id=article.id,
        language=language,
        title="",
        summary="",
        body="",
        revision=0,
        translator_id=translator_id,
        based_on=based_on,
        reviewed=translator_id is None,
    )


def claim_slug(session: Session, article: Article, title: str) -> None:
    """Give the article the best free slug. A draft that was never submitted frees its previous one."""
    published = article.published_at is not None
    candidates = rules.slug_candidates(title, article.id, article.audience, published)
    held = select(ArticleSlug.slug, ArticleSlug.article_id).where(ArticleSlug.slug.in_(candidates))
    taken = {row.slug: row.article_id for row in session.execute(held)}
    former = article.slug
    for slug in candidates:
        if (
            slug == article.id
            or taken.get(slug) == article.id
            or (slug not in taken and _insert_slug(session, slug, article.id))
        ):
            article.slug = slug
            break
    if former and former != article.slug and article.status == "draft" and not article.steps:
        session.execute(delete(ArticleSlug).where(ArticleSlug.slug == former))


def set_published(session: Session, article: Article) -> None:
    """Note that the article is published now, and give it the slug that it keeps. The one before leads there too."""
    article.published_at = clock.now()
    session.flush()
    claim_slug(session, article, views.original(article).title)


def _insert_slug(session: Session, slug: str, article_id: str) -> bool:
    try:
        with session.begin_nested():
            session.execute(insert(ArticleSlug).values(slug=slug, article_id=article_id))
    except IntegrityError:
        return False  # another transaction was faster
    return True


def set_tags(session: Session, article: Article, tags: list[str]) -> None:
    """Replace the article's tags."""
    if article.tags:
        session.execute(delete(ArticleTag).where(ArticleTag.article_id == article.id))
    if tags:
        session.execute(insert(ArticleTag), [{"tag": tag, "article_id": article.id} for tag in tags])
    article.tags = tags


def add_contributor(session: Session, article: Article, person_id: str) -> bool:
    """Add the person as a contributor if they help before publication and are not one yet. Returns whether it
    did."""
    known = {article.author_id, *(each.person_id for each in article.contributors)}
    if article.published_at is not None or person_id in known:
        return False
    article.contributors.append(Contributor(article_id=article.id, person_id=person_id, since=clock.now()))
    return True


def checked_tags(session: Session, typed: list[str]) -> list[str]:
    """Tags in the form in which they are stored; for one that was replaced its successor. Raises as `clean_tags`."""
    return TagRows(session, FormerTag, ArticleTag.article_id).now(clean_tags(typed, rules.MOST_TAGS))


def check_category(session: Session, slug: str, present: str = "") -> str:
    """The slug of a category that an article is put into, which stays until the transaction ends: of one that was
    merged into another, that other one. `present`: the one that the article is in.

    Raises `category-unknown` unless there is such a category, and `category-closed` if it is closed.
    """
    category = category_rows.kept(session, Category, FormerCategory, slug)
    if category is None:
        raise invalid("category", "category-unknown", category=slug)
    found: str = category.slug
    if category.closed and found != present:
        raise invalid("category", "category-closed")
    return found


def check_picture(session: Session, viewer: Viewer, picture_id: str) -> None:
    """`Invalid` with `picture-unknown` unless the viewer may see that picture, with `picture-undescribed` unless it has
    its description."""
    if not queries.may_see_pictures(session, viewer, {picture_id}):
        raise invalid("picture_id", "picture-unknown")
    if not queries.described(session, {picture_id}):
        raise invalid("picture_id", "picture-undescribed")


def note_pictures(session: Session, viewer: Viewer, article: Article, among: set[str] | None = None) -> None:
    """Store which pictures the article shows: everybody who may see the article may see those.

    A picture that the writer may not see is left out; otherwise its address alone would open it to everybody. So is one
    without its author and licence, and a new one that is not `among` those given (None: each may be new). What is made
    of the texts is made anew with the sizes of their pictures.
    """
    shown = {article.picture_id} if article.picture_id else set()
    shown |= {picture for version in article.versions for picture in rules.picture_ids(version.body)}
    noted = set(session.scalars(select(PictureUse.picture_id).where(PictureUse.article_id == article.id)))
    if gone := noted - shown:
        session.execute(
            delete(PictureUse).where(PictureUse.article_id == article.id, PictureUse.picture_id.in_(gone))
        )
    new = shown - noted if among is None else (shown - noted) & among
    if fresh := queries.described(session, queries.may_see_pictures(session, viewer, new)):
        session.execute(
            insert(PictureUse),
            [{"article_id": article.id, "picture_id": picture} for picture in sorted(fresh)],
        )
    if with_pictures := [each for each in article.versions if rules.picture_ids(each.body)]:
        sizes = picture_sizes(session, article.id)
        for version in with_pictures:
            set_body(version, version.body, sizes)
