"""Replaces tags in articles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from bus import tag_replacement as shared
from bus.eventlog.append import append_event
from contracts.common import Recorded
from contracts.tags import BlogTagReplaced, TagReplaced
from core.tag_rows import TagRows, locked_items
from services.blog.actions import helpers, stale
from services.blog.tables import Article, ArticleTag, FormerTag


def tagged(session: Session) -> shared.Tagged:
    """The articles with their tags."""
    return shared.Tagged(
        rows=TagRows(session, FormerTag, ArticleTag.article_id),
        audience=Article.audience,
        change=lambda ids, changed: _change(session, ids, changed),
        done=lambda change_id, items: append_event(
            session, BlogTagReplaced(change_id=change_id, items=items)
        ),
    )


def tag_replaced(session: Session, event: TagReplaced, recorded: Recorded) -> None:
    """Begin to replace a tag."""
    shared.begin(session, tagged(session), event)


def _change(session: Session, ids: Sequence[str], changed: Callable[[list[str]], list[str]]) -> None:
    rows = locked_items(session, Article, ids)
    for row in rows:
        helpers.set_tags(session, row, changed(row.tags))
    session.flush()
    # A deleted article says what it is when it is restored.
    stale.publish_articles(session, [row.id for row in rows if row.deletion_id is None])
