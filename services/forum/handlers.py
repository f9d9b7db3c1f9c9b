"""Handlers of the blog's events: each published article has a topic for its discussion, with the same texts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event, append_events
from bus.eventlog.redaction import forget_requests, naming, redact
from bus.eventlog.schema import event_log
from contracts.blog import (
    ArticleChanged,
    ArticleDeleted,
    ArticlePublished,
    ArticleRestored,
    ArticleState,
)
from contracts.common import Recorded
from contracts.forum import PostChanged, PostCreated, TopicChanged, TopicCreated
from contracts.held import ForumHeld
from contracts.people import PersonVanished
from core import clock, markup
from services.forum import rules, views
from services.forum.actions import deletion, helpers
from services.forum.actions.counts import count_topic
from services.forum.actions.held import holding
from services.forum.tables import Deletion, Topic
from services.shared.holding import without_text


def article_published(session: Session, event: ArticlePublished) -> None:
    """Create the article's topic. Handled again, it only updates the topic from the article."""
    topic = _topic_of(session, event.article.id)
    if topic is None:
        _create_topic(session, event.article, event.by_id)
    else:
        _update_topic(session, topic, event.article, event.by_id)


def article_changed(session: Session, event: ArticleChanged) -> None:
    """Update the topic's titles, texts and tags from the published article."""
    topic = _topic_of(session, event.article.id)
    if topic is not None and event.article.status == "published":
        _update_topic(session, topic, event.article, event.by_id)


def article_deleted(session: Session, event: ArticleDeleted) -> None:
    """Delete the discussion with its article, unless it is deleted already."""
    topic = _topic_of(session, event.article.id)
    if topic is None:
        return
    topic.article_deleted = True
    if topic.deletion_id is None:
        deletion.delete(session, topic, event.by_id, deletion.WITH_ARTICLE)


def article_restored(session: Session, event: ArticleRestored) -> None:
    """Restore the discussion that was deleted with its article."""
    topic = _topic_of(session, event.article.id)
    if topic is None:
        return
    topic.article_deleted = False
    if topic.deletion_id is None:
        return
    if session.get_one(Deletion, topic.deletion_id).reason == deletion.WITH_ARTICLE:
        deletion.restore(session, topic, event.by_id)


def person_vanished(session: Session, event: PersonVanished, _recorded: Recorded) -> None:
    """Forget a person who has vanished. What they wrote stays; what waited for review, and answers to repeated
    requests, are deleted."""
    holding(session).forget(event.person.id)
    held = (event_log.c.type == ForumHeld.type) & naming(event.person.id)
    redact(session, held, lambda data: without_text(data, event.person.id))
    forget_requests(session, event.person.id)


def _topic_of(session: Session, article_id: str) -> Topic | None:
    """The article's topic, locked until the transaction ends."""
    return session.scalars(
        select(Topic).where(Topic.article_id == article_id).options(*helpers.TEXTS).with_for_update()
    ).first()


def _create_topic(session: Session, article: ArticleState, by_id: str) -> None:
    opened_at = article.published_at or clock.now()
    author_id, language = article.author_id, article.original_language
    title = article.versions[0].title
    topic = helpers.new_topic(author_id, title, language, article.audience, opened_at, article_id=article.id)
    post = helpers.new_post(topic, author_id, language, "", opened_at)
    helpers.set_first_post(topic, post)
    _copy_texts(topic, article)
    session.add_all([topic, post])
    session.flush()
    helpers.set_tags(session, topic, list(article.tags))
    count_topic(session, topic, 1)
    session.flush()
    opened = TopicCreated(topic=views.topic_state(topic), by_id=by_id)
    append_events(session, [opened, PostCreated(post=views.post_state(post, topic), by_id=by_id)])


def _update_topic(session: Session, topic: Topic, article: ArticleState, by_id: str) -> None:
    before = views.topic_state(topic)
    first = topic.first_post
    body_before = first.body
    # The article has a history of its own, so the post gets no revision and is not shown as edited.
    _copy_texts(topic, article)
    original = views.original(topic)
    affects_posts = original.title != topic.title or topic.tags != article.tags
    if topic.tags != article.tags:
        helpers.set_tags(session, topic, list(article.tags))
    topic.title, topic.slug = original.title, rules.topic_slug(original.title, topic.id)
    topic.revision += affects_posts
    session.flush()
    # A deleted topic says what it is when it is restored.
    if topic.deletion_id is not None or views.topic_state(topic) == before:
        return
    append_event(session, TopicChanged(topic=views.topic_state(topic), by_id=by_id))
    if affects_posts:
        helpers.append_posts_changed(session, topic, by_id)
    elif first.body != body_before:
        append_event(session, PostChanged(post=views.post_state(first, topic), by_id=by_id))


def _copy_texts(topic: Topic, article: ArticleState) -> None:
    """Title, link and summary in each of the article's languages, with the article's translators and revisions."""
    newest = article.versions[0].revision
    present = {version.language: version for version in topic.versions}
    address = f"/news/{article.slug}"
    for text in article.versions:
        version = present.pop(text.language, None)
        if version is None:
            version = helpers.new_version(topic.id, text.language, text.translator_id, None)
            topic.versions.append(version)
        summary = text.summary or markup.excerpt(text.body)
        body = rules.discussion_body(text.title, summary, address)
        if text.language == topic.original_language:
            before = topic.first_post.body
            helpers.set_body(topic.first_post, body)
        else:
            before = version.body or ""
            helpers.set_version_body(version, body)
        if (version.title, before) != (text.title, body):
            helpers.count_revision(version, text.translator_id or article.author_id)
        version.title, version.excerpt = text.title, markup.excerpt(summary)
        version.revision, version.reviewed = text.revision, text.reviewed
        if text.translator_id is not None:
            version.based_on = newest - 1 if text.outdated else newest
    for gone in present.values():
        topic.versions.remove(gone)
