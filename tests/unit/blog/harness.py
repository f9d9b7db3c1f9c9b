"""The least that an article needs."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after, log_end
from contracts.blog import (
    ArticleView,
    ChangeArticle,
    CreateArticle,
    DescribePicture,
    SetArticleVersion,
)
from contracts.common import Recorded
from contracts.errors import Forbidden
from contracts.pictures import PictureView
from contracts.proposals import ProposalView, ProposeChange
from core.audience import Viewer
from services.blog import actions, picture_decoder, pictures, queries
from services.blog.picture_decoder import Prepared
from services.blog.tables import Article, ArticleSlug
from tests.unit.users import ADMIN, AMIRA, BO, CIRCLE, CLEO, EDITOR, GROUP, GROUP_MODERATOR, INSIDER, person

EDITOR_INSIDE = person("edin", "editor", groups=frozenset({GROUP}))
EVERYONE = (Viewer(), AMIRA, BO, CLEO, EDITOR, ADMIN, INSIDER, GROUP_MODERATOR, EDITOR_INSIDE)


def draft(session: Session, viewer: Viewer = AMIRA, **fields: Any) -> ArticleView:
    """A draft that lacks nothing."""
    given = {"language": "es", "title": "Año nuevo", "body": "Un texto.", "category": "community", **fields}
    return actions.create_article(session, viewer, CreateArticle(**given))


def published(session: Session, viewer: Viewer = AMIRA, **fields: Any) -> ArticleView:
    """An article that is out."""
    article = draft(session, viewer, **fields)
    actions.submit(session, viewer, article.id)
    return actions.publish(session, ADMIN if article.audience == "public" else EDITOR_INSIDE, article.id)


def change(session: Session, viewer: Viewer, article: ArticleView, **fields: Any) -> ArticleView:
    """Save the article as this viewer."""
    command = ChangeArticle(**{"revision": article.revision, **fields})
    return actions.change_article(session, viewer, article.id, command)


def translate(
    session: Session, viewer: Viewer, article: ArticleView, language: str, **fields: Any
) -> ArticleView:
    """Add a translation as this viewer; the board accepts it where it has to."""
    given = {"language": language, "title": f"Title in {language}", "body": f"Body in {language}.", **fields}
    try:
        return actions.set_version(session, viewer, article.id, SetArticleVersion(**given))
    except Forbidden as refused:
        if refused.code != "review-needed":
            raise
    proposal = propose(session, viewer, article, **given)
    accept(session, proposal)
    return queries.article(session, viewer, article.id, language)


def propose(session: Session, viewer: Viewer, article: ArticleView, **fields: Any) -> ProposalView:
    """Propose a change as this viewer."""
    return actions.propose_change(session, viewer, article.id, ProposeChange(**fields))


def accept(session: Session, proposal: ProposalView) -> ProposalView:
    """Accept a proposal as the board of its article."""
    inside = session.get_one(Article, proposal.article_id).audience == CIRCLE
    return actions.accept_proposal(session, EDITOR_INSIDE if inside else EDITOR, proposal.id)


def decide(session: Session, viewer: Viewer, proposal: ProposalView, step: str) -> ProposalView:
    """Accept, decline or withdraw a proposal as this viewer: `accept`, `decline`, `withdraw`."""
    if step == "accept":
        return actions.accept_proposal(session, viewer, proposal.id)
    if step == "decline":
        return actions.decline_proposal(session, viewer, proposal.id, "No.")
    return actions.withdraw_proposal(session, viewer, proposal.id)


def picture_file(
    size: tuple[int, int] = (800, 600), form: str = "JPEG", mode: str = "RGB", **options: Any
) -> str:
    """A picture's file, base64."""
    target = io.BytesIO()
    Image.effect_noise((64, 64), 60).resize(size).convert(mode).save(target, form, **options)
    return base64.b64encode(target.getvalue()).decode()


def prepare(encoded: str) -> Prepared:
    """A picture's sizes, made in this process."""
    return pictures.prepare(encoded, "", lambda content, _person_id: picture_decoder.decode(content))


def upload(session: Session, viewer: Viewer = AMIRA, encoded: str | None = None) -> PictureView:
    """A picture of this viewer's."""
    described = DescribePicture(
        alt="A boat",
        author="Amira",
        licence="CC BY-SA 4.0",
        source="own work",
    )
    return actions.upload_picture(session, viewer, described, prepare(encoded or picture_file()))


def events(session: Session) -> list[Recorded]:
    """All of the log but the categories' events."""
    recorded = events_after(session, "blog", 0, log_end(session))
    return [each for each in recorded if each.subject.startswith("article/")]


def slugs(session: Session) -> set[str]:
    """Every slug that leads somewhere."""
    return set(session.scalars(select(ArticleSlug.slug)))
