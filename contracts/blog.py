"""blog: articles, their language versions, pictures, and the editorial board's queue."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import AwareDatetime, StringConstraints

from contracts.article_texts import ArticleFields, DraftBody, DraftTitle, Remark, Summary
from contracts.categories import CategoryAdministration, CategoryEvent
from contracts.common import (
    CLEAN_LINE,
    Audience,
    Body,
    Command,
    CookedHtml,
    Cursor,
    Event,
    Id,
    ItemEvent,
    Key,
    LanguageCode,
    MonthCount,
    Page,
    PageSize,
    Producer,
    Tag,
    TextVersion,
    Title,
    View,
    WantedTag,
    also_from,
    needs_scope,
    safe,
)
from contracts.deletion import Deletable, Delete, Deletion, DeletionLine
from contracts.own_data import Exporter
from contracts.pictures import EncodedPicture, PictureView
from contracts.proposals import ProposalLine, ProposalQuery, ProposalState, ProposalView, ProposeChange
from contracts.removed_categories import CategoryRemoval
from contracts.revisions import RevisionEvent, TextRevision, Withhold
from core.audience import MEMBERS, PUBLIC, Viewer, group_of

BoardStep = Literal["submit", "send_back", "decline", "publish", "schedule"]
ArticleStatus = Literal["draft", "submitted", "returned", "scheduled", "published", "declined"]


# Views


class CategoryView(View):
    """A predefined category, named in the viewer's language. `closed`: no article can be put into it any more."""

    slug: str
    name: str
    about: str
    language: str
    closed: bool = False


class PictureBytes(View):
    """A picture's file in base64."""

    media_type: str
    base64: str


class Remarked(View):
    """One step of an article through review: who moved it to which status, when, and what they said.

    `revision` is the article's `article_revision` that the step was taken on, None where it is not known. `reason` is
    `text-changed` where the article went back to the board by itself, because it had changed after it was scheduled;
    `by_id` is then who changed it.
    """

    status: ArticleStatus
    by_id: str
    at: AwareDatetime
    remark: str = ""
    revision: int | None = None
    reason: str = ""


class ArticleLine(View):
    """One article in a list, in the language chosen for the viewer. `languages` are those of its versions, original
    first."""

    id: str
    slug: str
    status: ArticleStatus
    audience: str
    author_id: str
    category: str
    tags: list[str]
    language: str
    title: str
    summary: str
    languages: list[str]
    picture: PictureView | None = None
    created_at: AwareDatetime
    changed_at: AwareDatetime
    published_at: AwareDatetime | None = None
    scheduled_for: AwareDatetime | None = None


class ArticleView(Deletable, ArticleLine):
    """One article. `body` is the Markdown of the chosen version, `revision` the one to send with a change of it.
    `html` and `excerpt` are made of `body`, as in `contracts.forum.PostView`.

    Whether the viewer may change it at once (`may_edit`) or propose a change (`may_propose`), add a translation
    (`may_translate`; at once or as a proposal, in the same way), and mark the chosen version as
    reviewed (`may_review`); whether they belong to the board that decides on it (`on_board`); and the review steps that
    they may take now (`steps`).

    `article_revision` counts every change of the article: of all its versions, its tags, category and picture. It is
    what `publish_revision` and `schedule_revision` name. `changed_since_approval`: it is scheduled, and has changed
    since. `published_alone`: its editor wrote it and nobody else is known to have read it before it was published.

    A deleted one is there for its author, the board and moderators alone.
    """

    body: str
    html: CookedHtml | None = None
    excerpt: str = ""
    original_language: str
    revision: int
    article_revision: int = 1
    contributor_ids: list[str]
    versions: list[TextVersion]
    review: list[Remarked] = []
    changed_since_approval: bool = False
    published_alone: bool = False
    official: bool = False
    may_edit: bool = False
    may_propose: bool = False
    may_translate: bool = False
    may_review: bool = False
    on_board: bool = False
    steps: list[BoardStep] = []
    withholds: bool = False
    """Earlier texts of it are withheld."""


class Revision(TextRevision):
    """One saved state of one language version."""

    summary: str


# Commands


class CreateArticle(Command):
    """Create a draft; title and body may be empty. Faults: `language-unknown`, `category-unknown`, `tag-shape`."""

    language: LanguageCode
    title: DraftTitle = ""
    summary: Summary = ""
    body: DraftBody = ""
    category: Key | None = None
    tags: list[Tag] = []
    picture_id: Id | None = None
    audience: Audience = PUBLIC


class ChangeArticle(ArticleFields):
    """Change an article. `revision` is the one that the editor started from; if there is a newer one,
    `Conflict("edit-conflict")` is raised with both texts.
    """

    revision: int


class SetArticleVersion(Command):
    """Add or change a translation. `based_on` is the revision of the original that was translated."""

    language: LanguageCode
    title: Title
    summary: Summary = ""
    body: Body
    based_on: int | None = None


class DescribePicture(Command):
    """What a picture shows, who made it and under which licence."""

    alt: Annotated[str, StringConstraints(min_length=1, max_length=500), CLEAN_LINE]
    author: Annotated[str, StringConstraints(min_length=1, max_length=200), CLEAN_LINE]
    licence: Annotated[str, StringConstraints(min_length=1, max_length=100), CLEAN_LINE]
    source: Annotated[str, StringConstraints(min_length=1, max_length=500), CLEAN_LINE]


class UploadPicture(DescribePicture):
    """A picture with its description and licence. Faults: `picture-type`, `picture-size`, `picture-broken`."""

    base64: EncodedPicture


class KeepPicture(Command):
    """A picture whose description is not complete yet. Faults: as those of `UploadPicture`."""

    base64: EncodedPicture


class ArticleQuery(Command):
    """A filter for articles. For a `status` other than published the result holds only what the viewer may see (for
    members: the review queue and drafts)."""

    status: ArticleStatus | None = "published"
    category: str | None = None
    tag: WantedTag | None = None
    language: str | None = None
    author_id: str | None = None
    audience: Audience | None = None
    after: Cursor | None = None
    limit: PageSize = 20


# Events


class ArticleState(View):
    """The complete state of an article after an event."""

    id: str
    slug: str
    status: ArticleStatus
    audience: str
    author_id: str
    contributor_ids: list[str]
    category: str
    tags: list[str]
    original_language: str
    versions: list[TextVersion]
    picture: PictureView | None = None
    created_at: AwareDatetime
    changed_at: AwareDatetime
    published_at: AwareDatetime | None = None
    scheduled_for: AwareDatetime | None = None
    official: bool = False
    published_alone: bool = False


class _ArticleEvent(ItemEvent):
    item: ClassVar[str] = "article"
    article: ArticleState
    remark: str = ""

    def audience(self) -> str:
        if group_of(self.article.audience):
            return self.article.audience
        return self.article.audience if self.article.status == "published" else MEMBERS


class ArticleChanged(_ArticleEvent):
    """A draft was created or saved, or a published article or its tags, picture or versions changed."""

    type: ClassVar[str] = "blog.article.changed"


class ArticleSubmitted(_ArticleEvent):
    """The author submitted it for review.

    With the `reason` `text-changed` it went back to the board by itself when it was due, for `by_id` had changed it
    after `approved_by` had scheduled it.
    """

    type: ClassVar[str] = "blog.article.submitted"
    reason: str = ""
    approved_by: str | None = None


class ArticleReturned(_ArticleEvent):
    """The board returned it to the author; `remark` says why."""

    type: ClassVar[str] = "blog.article.returned"


class ArticleDeclined(_ArticleEvent):
    """The board declined it; `remark` is the reason."""

    type: ClassVar[str] = "blog.article.declined"


class ArticleScheduled(_ArticleEvent):
    """It will be published at `article.scheduled_for`."""

    type: ClassVar[str] = "blog.article.scheduled"


class ArticlePublished(_ArticleEvent):
    """It was published. An article is published once."""

    type: ClassVar[str] = "blog.article.published"


class ArticleDeleted(_ArticleEvent):
    """It was deleted, and its discussion with it. Its state has no texts, tags, picture and slug. `titles`, by
    language, are for the notification of its author."""

    type: ClassVar[str] = "blog.article.deleted"
    reason: str
    titles: dict[str, str] = {}


class ArticleRestored(_ArticleEvent):
    """A deleted article is back as it was."""

    type: ClassVar[str] = "blog.article.restored"


class RevisionWithheld(RevisionEvent):
    """An earlier text of an article was withheld."""

    type: ClassVar[str] = "blog.revision.withheld"


class RevisionShown(RevisionEvent):
    """A text that was withheld is shown again."""

    type: ClassVar[str] = "blog.revision.shown"


class _ProposalEvent(Event):
    proposal: ProposalState
    by_id: str
    remark: str = ""

    def subject(self) -> str:
        return f"proposal/{self.proposal.id}"

    def audience(self) -> str:
        # Never public, so that it is neither on the public exchange nor in a stream.
        return self.proposal.audience if group_of(self.proposal.audience) else MEMBERS


class ProposalMade(_ProposalEvent):
    """Somebody proposed a change of an article."""

    type: ClassVar[str] = "blog.proposal.made"


class ProposalAccepted(_ProposalEvent):
    """The board accepted it; the article has changed."""

    type: ClassVar[str] = "blog.proposal.accepted"


class ProposalDeclined(_ProposalEvent):
    """The board declined it; `remark` is the reason."""

    type: ClassVar[str] = "blog.proposal.declined"


class ProposalWithdrawn(_ProposalEvent):
    """Its author withdrew it, or made a newer one in its place."""

    type: ClassVar[str] = "blog.proposal.withdrawn"


class CategoryChanged(CategoryEvent):
    """A category was added, or its names, descriptions, place or `closed` changed. `texts`: the original first."""

    type: ClassVar[str] = "blog.category.changed"


class BlogApi(CategoryAdministration, CategoryRemoval, Exporter, Producer, Protocol):
    """The calls of the blog service."""

    @safe
    @also_from("notify")
    def categories(self, viewer: Viewer) -> list[CategoryView]: ...
    @safe
    def on_board(self, viewer: Viewer) -> bool:
        """Whether the viewer belongs to the board that decides on articles for everyone."""

    @safe
    def article_months(self, viewer: Viewer) -> list[MonthCount]:
        """How many articles that the viewer may see were published in each month, the latest first."""

    @safe
    def articles(self, viewer: Viewer, query: ArticleQuery) -> Page[ArticleLine]: ...
    @safe
    @also_from("notify")
    def article(self, viewer: Viewer, id_or_slug: str, language: str | None) -> ArticleView:
        """One article, in `language` if that version exists, else in the viewer's preferred language."""

    @safe
    def articles_by_id(self, viewer: Viewer, ids: list[str], language: str | None) -> list[ArticleView]:
        """Up to 100 articles in full, in the order of their ids; those that the viewer may not see are left out."""

    def create_article(self, viewer: Viewer, command: CreateArticle) -> ArticleView: ...
    def change_article(self, viewer: Viewer, article_id: str, command: ChangeArticle) -> ArticleView:
        """Any member may change an article that the board has not accepted, and becomes a contributor by it. After that
        only the board may, and the author while it is scheduled; for others it raises `Forbidden("review-needed")`:
        they call `propose_change`."""

    def set_version(self, viewer: Viewer, article_id: str, command: SetArticleVersion) -> ArticleView:
        """Add or change a translation; raises as `change_article` does."""

    @safe
    def proposals(self, viewer: Viewer, query: ProposalQuery) -> Page[ProposalLine]:
        """Proposed changes, the newest first: the viewer's own, and those that they may decide on."""

    @safe
    def proposal(self, viewer: Viewer, proposal_id: str) -> ProposalView: ...
    def propose_change(self, viewer: Viewer, article_id: str, command: ProposeChange) -> ProposalView:
        """Propose a change of an article that the board has accepted. Raises `Conflict("article-elsewhere")` for one
        that the viewer may change at once, or nobody."""

    @needs_scope("moderate")
    def accept_proposal(self, viewer: Viewer, proposal_id: str) -> ProposalView:
        """Make the change; its author is named in the history, or as the translator.

        Raises `Conflict("proposal-outdated")` with the names of the `fields` that others have changed since, and
        `Conflict("proposal-closed")` if it has been decided on, or withdrawn.
        """

    @needs_scope("moderate")
    def decline_proposal(self, viewer: Viewer, proposal_id: str, remark: Remark) -> ProposalView: ...
    def withdraw_proposal(self, viewer: Viewer, proposal_id: str) -> ProposalView:
        """Take one's own proposal back."""

    def review_version(self, viewer: Viewer, article_id: str, language: str) -> ArticleView:
        """Mark a translation as reviewed: any member who neither made nor last changed it.

        Raises `Forbidden("own-translation")`. Fault: `language-is-original`.
        """

    def submit(self, viewer: Viewer, article_id: str) -> ArticleView:
        """Faults: `title-missing`, `body-missing`, `category-missing`."""

    @needs_scope("moderate")
    def send_back(self, viewer: Viewer, article_id: str, remark: Remark) -> ArticleView: ...
    @needs_scope("moderate")
    def decline(self, viewer: Viewer, article_id: str, remark: Remark) -> ArticleView: ...
    @needs_scope("moderate")
    def publish(self, viewer: Viewer, article_id: str) -> ArticleView:
        """Publish the text that was submitted or scheduled.

        Raises `Conflict("text-changed")`, with the current `revision`, if the article has changed since:
        `publish_revision` says which text was read.
        """

    @needs_scope("moderate")
    def publish_revision(self, viewer: Viewer, article_id: str, revision: int) -> ArticleView:
        """Publish the article as it was read: at the `article_revision` `revision`.

        Raises `Conflict("text-changed")`, with the current `revision`, if there is another by now.
        """

    @needs_scope("moderate")
    def schedule(self, viewer: Viewer, article_id: str, at: AwareDatetime) -> ArticleView:
        """Have the article published at the time `at`, which must lie in the future. Fault: `time-past`. Raises as
        `publish` does.

        If it changes after that, it is not published then, but goes back to the board.
        """

    @needs_scope("moderate")
    def schedule_revision(
        self, viewer: Viewer, article_id: str, at: AwareDatetime, revision: int
    ) -> ArticleView:
        """The same for the article as it was read; raises as `publish_revision` does."""

    def delete_article(self, viewer: Viewer, article_id: str, command: Delete) -> Deletion:
        """Delete an article: its author before it is accepted, and the board and moderators, who give a reason.

        Deleting it again changes nothing: the result is the first deletion. Raises `Forbidden("not-on-board")`.
        """

    def restore_article(self, viewer: Viewer, article_id: str) -> ArticleView:
        """Undo an article's deletion; one that is not deleted stays as it is. Raises `Forbidden("not-restorer")`."""

    @safe
    def article_deletions(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[DeletionLine]:
        """The log of deletions for board and moderators, newest first: of what is theirs. Raises `Forbidden`."""

    @safe
    def history(
        self, viewer: Viewer, article_id: str, after: Cursor | None, limit: PageSize
    ) -> Page[Revision]: ...
    def withhold_revision(
        self, viewer: Viewer, article_id: str, language: LanguageCode, revision: int, command: Withhold
    ) -> None:
        """Withhold an earlier text from the history: who wrote it, the board and moderators.

        Raises `Forbidden("not-withholder")`, and `Conflict("revision-current")` for the text that is shown now.
        """

    @needs_scope("moderate")
    def show_revision(self, viewer: Viewer, article_id: str, language: LanguageCode, revision: int) -> None:
        """Undo `withhold_revision`; only the board and moderators may. Raises `Forbidden("not-restorer")`."""

    def upload_picture(self, viewer: Viewer, command: UploadPicture) -> PictureView: ...
    def keep_picture(self, viewer: Viewer, command: KeepPicture) -> PictureView:
        """Store a picture that no article takes before `describe_picture`: so that a form which was refused does not
        lose it."""

    def describe_picture(self, viewer: Viewer, picture_id: str, command: DescribePicture) -> PictureView:
        """Set the description of a picture that the viewer uploaded and no article shows yet.

        Raises `NotFound` for any other picture.
        """

    @safe
    def picture_bytes(self, viewer: Viewer, picture_id: str, width: int) -> PictureBytes:
        """A picture without metadata, at most `width` pixels wide: the widest of 320, 640, 800, 1280, 1920 that fits.

        Raises `NotFound` unless the viewer uploaded it, or may see an article that uses it.
        """
