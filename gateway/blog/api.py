"""Articles, their review and their pictures as JSON."""

from __future__ import annotations

from contracts.blog import (
    ArticleLine,
    ArticleQuery,
    ArticleView,
    ChangeArticle,
    CreateArticle,
    Revision,
    SetArticleVersion,
    UploadPicture,
)
from contracts.common import Page
from contracts.deletion import Delete, Deletion
from contracts.errors import NotFound
from contracts.forum import TopicView
from contracts.pictures import PictureView
from contracts.proposals import ProposalLine, ProposalQuery, ProposalView
from contracts.revisions import Withhold
from core.audience import Viewer
from gateway.api.common import contract_query, language_in_path, language_of
from gateway.api.router import Area
from gateway.api.schemas import (
    ArticleListQuery,
    ArticleVersionBody,
    LanguageQuery,
    ListQuery,
    ProposalListQuery,
    PublishBody,
    RemarkBody,
    RevisionNumber,
    ScheduleBody,
)
from gateway.blog.saving import change_or_propose, translate_or_propose
from gateway.former_categories import read_category_now
from gateway.request_context import services
from gateway.request_limits import WITH_FILE

area = Area("blog")
"""Articles and the board's work on them."""


@area.get("/articles")
def list_articles(viewer: Viewer, query: ArticleListQuery) -> Page[ArticleLine]:
    """Articles, the newest first."""
    wanted = contract_query(ArticleQuery, viewer, query)
    return read_category_now(viewer, "news", wanted, services().blog.articles)


@area.post("/articles", status=201, location="/articles/{id}")
def create_article(viewer: Viewer, body: CreateArticle) -> ArticleView:
    """Begin a draft."""
    return services().blog.create_article(viewer, body)


@area.get("/articles/{article_id}")
def get_article(viewer: Viewer, article_id: str, query: LanguageQuery) -> ArticleView:
    """One article, by its id or its slug."""
    return services().blog.article(viewer, article_id, language_of(query.lang))


@area.patch("/articles/{article_id}", waits=ProposalView)
def change_article(viewer: Viewer, article_id: str, body: ChangeArticle) -> ArticleView | ProposalView:
    """Save an article; a stale `revision` is a conflict that carries both texts.

    Once the editors have accepted it, your change waits for them: the response is 202 with the proposal. Those who have
    `may_edit` change it at once.
    """
    return change_or_propose(viewer, article_id, body)


@area.delete("/articles/{article_id}")
def delete_article(viewer: Viewer, article_id: str, query: Delete) -> Deletion:
    """Delete an article. Editors and moderators give a `reason`; the author may take it back before it is accepted."""
    return services().blog.delete_article(viewer, article_id, query)


@area.post("/articles/{article_id}/restore")
def restore_article(viewer: Viewer, article_id: str) -> ArticleView:
    """Undo the deletion of an article."""
    return services().blog.restore_article(viewer, article_id)


@area.put("/articles/{article_id}/versions/{lang}", waits=ProposalView)
def set_article_version(
    viewer: Viewer, article_id: str, lang: str, body: ArticleVersionBody
) -> ArticleView | ProposalView:
    """Add or change a translation of an article; it waits as a change of it does."""
    command = SetArticleVersion(
        language=language_in_path(lang),
        title=body.title,
        summary=body.summary,
        body=body.body,
        based_on=body.based_on,
    )
    return translate_or_propose(viewer, article_id, command)


@area.post("/articles/{article_id}/versions/{lang}/review")
def review_article_version(viewer: Viewer, article_id: str, lang: str) -> ArticleView:
    """Mark a translation as reviewed."""
    return services().blog.review_version(viewer, article_id, language_in_path(lang))


@area.post("/articles/{article_id}/submit")
def submit_article(viewer: Viewer, article_id: str) -> ArticleView:
    """Submit a draft to the editorial board."""
    return services().blog.submit(viewer, article_id)


@area.post("/articles/{article_id}/return", scope="moderate")
def return_article(viewer: Viewer, article_id: str, body: RemarkBody) -> ArticleView:
    """Send a submitted article back with a remark (editors)."""
    return services().blog.send_back(viewer, article_id, body.remark)


@area.post("/articles/{article_id}/decline", scope="moderate")
def decline_article(viewer: Viewer, article_id: str, body: RemarkBody) -> ArticleView:
    """Decline a submitted article with a reason (editors)."""
    return services().blog.decline(viewer, article_id, body.remark)


@area.post("/articles/{article_id}/publish", scope="moderate")
def publish_article(viewer: Viewer, article_id: str, body: PublishBody) -> ArticleView:
    """Publish an article (editors). Its discussion opens by itself.

    `revision` is the `article_revision` that you have read. Without it, or without a body, only a text that nobody has
    changed since it was submitted is published. Otherwise the response is 409 `text-changed`, with the current
    `revision`.
    """
    if body.revision is None:
        return services().blog.publish(viewer, article_id)
    return services().blog.publish_revision(viewer, article_id, body.revision)


@area.post("/articles/{article_id}/schedule", scope="moderate")
def schedule_article(viewer: Viewer, article_id: str, body: ScheduleBody) -> ArticleView:
    """Schedule an article for publication (editors).

    `revision` as for `publish`. An article that is changed after that is not published, but goes back to the board.
    """
    if body.revision is None:
        return services().blog.schedule(viewer, article_id, body.at)
    return services().blog.schedule_revision(viewer, article_id, body.at, body.revision)


@area.get("/proposals")
def list_proposals(viewer: Viewer, query: ProposalListQuery) -> Page[ProposalLine]:
    """Proposed changes of articles, the newest first: your own, and those that you may decide on."""
    return services().blog.proposals(viewer, contract_query(ProposalQuery, viewer, query))


@area.get("/proposals/{proposal_id}")
def get_proposal(viewer: Viewer, proposal_id: str) -> ProposalView:
    """One proposed change: its values, and what they replace."""
    return services().blog.proposal(viewer, proposal_id)


@area.post("/proposals/{proposal_id}/accept", scope="moderate")
def accept_proposal(viewer: Viewer, proposal_id: str) -> ProposalView:
    """Make a proposed change (editors).

    409 `proposal-outdated` names the `fields` that others have changed since, `proposal-closed` says that it has been
    decided on or withdrawn.
    """
    return services().blog.accept_proposal(viewer, proposal_id)


@area.post("/proposals/{proposal_id}/decline", scope="moderate")
def decline_proposal(viewer: Viewer, proposal_id: str, body: RemarkBody) -> ProposalView:
    """Decline a proposed change with a reason (editors)."""
    return services().blog.decline_proposal(viewer, proposal_id, body.remark)


@area.post("/proposals/{proposal_id}/withdraw")
def withdraw_proposal(viewer: Viewer, proposal_id: str) -> ProposalView:
    """Take your own proposal back."""
    return services().blog.withdraw_proposal(viewer, proposal_id)


@area.get("/articles/{article_id}/history")
def list_article_revisions(viewer: Viewer, article_id: str, query: ListQuery) -> Page[Revision]:
    """An article's revisions, the newest first."""
    return services().blog.history(viewer, article_id, query.cursor, query.limit)


@area.post("/articles/{article_id}/history/{lang}/{revision}/withhold")
def withhold_article_revision(
    viewer: Viewer, article_id: str, lang: str, revision: RevisionNumber, body: Withhold
) -> None:
    """Withhold an earlier text from an article's history: who wrote it, editors and moderators.

    Its text is then shown to editors and moderators alone. 409 `revision-current` for the text that is shown now.
    """
    services().blog.withhold_revision(viewer, article_id, language_in_path(lang), revision, body)


@area.post("/articles/{article_id}/history/{lang}/{revision}/show", scope="moderate")
def show_article_revision(viewer: Viewer, article_id: str, lang: str, revision: RevisionNumber) -> None:
    """Show a text again that was withheld (editors and moderators)."""
    services().blog.show_revision(viewer, article_id, language_in_path(lang), revision)


@area.get("/articles/{article_id}/discussion")
def get_article_discussion(viewer: Viewer, article_id: str) -> TopicView:
    """The topic in which a published article is discussed."""
    article = services().blog.article(viewer, article_id, None)
    topic = services().forum.topic_of_article(viewer, article.id)
    if topic is None:
        raise NotFound
    return topic


@area.post("/uploads", status=201, largest=WITH_FILE, files=True)
def upload_picture(viewer: Viewer, body: UploadPicture) -> PictureView:
    """Upload a picture with its author, licence and source.

    As JSON with the bytes in base64, or as `multipart/form-data` with the picture in the field `file`.
    """
    return services().blog.upload_picture(viewer, body)
