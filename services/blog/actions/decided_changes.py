"""What moderators' decisions change in articles."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from contracts.blog import ChangeArticle
from contracts.errors import Forbidden, NotFound
from contracts.moderation import DecisionState
from contracts.revisions import Withhold
from core.audience import Viewer
from services.blog import rules, views
from services.blog.actions import helpers
from services.blog.actions.revisions import show_revision, withhold_revision
from services.blog.actions.texts import apply, publish_change
from services.blog.tables import Article, ArticleRevision, ArticleSlug, ArticleVersion
from services.shared.authorisation import writer
from services.shared.decided_changes import Changeable, ItemText, each_before
from services.shared.powers import part_of


def changeable(session: Session, decision: DecisionState) -> Changeable | None:
    """An article for a decision to change; None if it is about another kind."""
    return _ChangeableArticle(session, decision.item_id) if decision.kind == "article" else None


class _ChangeableArticle:
    def __init__(self, session: Session, article_id: str) -> None:
        self._session = session
        self._id = article_id
        # The address that `write` replaced, since the words of its title are in it.
        self._former: str | None = None

    def read(self, viewer: Viewer, language: str) -> ItemText:
        article, version = self._version(viewer, language)
        return ItemText(
            version.language, version.title, version.summary, version.body, article.category, version.revision
        )

    def write(self, viewer: Viewer, text: ItemText) -> None:
        article, version = self._version(viewer, text.language)
        reviewed, retitled = version.reviewed, text.title != version.title
        self._apply(viewer, article, version, title=text.title, summary=text.summary, body=text.body)
        # Who moderates has read it: a translation that was reviewed stays so.
        version.reviewed = reviewed
        if retitled and version.language == article.original_language:
            before = article.slug
            helpers.claim_slug(self._session, article, text.title)
            self._former = before if before != article.slug else None
        publish_change(self._session, viewer, article, version.language)

    def move(self, viewer: Viewer, category: str) -> None:
        article = self._article(viewer)
        self._apply(viewer, article, views.original(article), category=category)
        publish_change(self._session, viewer, article, article.original_language)

    def withhold(self, viewer: Viewer, language: str, revision: int, command: Withhold) -> None:
        for number in each_before(revision):
            with suppress(NotFound):
                withhold_revision(self._session, viewer, self._id, language, number, command)
        if self._former is not None:
            # Nor do the addresses of before lead to it any longer: that of its id does.
            article = self._article(viewer)
            kept = (article.slug, article.id)
            mine = (ArticleSlug.article_id == article.id, ArticleSlug.slug.not_in(kept))
            self._session.execute(delete(ArticleSlug).where(*mine))

    def show(self, viewer: Viewer, language: str, revision: int, reason: str) -> None:
        of_item = (ArticleRevision.article_id == self._id, ArticleRevision.language == language)
        withheld = select(ArticleRevision.revision).where(*of_item, ArticleRevision.withheld_reason == reason)
        for number in self._session.scalars(withheld).all():
            show_revision(self._session, viewer, self._id, language, number)

    def _apply(self, viewer: Viewer, article: Article, version: ArticleVersion, **fields: str) -> None:
        command = ChangeArticle(revision=version.revision, **fields)
        # No picture comes into an article in this way: nobody has described it.
        apply(self._session, viewer, article, version, command, writer(viewer), set())

    def _version(self, viewer: Viewer, language: str) -> tuple[Article, ArticleVersion]:
        article = self._article(viewer)
        version = views.version_in(article, language)
        if version is None:
            raise NotFound
        return article, version

    def _article(self, viewer: Viewer) -> Article:
        article = helpers.article_for_change(self._session, viewer, self._id)
        if not rules.may_moderate(viewer, part_of(article)):
            raise Forbidden("not-moderator")
        return article
