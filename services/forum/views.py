"""From forum's rows to the contract's views."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from contracts.common import TextVersion
from contracts.forum import PostState, PostView, TopicState, TopicView
from core import languages
from core.audience import Viewer
from services.forum import rules
from services.forum.tables import Post, Topic, TopicVersion
from services.shared import texts as shared
from services.shared.texts import original_of


class Common(TypedDict):
    """What lines and views of a topic share."""

    id: str
    slug: str
    audience: str
    category: str | None
    tags: list[str]
    author_id: str
    posts: int
    created_at: datetime
    last_post_at: datetime
    last_author_id: str
    pinned: bool
    closed: bool
    article_id: str | None


def common(row: Topic) -> Common:
    """The fields that need no other row."""
    return Common(
        id=row.id,
        slug=row.slug,
        audience=row.audience,
        category=row.category,
        tags=list(row.tags),
        author_id=row.author_id,
        posts=row.posts,
        created_at=row.created_at,
        last_post_at=row.last_post_at,
        last_author_id=row.last_author_id,
        pinned=row.pinned,
        closed=row.closed,
        article_id=row.article_id,
    )


def original(row: Topic) -> TopicVersion:
    """The version that the others are translations of."""
    return original_of(row.versions, row.original_language)


def body_of(row: Topic, version: TopicVersion) -> str:
    """The text of the topic's first post in the version's language; `""` once that post is deleted."""
    if version.body is not None:
        return version.body
    return "" if row.first_post.deleted_at is not None else row.first_post.body


def text_versions(row: Topic) -> list[TextVersion]:
    """All language versions, the original first."""
    return shared.text_versions(
        row.versions,
        row.original_language,
        original(row).revision,
        lambda version: body_of(row, version),
    )


def topic(row: Topic, viewer: Viewer, language: str | None) -> TopicView:
    """The topic in `language` if there is such a version, else in the viewer's."""
    by_language = {version.language: version for version in row.versions}
    wanted = viewer.languages if language is None else (language, *viewer.languages)
    shown = by_language[languages.choose(by_language, wanted, row.original_language)]
    follows_article, first_post_deleted = row.article_id is not None, row.first_post.deleted_at is not None
    return TopicView(
        **common(row),
        language=shown.language,
        title=shown.title,
        excerpt=shown.excerpt,
        languages=languages.original_first(by_language, row.original_language),
        original_language=row.original_language,
        revision=row.revision,
        versions=text_versions(row),
        may_edit=rules.may_edit(viewer, row.audience, row.author_id, row.closed, follows_article),
        may_moderate=rules.moderates(viewer, row.audience),
        may_reply=rules.may_write_in(viewer, row.audience, row.closed),
        may_translate=rules.may_translate(
            viewer, row.audience, row.closed, follows_article, first_post_deleted
        ),
    )


def topic_state(row: Topic) -> TopicState:
    """The whole of a topic, for its events."""
    return TopicState(
        id=row.id,
        slug=row.slug,
        audience=row.audience,
        category=row.category,
        tags=list(row.tags),
        author_id=row.author_id,
        original_language=row.original_language,
        versions=text_versions(row),
        created_at=row.created_at,
        pinned=row.pinned,
        closed=row.closed,
        article_id=row.article_id,
        first_post_id=row.first_post_id,
    )


def post(row: Post, topic: Topic, viewer: Viewer) -> PostView:
    """One post; a deleted one without what it said."""
    deleted = row.deleted_at is not None
    follows_article = row.number == 1 and topic.article_id is not None
    return PostView(
        id=row.id,
        topic_id=row.topic_id,
        number=row.number,
        author_id=row.author_id,
        language=row.language,
        body="" if deleted else row.body,
        created_at=row.created_at,
        edited_at=None if deleted else row.edited_at,
        edits=0 if deleted else row.revision - 1,
        deleted=deleted,
        revision=row.revision,
        mentions=[] if deleted else list(row.mentions),
        may_edit=not deleted
        and rules.may_edit(viewer, topic.audience, row.author_id, topic.closed, follows_article),
    )


def post_state(row: Post, topic: Topic) -> PostState:
    """The whole of a post, for its events."""
    deleted = row.deleted_at is not None
    return PostState(
        id=row.id,
        topic_id=topic.id,
        topic_slug=topic.slug,
        topic_title=topic.title,
        topic_author_id=topic.author_id,
        audience=topic.audience,
        category=topic.category,
        tags=list(topic.tags),
        article_id=topic.article_id,
        number=row.number,
        author_id=row.author_id,
        language=row.language,
        body="" if deleted else row.body,
        mentions=[] if deleted else list(row.mentions),
        quoted_ids=[] if deleted else list(row.quoted_ids),
        created_at=row.created_at,
        edited_at=row.edited_at,
        deleted=deleted,
    )
