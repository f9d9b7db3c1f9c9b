"""Saves what somebody wrote: at once, or as a proposal where the blog says that an editor must read it first."""

from __future__ import annotations

from contracts.blog import ArticleView, ChangeArticle, SetArticleVersion
from contracts.errors import Forbidden
from contracts.proposals import ProposalView, ProposeChange
from core.audience import Viewer
from gateway.request_context import services
from gateway.text_versions import original

REVIEW_NEEDED = "review-needed"


def change_or_propose(me: Viewer, article_id: str, command: ChangeArticle) -> ArticleView | ProposalView:
    """Change an article."""
    blog = services().blog
    try:
        return blog.change_article(me, article_id, command)
    except Forbidden as refused:
        if refused.code != REVIEW_NEEDED:
            raise
    return blog.propose_change(me, article_id, ProposeChange(**command.model_dump()))


def translate_or_propose(
    me: Viewer, article_id: str, command: SetArticleVersion, revision: int | None = None
) -> ArticleView | ProposalView:
    """Add or change a translation. `revision`: that of the version which was changed, 0 if there was none yet."""
    blog = services().blog
    try:
        return blog.set_version(me, article_id, command)
    except Forbidden as refused:
        if refused.code != REVIEW_NEEDED:
            raise
    given = command.model_dump()
    if command.based_on is None:
        given["based_on"] = original(blog.article(me, article_id, None)).revision
    return blog.propose_change(me, article_id, ProposeChange(revision=revision, **given))
