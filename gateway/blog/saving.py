"""Saves what somebody wrote: at once, or as a proposal where the blog says that an editor must read it first."""

from __future__ import annotations

from collections.abc import Callable

from contracts.blog import ArticleView, ChangeArticle, SetArticleVersion
from contracts.errors import Forbidden
from contracts.proposals import ProposalView, ProposeChange
from core.audience import Viewer
from gateway.request_context import services
from gateway.text_versions import original

REVIEW_NEEDED = "review-needed"


Saved = ArticleView | ProposalView


def change_or_propose(me: Viewer, article_id: str, command: ChangeArticle) -> Saved:
    """Change an article."""
    blog = services().blog
    proposal = ProposeChange(**command.model_dump())
    return _saved_or_proposed(
        lambda: blog.change_article(me, article_id, command),
        lambda: blog.propose_change(me, article_id, proposal),
    )


def translate_or_propose(
    me: Viewer, article_id: str, command: SetArticleVersion, revision: int | None = None
) -> Saved:
    """Add or change a translation. `revision`: that of the version which was changed, 0 if there was none yet."""
    blog = services().blog

    def propose() -> ProposalView:
        given = command.model_dump()
        if command.based_on is None:
            given["based_on"] = original(blog.article(me, article_id, None)).revision
        return blog.propose_change(me, article_id, ProposeChange(revision=revision, **given))

    return _saved_or_proposed(lambda: blog.set_version(me, article_id, command), propose)


def _saved_or_proposed(save: Callable[[], ArticleView], propose: Callable[[], ProposalView]) -> Saved:
    try:
        return save()
    except Forbidden as refused:
        if refused.code != REVIEW_NEEDED:
            raise
    return propose()
