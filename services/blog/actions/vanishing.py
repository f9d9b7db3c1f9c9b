"""Forgets people who have vanished: what they published, or gave to the board, stays; what was only theirs goes."""

from __future__ import annotations

from sqlalchemy import Text, cast, delete, exists, or_, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from bus.eventlog.redaction import Data, forget_requests, redact
from bus.eventlog.schema import event_log
from contracts.blog import ArticleDeleted
from contracts.catalogue import event_models
from contracts.common import Recorded
from contracts.people import PersonVanished
from services.blog import views
from services.blog.actions.helpers import WHOLE
from services.blog.tables import (
    Article,
    Base,
    Contributor,
    Deletion,
    Picture,
    PictureSize,
    PictureUse,
    Proposal,
)
from services.shared.deletion import BY_AUTHOR

OWN = ("draft", "returned", "declined")
"""The states of articles that wait for nobody but their author."""

_EVENTS = [model.type for model in event_models() if model.type.startswith("blog.")]
"""The types of blog's events."""


def forget(session: Session, event: PersonVanished, _recorded: Recorded) -> None:
    """Delete a person's drafts that nobody else worked on, and the pictures that nothing shows."""
    person_id = event.person.id
    shared = exists().where(Contributor.article_id == Article.id)
    # What moderators deleted is kept for who appeals, and for who decides on that.
    by_others = exists().where(Deletion.id == Article.deletion_id, Deletion.by_id != person_id)
    drafts = select(Article).where(
        Article.author_id == person_id,
        Article.published_at.is_(None),
        Article.status.in_(OWN),
        ~shared,
        ~by_others,
    )
    for article in session.scalars(drafts.options(*WHOLE).with_for_update()).all():
        _delete_for_good(session, article)
    session.flush()
    _delete_unused_pictures(session, person_id)
    forget_requests(session, person_id)


def _delete_for_good(session: Session, article: Article) -> None:
    """Delete an article with everything that was kept of it, also from the log."""
    state = views.deleted_state(article)
    event = ArticleDeleted(article=state, by_id=article.author_id, reason=BY_AUTHOR)
    was_there = article.deletion_id is None
    session.expunge(article)
    for table in reversed(Base.metadata.sorted_tables):
        if "article_id" in table.c:
            session.execute(delete(table).where(table.c.article_id == state.id))
    session.execute(delete(Deletion).where(Deletion.item_id == state.id))
    session.execute(delete(Article).where(Article.id == state.id))
    said = event.model_dump(mode="json")["article"]

    def silent(data: Data) -> Data:
        titles: Data = {"titles": {}} if "titles" in data else {}
        return data | titles | ({"article": said} if "article" in data else {})

    of_article = event_log.c.type.in_(_EVENTS) & (event_log.c.subject == f"article/{state.id}")
    redact(session, of_article, silent)
    if was_there:
        append_event(session, event)


def _delete_unused_pictures(session: Session, person_id: str) -> None:
    """Delete a person's pictures that no article shows, and that no proposal would."""
    shown = or_(
        exists().where(PictureUse.picture_id == Picture.id),
        exists().where(Article.picture_id == Picture.id),
        exists().where(cast(Proposal.changes, Text).contains(Picture.id)),
    )
    unused = select(Picture.id).where(Picture.uploaded_by == person_id, ~shown)
    ids = session.scalars(unused).all()
    session.execute(delete(PictureSize).where(PictureSize.picture_id.in_(ids)))
    session.execute(delete(Picture).where(Picture.id.in_(ids)))
