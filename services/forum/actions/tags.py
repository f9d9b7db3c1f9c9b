"""Replaces tags in topics."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from bus import tag_replacement as shared
from bus.eventlog.append import append_event
from contracts.common import Recorded
from contracts.tags import ForumTagReplaced, TagReplaced
from core.tag_rows import TagRows, locked_items
from services.forum.actions import helpers, stale
from services.forum.tables import FormerTag, Topic, TopicTag


def tagged(session: Session) -> shared.Tagged:
    """The topics with their tags."""
    return shared.Tagged(
        rows=TagRows(session, FormerTag, TopicTag.topic_id),
        audience=Topic.audience,
        change=lambda ids, changed: _change(session, ids, changed),
        done=lambda change_id, items: append_event(
            session, ForumTagReplaced(change_id=change_id, items=items)
        ),
    )


def tag_replaced(session: Session, event: TagReplaced, recorded: Recorded) -> None:
    """Begin to replace a tag."""
    shared.begin(session, tagged(session), event)


def _change(session: Session, ids: Sequence[str], changed: Callable[[list[str]], list[str]]) -> None:
    rows = locked_items(session, Topic, ids)
    for row in rows:
        helpers.set_tags(session, row, changed(row.tags))
    session.flush()
    # A deleted topic says what it is when it is restored.
    stale.publish_topics(session, [row.id for row in rows if row.deletion_id is None])
