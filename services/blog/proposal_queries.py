"""Reads of proposed changes, for their authors and the board."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, selectinload

from contracts.common import Page
from contracts.errors import NotFound
from contracts.proposals import ProposalLine, ProposalQuery, ProposalView
from core import paging
from core.audience import Viewer
from services.blog import rules, views
from services.blog.queries import described, may_see_pictures, of_board, visible
from services.blog.tables import Article, ArticleRevision, Picture, PictureUse, Proposal
from services.shared.cursors import position
from services.shared.powers import part_of


def _proposal_seen(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a row of `Proposal` joined with its `Article` is there for the viewer: for its author and the board."""
    decided = of_board(viewer)
    return and_(visible(viewer), or_(Proposal.author_id == (viewer.person_id or ""), decided))


def visible_proposal(session: Session, viewer: Viewer, proposal_id: str) -> Proposal:
    """The proposal's row; `NotFound` unless the viewer may see it."""
    seen = select(Proposal).join(Article, Article.id == Proposal.article_id)
    row = session.scalar(seen.where(Proposal.id == proposal_id, _proposal_seen(viewer)))
    if row is None:
        raise NotFound()
    return row


def proposal(session: Session, viewer: Viewer, proposal_id: str) -> ProposalView:
    """One proposal, with what it would change."""
    row = visible_proposal(session, viewer, proposal_id)
    article = session.get_one(Article, row.article_id, options=[selectinload(Article.versions)])
    return view(session, row, article, viewer)


def view(session: Session, row: Proposal, article: Article, viewer: Viewer) -> ProposalView:
    """A proposal for who may see it, without what has been withheld from them."""
    return views.proposal(
        row, article, viewer, _withheld_texts(session, article, viewer), _new_pictures(session, row, viewer)
    )


def _withheld_texts(session: Session, article: Article, viewer: Viewer) -> set[str]:
    """The texts that are withheld from the viewer in the article's history, but for those that it says now."""
    if not article.withholds or rules.may_moderate(viewer, part_of(article)):
        return set()
    said = {text for each in article.versions for text in (each.title, each.summary, each.body)}
    rows = session.execute(
        select(ArticleRevision.title, ArticleRevision.summary, ArticleRevision.body).where(
            ArticleRevision.article_id == article.id, ArticleRevision.withheld_at.is_not(None)
        )
    )
    return {text for row in rows for text in row} - said


def _new_pictures(session: Session, row: Proposal, viewer: Viewer) -> list[Picture]:
    """The pictures that an open proposal adds to its article, of those that the viewer may see."""
    if row.status != "open" or not (named := rules.proposed_pictures(row.changes)):
        return []
    noted = select(PictureUse.picture_id).where(PictureUse.article_id == row.article_id)
    shown = described(session, may_see_pictures(session, viewer, named - set(session.scalars(noted))))
    return list(session.scalars(select(Picture).where(Picture.id.in_(shown)).order_by(Picture.id)))


def proposals(session: Session, viewer: Viewer, query: ProposalQuery) -> Page[ProposalLine]:
    """One page of proposals, newest first: the viewer's own, and those that they may decide on."""
    wanted = (
        select(Proposal, Article)
        .join(Article, Article.id == Proposal.article_id)
        .where(_proposal_seen(viewer))
        .options(selectinload(Article.versions))
    )
    if query.article_id is not None:
        wanted = wanted.where(Proposal.article_id == query.article_id)
    if query.status is not None:
        wanted = wanted.where(Proposal.status == query.status)
    if query.own:
        wanted = wanted.where(Proposal.author_id == (viewer.person_id or ""))
    after = position(query.after)
    page = paging.newest_first(wanted, Proposal.created_at, Proposal.id, after, query.limit)
    rows = list(session.execute(page))
    more, rows = len(rows) > query.limit, rows[: query.limit]
    return Page[ProposalLine](
        items=[views.proposal_line(row, article, viewer) for row, article in rows],
        next=paging.cursor(rows[-1][0].created_at, rows[-1][0].id) if more else None,
    )
