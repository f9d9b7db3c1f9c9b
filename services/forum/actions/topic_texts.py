"""Writing titles and translations of topics: the text before goes into the history."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core import markup
from services.forum import rules, views
from services.forum.actions import helpers
from services.forum.history_queries import shown_text
from services.forum.tables import Topic, TopicRevision, TopicVersion
from services.shared.revisions import kept


def write_title(session: Session, topic: Topic, title: str, by_id: str) -> None:
    """Give a topic another title in its original language."""
    original = views.original(topic)
    _keep(session, topic, original)
    original.title = topic.title = title
    topic.slug = rules.topic_slug(title, topic.id)
    helpers.count_revision(original, by_id)
    topic.titled_by, topic.titled_at = by_id, original.changed_at


def write_translation(
    session: Session, topic: Topic, version: TopicVersion, title: str, body: str, by_id: str
) -> bool:
    """Change a translation's text where it differs. Returns whether it changed."""
    if version.revision:
        if (title, body) == (version.title, version.body):
            return False
        _keep(session, topic, version)
    helpers.set_version_body(version, body)
    version.title, version.excerpt = title, markup.excerpt(body)
    helpers.count_revision(version, by_id)
    return True


def _keep(session: Session, topic: Topic, version: TopicVersion) -> None:
    session.add(kept(TopicRevision, shown_text(topic, version), topic_id=topic.id))
    version.edits += 1
