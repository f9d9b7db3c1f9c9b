"""Topics of the forum's official categories are announcements, as official articles are.

Which categories are official is known from the forum's events, and a topic's own events don't say it. A topic counts by
what its category is when the topic is indexed.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.forum import CategoryChanged
from contracts.removed_categories import TalkCategoryRemoved
from core.database import insert_or_ignore
from services.search.engine import Document
from services.search.tables import OfficialCategory

MARK = "is:announcement"


def category_changed(session: Session, event: CategoryChanged, _recorded: Recorded) -> None:
    """Note whether a category of the forum is official."""
    _forget(session, event.slug)
    if event.official:
        insert_or_ignore(session, OfficialCategory.__table__, [{"slug": event.slug}])  # type: ignore[arg-type]


def category_removed(session: Session, event: TalkCategoryRemoved, _recorded: Recorded) -> None:
    """Forget a category that is no more."""
    _forget(session, event.slug)


def marked(session: Session, document: Document) -> Document:
    """The document, marked as an announcement if it is a topic of an official category."""
    if document.key.kind != "topic" or document.category is None:
        return document
    wanted = select(OfficialCategory.slug).where(OfficialCategory.slug == document.category)
    if session.execute(wanted).first() is None:
        return document
    return replace(document, marks=(*document.marks, MARK))


def _forget(session: Session, slug: str) -> None:
    session.execute(delete(OfficialCategory).where(OfficialCategory.slug == slug))
