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
from services.forum.actions import flood, helpers, topic_texts, writing
from services.forum.actions.counts import count_topic, move_topic
from services.forum.tables import Topic, TopicClosing, TopicVersion
from services.shared.authorisation import writer
from services.shared.powers import Part, part_of
from services.shared.texts import is_outdated, known_language
from services.shared.writing_checks import Draft, Verdict, details_of


def create_topic(session: Session, viewer: Viewer, command: CreateTopic) -> TopicView:
    """Open a topic with its first post. Raises `Conflict("review-needed")`, as all that writes a text."""
    by_id, part, tags = check_new_topic(session, viewer, command)
    body, language = command.body.rstrip(), part.language
    verdict = writing.judged(session, viewer, part, draft_of_topic(command)).appearing()
    topic = helpers.new_topic(
        by_id, command.title, language, command.audience, clock.now(), category=part.category or None
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
    count_topic(session, topic, 1)
    session.flush()
    opened = TopicCreated(topic=views.topic_state(topic), by_id=by_id)
    parsed = views.parsed_text(post)
    written = PostCreated(post=views.post_state(post, topic), by_id=by_id, parsed=parsed)
    append_events(session, [opened, written])
    writing.flag_topic(session, verdict, topic, by_id, body, language)
    return queries.view(session, viewer, topic, language)


def check_new_topic(session: Session, viewer: Viewer, command: CreateTopic) -> tuple[str, Part, list[str]]:
    """Who opens a topic, the part of the site that it comes into, and its tags. Raises if the viewer may not, and what
    `create_topic` does."""
    by_id = writer(viewer)
    rules.check_audience(viewer, command.audience)
    language, tags = known_language(command.language), helpers.checked_tags(session, command.tags)
    category = ""
    if command.category is not None:
        category = helpers.category_for_topic(session, viewer, command.category, command.audience)
    elif group_of(command.audience) is None:
        raise invalid("category", "category-missing")
    flood.check_flood_of_topics(session, viewer)
    return by_id, Part(command.audience, language, category), tags


def draft_of_topic(command: CreateTopic) -> Draft:
    """A new topic, for the rules."""
    return Draft(command.title, command.body.rstrip(), "topic", beside=details_of(command))


def change_topic(session: Session, viewer: Viewer, topic_id: str, command: ChangeTopic) -> TopicView:
    """Change title, category and tags (author, moderators), or pin and close (moderators)."""
    by_id = writer(viewer)
    topic = helpers.topic_for_change(session, viewer, topic_id)
    moderating = command.pinned is not None or command.closed is not None
    if moderating and not rules.moderates(viewer, part_of(topic)):
        raise Forbidden("not-moderator")
    edited, verdict = False, Verdict()
    if command.title is not None or command.category is not None or command.tags is not None:
        check_topic_change(viewer, topic, command)
        if command.title not in (None, topic.title) or command.tags not in (None, topic.tags):
            draft = draft_of_change(topic, command)
            verdict = writing.judged(session, viewer, part_of(topic), draft).appearing()
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
        writing.flag_topic(session, verdict, topic, by_id, topic.title, topic.original_language)
    return queries.view(session, viewer, topic, None)


def check_topic_change(viewer: Viewer, topic: Topic, command: ChangeTopic) -> None:
    """Raise if the viewer may not change title, category and tags, and `Conflict("edit-conflict")`."""
    rules.check_edit(viewer, part_of(topic), topic.author_id, topic.closed, topic.article_id is not None)
    if command.revision != topic.revision:
        raise _edit_conflict(topic, command)


def draft_of_change(topic: Topic, command: ChangeTopic) -> Draft:
    """A topic's new title and tags, for the rules."""
    title = command.title or topic.title
    before = "\n".join((topic.title, *topic.tags))
    field = "tags" if title == topic.title else "title"
    return Draft("", title, before=before, of_field=field, beside=details_of(command))


def _edit(session: Session, viewer: Viewer, topic: Topic, command: ChangeTopic) -> bool:
    changed = False
    original = views.original(topic)
    if command.title is not None and command.title != original.title:
        flood.check_title_edits(session, viewer, topic.id)
        topic_texts.write_title(session, topic, command.title, writer(viewer))
        changed = True
    if command.category is not None and command.category != topic.category:
        category = helpers.category_for_topic(
            session, viewer, command.category, topic.audience, topic.category
        )
        if category != topic.category:
            move_topic(session, topic.audience, topic.category, category)
            topic.category, changed = category, True
    if command.tags is not None and (tags := helpers.checked_tags(session, command.tags)) != topic.tags:
        helpers.set_tags(session, topic, tags)
        changed = True
    return changed


def set_topic_version(session: Session, viewer: Viewer, topic_id: str, command: SetTopicVersion) -> TopicView:
    """Add a translation of the title and first post, or update one. The person who wrote it first is
    credited."""
    by_id = writer(viewer)
    topic = helpers.topic_for_change(session, viewer, topic_id)
    language, version = check_version(viewer, topic, command)
    original, body = views.original(topic), command.body.rstrip()
    verdict = writing.judged(
        session, viewer, part_of(topic), draft_of_version(topic, version, command)
    ).appearing()
    if version is None:
        version = helpers.new_version(topic.id, language, by_id, original.revision)
        topic_texts.write_translation(session, topic, version, command.title, body, by_id)
        topic.versions.append(version)
    else:
        if (version.title, version.body) != (command.title, body):
            flood.check_title_edits(session, viewer, topic.id)
        changed = topic_texts.write_translation(session, topic, version, command.title, body, by_id)
        if not changed and version.based_on == original.revision:
            return queries.view(session, viewer, topic, language)
        version.based_on, version.reviewed = original.revision, False
    session.flush()
    append_event(session, TopicChanged(topic=views.topic_state(topic), by_id=by_id))
    writing.flag_topic(session, verdict, topic, by_id, f"{command.title}\n\n{body}", language)
    return queries.view(session, viewer, topic, language)


def check_version(viewer: Viewer, topic: Topic, command: SetTopicVersion) -> tuple[str, TopicVersion | None]:
    """The translation's language, and the present one. Raises if the viewer may not write it."""
    language, original = known_language(command.language), views.original(topic)
    if language == original.language:
        raise invalid("language", "language-is-original", language=language)
    follows_article, no_text = topic.article_id is not None, topic.first_post.deleted_at is not None
    rules.check_translate(viewer, part_of(topic), topic.closed, follows_article, no_text)
    version = next((each for each in topic.versions if each.language == language), None)
    if version is not None and not is_outdated(version.based_on, original.revision):
        # Every member may update an outdated translation; a current one is for those responsible for it.
        own = viewer.person_id in (version.translator_id, topic.author_id)
        if not own and not rules.moderates(viewer, part_of(topic)):
            raise Forbidden("not-your-translation")
    return language, version


def draft_of_version(topic: Topic, version: TopicVersion | None, command: SetTopicVersion) -> Draft:
    """A translation, for the rules: what it says that neither the earlier one nor the original says."""
    before = f"{topic.title}\n\n{topic.first_post.body}"
    if version is not None:
        before = f"{before}\n\n{version.title}\n\n{version.body}"
    return Draft(command.title, command.body.rstrip(), before=before)


def _edit_conflict(topic: Topic, command: ChangeTopic) -> Conflict:
    theirs = {"title": topic.title, "category": topic.category, "tags": list(topic.tags)}
    given = {"title": command.title, "category": command.category, "tags": command.tags}
    yours = {field: theirs[field] if value is None else value for field, value in given.items()}
    return Conflict("edit-conflict", data={"yours": yours, "theirs": theirs, "revision": topic.revision})
