"""The texts of searches that people follow, each there as long as somebody follows it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from contracts.notify import SavedSearchChanged
from core.database import insert_or_ignore
from core.saved_searches import search_id
from services.notify.tables import Follow, SavedSearch


def save(session: Session, text: str) -> list[SavedSearchChanged]:
    """Store the text of a search that somebody is about to follow, and keep others from deleting it meanwhile. Returns
    what is to be published. `text` is canonical."""
    key = search_id(text)
    if session.get(SavedSearch, key, with_for_update=True) is not None:
        return []
    insert_or_ignore(session, SavedSearch.__table__, [{"id": key, "query": text}])  # type: ignore[arg-type]
    session.get_one(SavedSearch, key, with_for_update=True)
    return [SavedSearchChanged(search_id=key, query=text, followed=True)]


def forget_unfollowed(session: Session, ids: Collection[str]) -> list[SavedSearchChanged]:
    """Delete those of these searches that nobody follows any more. Returns what is to be published."""
    wanted = select(SavedSearch.id).where(SavedSearch.id.in_(ids)).order_by(SavedSearch.id).with_for_update()
    known = session.scalars(wanted).all()
    followed = select(Follow.target).where(Follow.kind == "search", Follow.target.in_(known))
    gone = sorted({*known} - {*session.scalars(followed)})
    session.execute(delete(SavedSearch).where(SavedSearch.id.in_(gone)))
    return [SavedSearchChanged(search_id=each, query="", followed=False) for each in gone]
