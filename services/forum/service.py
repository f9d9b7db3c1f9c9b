"""The entrypoints of the forum service: categories, topics and posts."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.entrypoints import call, on
from bus.service import Service
from contracts.blog import ArticleChanged, ArticleDeleted, ArticlePublished, ArticleRestored
from contracts.common import Cursor, MonthCount, Page, PageSize, Recorded
from contracts.deletion import Delete, Deletion, DeletionLine
from contracts.forum import (
    ChangePost,
    ChangeTopic,
    CreatePost,
    CreateTopic,
    ForumApi,
    ForumCategory,
    PostPlace,
    PostRevision,
    PostView,
    SetTopicVersion,
    TopicLine,
    TopicQuery,
    TopicView,
)
from core.audience import Viewer
from services.forum import actions, handlers, queries
from services.forum.actions import stale
from services.forum.actions.recook import recook


class ForumService(Service):
    """Calls and event handlers; `contracts.forum.ForumApi` documents the calls."""

    name = "forum"
    api = ForumApi
    publishers = stale.PUBLISHERS
    recooks = (recook,)

    @call
    def categories(self, viewer: Viewer) -> list[ForumCategory]:
        return self.read(queries.categories, viewer)

    @call
    def topic_months(self, viewer: Viewer) -> list[MonthCount]:
        return self.read(queries.topic_months, viewer)

    @call
    def topics(self, viewer: Viewer, query: TopicQuery) -> Page[TopicLine]:
        return self.read(queries.topics, viewer, query)

    @call
    def topic(self, viewer: Viewer, topic_id: str, language: str | None) -> TopicView:
        return self.read(queries.topic, viewer, topic_id, language)

    @call
    def topic_of_article(self, viewer: Viewer, article_id: str) -> TopicView | None:
        return self.read(queries.topic_of_article, viewer, article_id)

    @call
    def posts(self, viewer: Viewer, topic_id: str, after: Cursor | None, limit: PageSize) -> Page[PostView]:
        return self.read(queries.posts, viewer, topic_id, after, limit)

    @call
    def recent_posts(
        self, viewer: Viewer, author_id: str | None, after: Cursor | None, limit: PageSize
    ) -> Page[PostView]:
        return self.read(queries.recent_posts, viewer, author_id, after, limit)

    @call
    def post(self, viewer: Viewer, post_id: str) -> PostView:
        return self.read(queries.post, viewer, post_id)

    @call
    def post_place(self, viewer: Viewer, post_id: str) -> PostPlace:
        return self.read(queries.post_place, viewer, post_id)

    @call
    def post_history(self, viewer: Viewer, post_id: str) -> list[PostRevision]:
        return self.read(queries.post_history, viewer, post_id)

    @call
    def post_revisions(
        self, viewer: Viewer, post_id: str, newest_first: bool, after: str | None, limit: int
    ) -> Page[PostRevision]:
        return self.read(queries.post_revisions, viewer, post_id, newest_first, after, limit)

    @call
    def create_topic(self, viewer: Viewer, command: CreateTopic) -> TopicView:
        return self.write(actions.create_topic, viewer, command)

    @call
    def change_topic(self, viewer: Viewer, topic_id: str, command: ChangeTopic) -> TopicView:
        return self.write(actions.change_topic, viewer, topic_id, command)

    @call
    def set_topic_version(self, viewer: Viewer, topic_id: str, command: SetTopicVersion) -> TopicView:
        return self.write(actions.set_topic_version, viewer, topic_id, command)

    @call
    def create_post(self, viewer: Viewer, topic_id: str, command: CreatePost) -> PostView:
        return self.write(actions.create_post, viewer, topic_id, command)

    @call
    def change_post(self, viewer: Viewer, post_id: str, command: ChangePost) -> PostView:
        return self.write(actions.change_post, viewer, post_id, command)

    @call
    def delete_post(self, viewer: Viewer, post_id: str) -> None:
        self.write(actions.delete_post, viewer, post_id, Delete())

    @call
    def delete_post_for_reason(self, viewer: Viewer, post_id: str, command: Delete) -> Deletion:
        return self.write(actions.delete_post, viewer, post_id, command)

    @call
    def restore_post(self, viewer: Viewer, post_id: str) -> PostView:
        return self.write(actions.restore_post, viewer, post_id)

    @call
    def post_deletions(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[DeletionLine]:
        return self.read(queries.deletions, viewer, "post", after, limit)

    @call
    def delete_topic(self, viewer: Viewer, topic_id: str, command: Delete) -> Deletion:
        return self.write(actions.delete_topic, viewer, topic_id, command)

    @call
    def restore_topic(self, viewer: Viewer, topic_id: str) -> TopicView:
        return self.write(actions.restore_topic, viewer, topic_id)

    @call
    def topic_deletions(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[DeletionLine]:
        return self.read(queries.deletions, viewer, "topic", after, limit)

    @on(ArticlePublished)
    def article_published(self, session: Session, event: ArticlePublished, recorded: Recorded) -> None:
        handlers.article_published(session, event)

    @on(ArticleChanged)
    def article_changed(self, session: Session, event: ArticleChanged, recorded: Recorded) -> None:
        handlers.article_changed(session, event)

    @on(ArticleDeleted)
    def article_deleted(self, session: Session, event: ArticleDeleted, recorded: Recorded) -> None:
        handlers.article_deleted(session, event)

    @on(ArticleRestored)
    def article_restored(self, session: Session, event: ArticleRestored, recorded: Recorded) -> None:
        handlers.article_restored(session, event)


_: type[ForumApi] = ForumService
