"""Opening, changing and translating topics."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event, append_events
from contracts.errors import Conflict, Forbidden, invalid
from contracts.forum import (
    ChangeTopic,
    CreateTopic,
    PostCreated,
    SetTopicVersion,
    TopicChanged,
    TopicCreated,
    TopicView,
)
from core import clock, markup
from core.audience import Viewer, group_of
from services.forum import queries, rules, views
from services.forum.actions import flood, helpers
from services.forum.tables import Topic, TopicClosing
from services.shared.authorisation import writer
from services.shared.powers import part_of
from services.shared.texts import clean_tags, is_outdated, known_language


def create_topic(session: Session, viewer: Viewer, command: CreateTopic) -> TopicView:
    """Open a topic with its first post."""
    by_id = writer(viewer)
    rules.check_audience(viewer, command.audience)
    language, tags = known_language(command.language), clean_tags(command.tags, rules.MOST_TAGS)
    body = command.body.rstrip()
    if command.category is not None:
        helpers.category_for_topic(session, viewer, command.category)
    elif group_of(command.audience) is None:
        raise invalid("category", "category-missing")
    flood.check_flood(session, viewer, opens_topic=True)
    topic = helpers.new_topic(
        by_id, command.title, language, command.audience, clock.now(), category=command.category
    )
    post = helpers.add_post(session, topic, viewer, language, body)
    helpers.set_first_post(topic, post)
    version = helpers.new_version(topic.id, language, None, None)
    version.title, version.excerpt = command.title, markup.excerpt(body)
    helpers.count_revision(version, by_id)
    topic.versions.append(version)
    session.add(topic)
    session.flush()
    helpers.set_tags(session, topic, tags)
    helpers.count_topic(session, topic.category, topic.audience, 1)
    session.flush()
    opened = TopicCreated(topic=views.topic_state(topic), by_id=by_id)
    append_events(session, [opened, PostCreated(post=views.post_state(post, topic), by_id=by_id)])
    return queries.view(session, viewer, topic, language)


def change_topic(session: Session, viewer: Viewer, topic_id: str, command: ChangeTopic) -> TopicView:
    """Change title, category and tags (author, moderators), or pin and close (moderators)."""
    by_id = writer(viewer)
    topic = helpers.topic_for_change(session, viewer, topic_id)
    moderating = command.pinned is not None or command.closed is not None
    if moderating and not rules.moderates(viewer, part_of(topic)):
        raise Forbidden("not-moderator")
    edited = False
    if command.title is not None or command.category is not None or command.tags is not None:
        rules.check_edit(viewer, part_of(topic), topic.author_id, topic.closed, topic.article_id is not None)
        if command.revision != topic.revision:
            raise _edit_conflict(topic, command)
        edited = _edit(session, viewer, topic, command)
    moderated = (topic.pinned, topic.closed)
    topic.pinned = topic.pinned if command.pinned is None else command.pinned
    topic.closed = topic.closed if command.closed is None else command.closed
    if topic.closed != moderated[1]:
        session.execute(delete(TopicClosing).where(TopicClosing.topic_id == topic.id))
    if edited or moderated != (topic.pinned, topic.closed):
        topic.revision += edited
        session.flush()
        # Who only pins, closes or opens it is not named.
        named = by_id if edited else ""
        append_event(session, TopicChanged(topic=views.topic_state(topic), by_id=named))
        if edited:
            helpers.append_posts_changed(session, topic, by_id)
    return queries.view(session, viewer, topic, None)


def _edit(session: Session, viewer: Viewer, topic: Topic, command: ChangeTopic) -> bool:
    changed = False
    original = views.original(topic)
    if command.title is not None and command.title != original.title:
        original.title = topic.title = command.title
        topic.slug, changed = rules.topic_slug(command.title, topic.id), True
        helpers.count_revision(original, writer(viewer))
    if command.category is not None and command.category != topic.category:
        helpers.category_for_topic(session, viewer, command.category)
        helpers.move_topic(session, topic.audience, topic.category, command.category)
        topic.category, changed = command.category, True
    if command.tags is not None and (tags := clean_tags(command.tags, rules.MOST_TAGS)) != topic.tags:
        helpers.set_tags(session, topic, tags)
        changed = True
    return changed


def set_topic_version(session: Session, viewer: Viewer, topic_id: str, command: SetTopicVersion) -> TopicView:
    """Add a translation of the title and first post, or update one. The person who wrote it first is
    credited."""
    by_id = writer(viewer)
    topic = helpers.topic_for_change(session, viewer, topic_id)
    language, body = known_language(command.language), command.body.rstrip()
    original = views.original(topic)
    if language == original.language:
        raise invalid("language", "language-is-original", language=language)
    rules.check_translate(
        viewer,
        part_of(topic),
        topic.closed,
        topic.article_id is not None,
        topic.first_post.deleted_at is not None,
    )
    version = next((each for each in topic.versions if each.language == language), None)
    if version is None:
        version = helpers.new_version(topic.id, language, by_id, original.revision)
        helpers.write_translation(version, command.title, body, by_id)
        topic.versions.append(version)
    else:
        # Every member may update an outdated translation; a current one is for those responsible for it.
        responsible = by_id in (version.translator_id, topic.author_id) or rules.moderates(
            viewer, part_of(topic)
        )
        if not responsible and not is_outdated(version.based_on, original.revision):
            raise Forbidden("not-your-translation")
        changed = helpers.write_translation(version, command.title, body, by_id)
        if not changed and version.based_on == original.revision:
            return queries.view(session, viewer, topic, language)
        version.based_on, version.reviewed = original.revision, False
    session.flush()
    append_event(session, TopicChanged(topic=views.topic_state(topic), by_id=by_id))
    return queries.view(session, viewer, topic, language)


def _edit_conflict(topic: Topic, command: ChangeTopic) -> Conflict:
    theirs = {"title": topic.title, "category": topic.category, "tags": list(topic.tags)}
    given = {"title": command.title, "category": command.category, "tags": command.tags}
    yours = {field: theirs[field] if value is None else value for field, value in given.items()}
    return Conflict("edit-conflict", data={"yours": yours, "theirs": theirs, "revision": topic.revision})
