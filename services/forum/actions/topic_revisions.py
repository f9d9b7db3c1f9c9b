"""Withholding earlier titles and translations of topics from their history, and showing them again."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import NotFound
from contracts.forum import RevisionShown, RevisionWithheld
from contracts.revisions import Withhold
from core.audience import Viewer
from core.revision_rows import withholds
from services.forum import rules
from services.forum.actions import helpers
from services.forum.history_queries import shown_text
from services.forum.tables import Topic, TopicRevision
from services.shared.authorisation import writer
from services.shared.powers import part_of
from services.shared.revisions import earlier_text, show_again, withhold
from services.shared.texts import known_language


def withhold_topic_revision(
    session: Session, viewer: Viewer, topic_id: str, language: str, revision: int, command: Withhold
) -> None:
    """Withhold an earlier title or translation; one that is withheld stays as it is."""
    by_id = writer(viewer)
    topic, row, moderates = _find(session, viewer, topic_id, language, revision)
    if withhold(row, viewer, by_id, moderates, False, command.reason):
        _note(session, topic, row, by_id, RevisionWithheld)


def show_topic_revision(
    session: Session, viewer: Viewer, topic_id: str, language: str, revision: int
) -> None:
    """Show a title or translation again that was withheld."""
    by_id = writer(viewer)
    topic, row, moderates = _find(session, viewer, topic_id, language, revision)
    if show_again(row, moderates):
        _note(session, topic, row, by_id, RevisionShown)


def _find(
    session: Session, viewer: Viewer, topic_id: str, language: str, revision: int
) -> tuple[Topic, TopicRevision, bool]:
    """The topic, locked, and its earlier text; also whether the viewer moderates the topic."""
    topic = helpers.topic_for_deletion(session, viewer, topic_id)
    code = known_language(language)
    version = next((each for each in topic.versions if each.language == code), None)
    if version is None:
        raise NotFound()
    key = {"topic_id": topic.id, "language": code, "revision": revision}
    found = session.get(TopicRevision, key, populate_existing=True)
    moderates = rules.moderates(viewer, part_of(topic))
    row = earlier_text(found, shown_text(topic, version), revision, viewer, moderates)
    return topic, row, moderates


def _note(
    session: Session,
    topic: Topic,
    row: TopicRevision,
    by_id: str,
    event: type[RevisionWithheld | RevisionShown],
) -> None:
    topic.withholds_titles = withholds(session, TopicRevision, TopicRevision.topic_id == topic.id)
    told = {"language": row.language, "revision": row.revision, "by_id": by_id}
    append_event(session, event(item=f"topic/{topic.id}", item_audience=topic.audience, **told))
