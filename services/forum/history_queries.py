"""What titles and translations of topics say and said."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session

from contracts.common import Cursor, Page
from contracts.errors import NotFound
from contracts.revisions import TextRevision
from core.audience import Viewer
from core.columns import AnyRow
from core.revision_rows import newest_first
from services.forum import rules, statements
from services.forum.tables import Topic, TopicRevision, TopicVersion
from services.shared.powers import part_of
from services.shared.revisions import history_page
from services.shared.texts import version_for


def topic_revisions(
    session: Session, viewer: Viewer, topic_id: str, language: str | None, after: Cursor | None, limit: int
) -> Page[TextRevision]:
    """The titles of a topic, or the translations into a language, the newest first: that of now, and those before."""
    named = {**statements.rights(viewer), "topic_id": topic_id}
    topic = session.execute(statements.TITLED_TOPIC, named).first()
    if topic is None:
        raise NotFound()
    versions = session.execute(statements.VERSIONS, {"topic_ids": [topic.id]}).all()
    version = version_for(versions, viewer, topic.original_language, language)
    read = partial(newest_first, session, TopicRevision, TopicRevision.topic_id == topic.id, version.language)
    moderates = rules.moderates(viewer, part_of(topic))
    return history_page(read, shown_text(topic, version), after, limit, viewer, moderates)


def shown_text(topic: Topic | AnyRow, version: TopicVersion | AnyRow) -> TextRevision:
    """The topic's title, or a translation, as the newest text of its history."""
    if version.language == topic.original_language:
        return TextRevision(
            revision=version.edits + 1,
            language=version.language,
            title=version.title,
            body="",
            by_id=topic.titled_by or topic.author_id,
            at=topic.titled_at or topic.created_at,
        )
    return TextRevision(
        revision=version.revision,
        language=version.language,
        title=version.title,
        body=version.body or "",
        by_id=version.changed_by,
        at=version.changed_at,
    )
