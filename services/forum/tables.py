"""What forum stores: categories, topics in their languages, posts and what they said before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, MetaData, String, Text, UniqueConstraint, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from core.audience import PUBLIC
from core.columns import CONSTRAINT_NAMES, Json, Moment
from core.cooked_columns import CookedColumns
from core.shared_columns import (
    AdministrationColumns,
    CategoryColumns,
    CategoryTextColumns,
    DecidedChangeColumns,
    DeletionColumns,
    EditedColumns,
    FormerCategoryColumns,
    TextRevisionColumns,
    VersionColumns,
    WithheldColumns,
)
from core.tag_rows import FormerTagColumns


class Base(DeclarativeBase):
    """Base of forum's tables."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


class Category(CategoryColumns, Base):
    """A category, predefined or a group's, whose `audience` is then the group. `CategoryText` has its names and
    descriptions."""

    __tablename__ = "category"

    official: Mapped[bool]
    audience: Mapped[str] = mapped_column(String(30), default=PUBLIC, server_default=PUBLIC)
    texts: Mapped[list[CategoryText]] = relationship(lazy="raise", cascade="all, delete-orphan")


class CategoryText(CategoryTextColumns, Base):
    """A category's name and description in one language."""

    __tablename__ = "category_text"


class FormerCategory(FormerCategoryColumns, Base):
    """The slug of a category that was merged into another one."""

    __tablename__ = "former_category"


class Decision(AdministrationColumns, Base):
    """A decision of an administrator about categories."""

    __tablename__ = "decision"


class CategoryCount(Base):
    """How many topics of one audience a category has: each viewer's count is the sum over what they may see."""

    __tablename__ = "category_count"

    category: Mapped[str] = mapped_column(ForeignKey("category.slug"), primary_key=True)
    audience: Mapped[str] = mapped_column(String(30), primary_key=True)
    topics: Mapped[int]


class TopicMonth(Base):
    """How many topics of one audience were created in a month (UTC, as `2026-01`), for the sitemap."""

    __tablename__ = "topic_month"

    audience: Mapped[str] = mapped_column(String(30), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    topics: Mapped[int]


class Topic(Base):
    """One topic. `TopicVersion` has its texts; `title` repeats the original's, for the events of its posts.

    `posts` counts those that are not deleted, `last_number` is the newest post's number. These, and the last
    post's author and time, are stored here so that a list of topics reads no posts. `revision` counts changes
    of title, category and tags. `deletion_id` is set while the topic is deleted,
    `article_deleted` while the article that it discusses is.

    `titled_by` gave it its title at the time `titled_at`; None for the first one. `withholds_titles`: earlier titles or
    translations are withheld.
    """

    __tablename__ = "topic"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    slug: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(200))
    audience: Mapped[str] = mapped_column(String(30))
    category: Mapped[str | None] = mapped_column(ForeignKey("category.slug"))
    tags: Mapped[list[str]] = mapped_column(Json)
    author_id: Mapped[str] = mapped_column(String(16))
    original_language: Mapped[str] = mapped_column(String(20))
    article_id: Mapped[str | None] = mapped_column(String(16), unique=True)
    first_post_id: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int]
    pinned: Mapped[bool]
    closed: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Moment)
    posts: Mapped[int]
    last_number: Mapped[int]
    last_post_at: Mapped[datetime] = mapped_column(Moment)
    last_author_id: Mapped[str] = mapped_column(String(16))
    deletion_id: Mapped[str | None] = mapped_column(String(16))
    article_deleted: Mapped[bool] = mapped_column(default=False, server_default=false())
    titled_by: Mapped[str | None] = mapped_column(String(16))
    titled_at: Mapped[datetime | None] = mapped_column(Moment)
    withholds_titles: Mapped[bool] = mapped_column(default=False, server_default=false())

    versions: Mapped[list[TopicVersion]] = relationship(
        lazy="raise", order_by="TopicVersion.language", cascade="all, delete-orphan"
    )
    first_post: Mapped[Post] = relationship(
        lazy="raise", viewonly=True, primaryjoin="foreign(Topic.first_post_id) == Post.id"
    )
    deletion: Mapped[Deletion | None] = relationship(
        lazy="raise", viewonly=True, primaryjoin="foreign(Topic.deletion_id) == Deletion.id"
    )

    __table_args__ = (
        Index("topic_by_last_post", "pinned", "last_post_at", "id"),
        Index("topic_by_category", "category", "pinned", "last_post_at", "id"),
        Index("topic_by_audience", "audience", "pinned", "last_post_at", "id"),
        Index("topic_by_creation", "created_at", "id"),
        Index("topic_by_category_creation", "category", "created_at", "id"),
        Index("topic_by_author", "author_id", "created_at", "id"),
        Index("topic_by_author_last_post", "author_id", "pinned", "last_post_at", "id"),
    )


class TopicVersion(VersionColumns, CookedColumns, EditedColumns, Base):
    """A topic's title and first post in one language.

    `revision` counts this version's texts. `body` is
    None for the original, whose text is that of the first post, and so is `html`; `excerpt` is its beginning, for
    lists.
    """

    __tablename__ = "topic_version"

    topic_id: Mapped[str] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    body: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("topic_version_by_language", "language", "topic_id"),)


class TopicRevision(TextRevisionColumns, Base):
    """An earlier title of a topic, without `body`, or an earlier translation. Titles are counted by themselves:
    `TopicVersion.revision` counts what the first post said, too."""

    __tablename__ = "topic_revision"

    topic_id: Mapped[str] = mapped_column(ForeignKey("topic.id"), primary_key=True)


class TopicClosing(Base):
    """That a moderators' decision closed a topic, while nobody has opened it since. The topic opens again once all of
    these are overturned; one that somebody closed by hand has none."""

    __tablename__ = "topic_closing"

    topic_id: Mapped[str] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    decision_id: Mapped[str] = mapped_column(String(16), primary_key=True)


class DecidedChange(DecidedChangeColumns, Base):
    """What a decision of moderators replaced in a topic or post."""

    __tablename__ = "decided_change"


class FormerTag(FormerTagColumns, Base):
    """A tag that was replaced by another one."""

    __tablename__ = "former_tag"


class TopicTag(Base):
    """A topic's tags once more, to filter by, with what orders the lists of a tag.

    `pinned` and `last_post_at` are kept as the topic's by a trigger (migration 0023): a reply then takes no further
    statement, and nothing that changes a topic can forget it. Whoever makes the table `topic` anew makes the trigger
    anew.
    """

    __tablename__ = "topic_tag"

    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
    topic_id: Mapped[str] = mapped_column(ForeignKey("topic.id"), primary_key=True, index=True)
    pinned: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_post_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        Index("topic_tag_by_last_post", "tag", "pinned", "last_post_at", "topic_id"),
        Index("topic_tag_by_creation", "tag", "created_at", "topic_id"),
    )


class Post(CookedColumns, Base):
    """One post. A deleted one keeps its text, which only moderators can read; `deletion_id` is that of its deletion.

    `audience` is its topic's, stored here so that one index finds the newest posts of all topics. `html` and `excerpt`
    are made of `body`. `withholds`: earlier texts are withheld.
    """

    __tablename__ = "post"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    topic_id: Mapped[str] = mapped_column(ForeignKey("topic.id"))
    number: Mapped[int]
    audience: Mapped[str] = mapped_column(String(30))
    author_id: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(300), default="", server_default="")
    mentions: Mapped[list[str]] = mapped_column(Json)
    quoted_ids: Mapped[list[str]] = mapped_column(Json)
    revision: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    edited_at: Mapped[datetime | None] = mapped_column(Moment)
    edited_by: Mapped[str | None] = mapped_column(String(16))
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)
    deleted_by: Mapped[str | None] = mapped_column(String(16))
    deletion_id: Mapped[str | None] = mapped_column(String(16))
    withholds: Mapped[bool] = mapped_column(default=False, server_default=false())

    topic: Mapped[Topic] = relationship(lazy="raise")
    deletion: Mapped[Deletion | None] = relationship(
        lazy="raise", viewonly=True, primaryjoin="foreign(Post.deletion_id) == Deletion.id"
    )

    __table_args__ = (
        UniqueConstraint("topic_id", "number"),
        Index("post_by_author", "author_id", "created_at", "id"),
        Index("post_by_creation", "created_at", "id"),
    )


class PostRevision(WithheldColumns, Base):
    """An earlier text of a post, and who wrote that text when; rows are only added, and withheld."""

    __tablename__ = "post_revision"

    post_id: Mapped[str] = mapped_column(ForeignKey("post.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class Deletion(DeletionColumns, Base):
    """One deletion of a topic or post, and its end: rows are only added and ended.

    `kind` is `topic` or `post`. `title` is that of the time, for a post the beginning of its text. `translations` holds
    those of the topic that were deleted with its first post, to restore them with it.
    """

    __tablename__ = "deletion"

    kind: Mapped[str] = mapped_column(String(10), default="topic", server_default="topic")
    translations: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)

    __table_args__ = (Index("deletion_by_time", "kind", "at", "id"),)
