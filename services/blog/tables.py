"""What blog stores: articles, what they said and when, pictures, and categories."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, MetaData, String, Text, false
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, relationship

from core.columns import CONSTRAINT_NAMES, Json, Moment
from core.cooked_columns import CookedColumns
from core.shared_columns import (
    AdministrationColumns,
    CategoryColumns,
    CategoryTextColumns,
    DecidedChangeColumns,
    DeletionColumns,
    FormerCategoryColumns,
    VersionColumns,
    WithheldColumns,
)
from core.tag_rows import FormerTagColumns


class Base(DeclarativeBase):
    """Base of blog's tables."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


class Category(CategoryColumns, Base):
    """A predefined category. `CategoryText` has its names and descriptions."""

    __tablename__ = "category"

    texts: Mapped[list[CategoryText]] = relationship(lazy="raise", cascade="all, delete-orphan")


class CategoryText(CategoryTextColumns, Base):
    """A category's name and description in one language."""

    __tablename__ = "category_text"


class Decision(AdministrationColumns, Base):
    """A decision of an administrator about categories."""

    __tablename__ = "decision"


class FormerCategory(FormerCategoryColumns, Base):
    """The slug of a category that was merged into another one."""

    __tablename__ = "former_category"


class Article(Base):
    """One article: what is common to its language versions.

    `published_at` is set once, and freezes the slug. `category` is empty until somebody chooses one.
    `deletion_id` is set while the article is deleted. `withholds`: earlier texts are withheld.
    `article_revision` counts every change of what readers see: of
    the texts in all languages, of tags, category and picture. `published_alone`: nobody but who published it is known
    to have read what was published.
    """

    __tablename__ = "article"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    status: Mapped[str] = mapped_column(String(20))
    audience: Mapped[str] = mapped_column(String(30))
    author_id: Mapped[str] = mapped_column(String(16))
    category: Mapped[str] = mapped_column(String(100))
    tags: Mapped[list[str]] = mapped_column(Json)
    original_language: Mapped[str] = mapped_column(String(20))
    picture_id: Mapped[str | None] = mapped_column(ForeignKey("picture.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    scheduled_for: Mapped[datetime | None] = mapped_column(Moment)
    article_revision: Mapped[int]
    published_alone: Mapped[bool]
    deletion_id: Mapped[str | None] = mapped_column(String(16))
    withholds: Mapped[bool] = mapped_column(default=False, server_default=false())

    versions: Mapped[list[ArticleVersion]] = relationship(lazy="raise", order_by="ArticleVersion.language")
    contributors: Mapped[list[Contributor]] = relationship(lazy="raise", order_by="Contributor.since")
    steps: Mapped[list[Step]] = relationship(lazy="raise", order_by="Step.id")
    picture: Mapped[Picture | None] = relationship(lazy="raise")
    deletion: Mapped[Deletion | None] = relationship(
        lazy="raise", viewonly=True, primaryjoin="foreign(Article.deletion_id) == Deletion.id"
    )

    __table_args__ = (
        Index("article_by_publication", "status", "published_at", "id"),
        Index("article_by_creation", "status", "created_at", "id"),
        Index("article_by_author", "author_id", "created_at"),
        Index("article_by_category", "category", "published_at"),
        Index("article_by_schedule", "scheduled_for"),
    )


class ArticleVersion(VersionColumns, CookedColumns, Base):
    """An article in one language, in its current text.

    `excerpt` is shown in lists if there is no summary. `html` and `excerpt` are made of `body`.
    """

    __tablename__ = "article_version"

    article_id: Mapped[str] = mapped_column(ForeignKey("article.id"), primary_key=True)
    summary: Mapped[str] = mapped_column(String(500))
    body: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("article_version_by_language", "language", "article_id"),)


class ArticleRevision(WithheldColumns, Base):
    """One saved text of one language version; rows are only added, and withheld."""

    __tablename__ = "article_revision"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    article_id: Mapped[str] = mapped_column(ForeignKey("article.id"))
    language: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(500))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (Index("article_revision_by_article", "article_id", "id"),)


class ArticleSlug(Base):
    """Every slug that leads to an article: the present one and those before it."""

    __tablename__ = "article_slug"

    slug: Mapped[str] = mapped_column(String(120), primary_key=True)
    article_id: Mapped[str] = mapped_column(ForeignKey("article.id"), index=True)


class FormerTag(FormerTagColumns, Base):
    """A tag that was replaced by another one."""

    __tablename__ = "former_tag"


class ArticleTag(Base):
    """An article's tags once more, for the list of a tag."""

    __tablename__ = "article_tag"

    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
    article_id: Mapped[str] = mapped_column(ForeignKey("article.id"), primary_key=True, index=True)


class Contributor(Base):
    """Somebody who helped with an article before it was published; never its author."""

    __tablename__ = "contributor"

    article_id: Mapped[str] = mapped_column(ForeignKey("article.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment)


class Step(Base):
    """One step of an article through the board's review, and the `article_revision` that it was taken on.

    That is None where it is not known: for steps of before it was counted. `reason` is empty for what a person did,
    else why it happened by itself (`rules.TEXT_CHANGED`).
    """

    __tablename__ = "step"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    article_id: Mapped[str] = mapped_column(ForeignKey("article.id"), index=True)
    status: Mapped[str] = mapped_column(String(20))
    by_id: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Moment)
    remark: Mapped[str] = mapped_column(Text)
    revision: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(30))


class Proposal(Base):
    """A change that waits for the board, or waited: a row is only added and decided on.

    `changes` are the new values of the fields that differ, `replaced` those of the time; `base_revision` is the
    version's revision then, 0 where there was none. `picture_id` is that of `changes`, if it names one.
    """

    __tablename__ = "proposal"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    article_id: Mapped[str] = mapped_column(ForeignKey("article.id"))
    language: Mapped[str] = mapped_column(String(20))
    author_id: Mapped[str] = mapped_column(String(16))
    base_revision: Mapped[int]
    based_on: Mapped[int | None]
    changes: Mapped[dict[str, Any]] = mapped_column(Json)
    replaced: Mapped[dict[str, Any]] = mapped_column(Json)
    picture_id: Mapped[str | None] = mapped_column(String(16), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    status: Mapped[str] = mapped_column(String(20))
    decided_by: Mapped[str | None] = mapped_column(String(16))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    remark: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("proposal_by_status", "status", "created_at", "id"),
        Index("proposal_by_article", "article_id", "created_at"),
        Index("proposal_by_author", "author_id", "created_at"),
    )


class Picture(Base):
    """A picture's description. Width and height are those of the widest stored size."""

    __tablename__ = "picture"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    alt: Mapped[str] = mapped_column(String(500))
    author: Mapped[str] = mapped_column(String(200))
    licence: Mapped[str] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(String(500))
    width: Mapped[int]
    height: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(20))
    uploaded_by: Mapped[str] = mapped_column(String(16))
    uploaded_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (Index("picture_by_uploader", "uploaded_by", "uploaded_at"),)


class PictureSize(Base):
    """A picture's bytes at one width."""

    __tablename__ = "picture_size"

    picture_id: Mapped[str] = mapped_column(ForeignKey("picture.id"), primary_key=True)
    width: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))


class PictureUse(Base):
    """That an article shows a picture, at its head or in a text."""

    __tablename__ = "picture_use"

    article_id: Mapped[str] = mapped_column(ForeignKey("article.id"), primary_key=True)
    picture_id: Mapped[str] = mapped_column(ForeignKey("picture.id"), primary_key=True, index=True)


class DecidedChange(DecidedChangeColumns, Base):
    """What a decision of moderators replaced in an article."""

    __tablename__ = "decided_change"


class Deletion(DeletionColumns, Base):
    """One deletion of an article, and its end: rows are only added and ended. `title` is that of the time."""

    __tablename__ = "deletion"

    __table_args__ = (Index("deletion_by_time", "at", "id"),)
