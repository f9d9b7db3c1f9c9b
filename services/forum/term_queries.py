"""Finds what a blocked term would have matched."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from contracts.writing_rules import TermMatch, TermMatches
from core import clock
from core.audience import Viewer
from services.forum import queries
from services.forum.tables import Post
from services.shared.term_preview import MOST_TEXTS, WITHIN, check_preview, preview


def term_matches(session: Session, viewer: Viewer, text: str) -> TermMatches:
    """The posts of the last 30 days, of what the viewer may see, that have a term in them; of the first post of a topic
    with its title."""
    check_preview(viewer, text)
    wanted = (
        select(Post)
        .join(Post.topic)
        .where(queries.visible(viewer), Post.deleted_at.is_(None), Post.created_at > clock.now() - WITHIN)
        .options(contains_eager(Post.topic))
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(MOST_TEXTS + 1)
    )
    return preview(text, session.scalars(wanted).all(), _text, _match)


def _text(post: Post) -> str:
    return f"{post.topic.title}\n\n{post.body}" if post.number == 1 else post.body


def _match(post: Post) -> TermMatch:
    return TermMatch(
        kind="post",
        id=post.id,
        path=f"/talk/p/{post.id}",
        title=post.topic.title,
        language=post.topic.original_language,
        author_id=post.author_id,
        at=post.created_at,
    )
