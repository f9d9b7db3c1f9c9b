"""The entrypoints of the blog service: articles, the board, pictures."""

from __future__ import annotations

from nameko.timer import timer
from pydantic import AwareDatetime

from bus.entrypoints import call
from bus.service import Service
from contracts.article_texts import Remark
from contracts.blog import (
    ArticleLine,
    ArticleQuery,
    ArticleView,
    BlogApi,
    CategoryView,
    ChangeArticle,
    CreateArticle,
    DescribePicture,
    KeepPicture,
    PictureBytes,
    PictureView,
    Revision,
    SetArticleVersion,
    UploadPicture,
)
from contracts.common import Cursor, LanguageCode, MonthCount, Page, PageSize
from contracts.deletion import Delete, Deletion, DeletionLine
from contracts.proposals import ProposalLine, ProposalQuery, ProposalView, ProposeChange
from contracts.revisions import Withhold
from core.audience import Viewer
from services.blog import actions, pictures, proposal_queries, queries
from services.blog.actions import stale
from services.blog.actions.recook import recook


class BlogService(Service):
    """Calls; `contracts.blog.BlogApi` documents them."""

    name = "blog"
    api = BlogApi
    publishers = stale.PUBLISHERS
    recooks = (recook,)

    @call
    def categories(self, viewer: Viewer) -> list[CategoryView]:
        return self.read(queries.categories, viewer)

    @call
    def on_board(self, viewer: Viewer) -> bool:
        return self.read(queries.on_board, viewer)

    @call
    def article_months(self, viewer: Viewer) -> list[MonthCount]:
        return self.read(queries.article_months, viewer)

    @call
    def articles(self, viewer: Viewer, query: ArticleQuery) -> Page[ArticleLine]:
        return self.read(queries.articles, viewer, query)

    @call
    def article(self, viewer: Viewer, id_or_slug: str, language: str | None) -> ArticleView:
        return self.read(queries.article, viewer, id_or_slug, language)

    @call
    def create_article(self, viewer: Viewer, command: CreateArticle) -> ArticleView:
        return self.write(actions.create_article, viewer, command)

    @call
    def change_article(self, viewer: Viewer, article_id: str, command: ChangeArticle) -> ArticleView:
        return self.write(actions.change_article, viewer, article_id, command)

    @call
    def set_version(self, viewer: Viewer, article_id: str, command: SetArticleVersion) -> ArticleView:
        return self.write(actions.set_version, viewer, article_id, command)

    @call
    def review_version(self, viewer: Viewer, article_id: str, language: str) -> ArticleView:
        return self.write(actions.review_version, viewer, article_id, language)

    @call
    def proposals(self, viewer: Viewer, query: ProposalQuery) -> Page[ProposalLine]:
        return self.read(proposal_queries.proposals, viewer, query)

    @call
    def proposal(self, viewer: Viewer, proposal_id: str) -> ProposalView:
        return self.read(proposal_queries.proposal, viewer, proposal_id)

    @call
    def propose_change(self, viewer: Viewer, article_id: str, command: ProposeChange) -> ProposalView:
        return self.write(actions.propose_change, viewer, article_id, command)

    @call
    def accept_proposal(self, viewer: Viewer, proposal_id: str) -> ProposalView:
        return self.write(actions.accept_proposal, viewer, proposal_id)

    @call
    def decline_proposal(self, viewer: Viewer, proposal_id: str, remark: Remark) -> ProposalView:
        return self.write(actions.decline_proposal, viewer, proposal_id, remark)

    @call
    def withdraw_proposal(self, viewer: Viewer, proposal_id: str) -> ProposalView:
        return self.write(actions.withdraw_proposal, viewer, proposal_id)

    @call
    def submit(self, viewer: Viewer, article_id: str) -> ArticleView:
        return self.write(actions.submit, viewer, article_id)

    @call
    def send_back(self, viewer: Viewer, article_id: str, remark: Remark) -> ArticleView:
        return self.write(actions.send_back, viewer, article_id, remark)

    @call
    def decline(self, viewer: Viewer, article_id: str, remark: Remark) -> ArticleView:
        return self.write(actions.decline, viewer, article_id, remark)

    @call
    def publish(self, viewer: Viewer, article_id: str) -> ArticleView:
        return self.write(actions.publish, viewer, article_id)

    @call
    def publish_revision(self, viewer: Viewer, article_id: str, revision: int) -> ArticleView:
        return self.write(actions.publish, viewer, article_id, revision)

    @call
    def schedule(self, viewer: Viewer, article_id: str, at: AwareDatetime) -> ArticleView:
        return self.write(actions.schedule, viewer, article_id, at)

    @call
    def schedule_revision(
        self, viewer: Viewer, article_id: str, at: AwareDatetime, revision: int
    ) -> ArticleView:
        return self.write(actions.schedule, viewer, article_id, at, revision)

    @call
    def delete_article(self, viewer: Viewer, article_id: str, command: Delete) -> Deletion:
        return self.write(actions.delete_article, viewer, article_id, command)

    @call
    def restore_article(self, viewer: Viewer, article_id: str) -> ArticleView:
        return self.write(actions.restore_article, viewer, article_id)

    @call
    def article_deletions(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[DeletionLine]:
        return self.read(queries.deletions, viewer, after, limit)

    @call
    def history(
        self, viewer: Viewer, article_id: str, after: Cursor | None, limit: PageSize
    ) -> Page[Revision]:
        return self.read(queries.history, viewer, article_id, after, limit)

    @call
    def withhold_revision(
        self, viewer: Viewer, article_id: str, language: LanguageCode, revision: int, command: Withhold
    ) -> None:
        self.write(actions.withhold_revision, viewer, article_id, language, revision, command)

    @call
    def show_revision(self, viewer: Viewer, article_id: str, language: LanguageCode, revision: int) -> None:
        self.write(actions.show_revision, viewer, article_id, language, revision)

    @call
    def upload_picture(self, viewer: Viewer, command: UploadPicture) -> PictureView:
        by_id = self.read(actions.check_upload, viewer)
        # Before the transaction, so that no writer waits for it.
        return self.write(actions.upload_picture, viewer, command, pictures.prepare(command.base64, by_id))

    @call
    def keep_picture(self, viewer: Viewer, command: KeepPicture) -> PictureView:
        by_id = self.read(actions.check_upload, viewer)
        return self.write(actions.keep_picture, viewer, pictures.prepare(command.base64, by_id))

    @call
    def describe_picture(self, viewer: Viewer, picture_id: str, command: DescribePicture) -> PictureView:
        return self.write(actions.describe_picture, viewer, picture_id, command)

    @call
    def picture_bytes(self, viewer: Viewer, picture_id: str, width: int) -> PictureBytes:
        return self.read(queries.picture_bytes, viewer, picture_id, width)

    @timer(interval=5)  # type: ignore[untyped-decorator]
    def publish_due(self) -> None:
        """Publish what is due; after a stop, whatever became due meanwhile."""
        while self.read(actions.is_due) and self.write(actions.publish_due):
            pass


_: type[BlogApi] = BlogService
