"""forum: categories, topics and posts."""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol

from pydantic import AwareDatetime

from contracts.categories import CategoryAdministration, CategoryEvent
from contracts.common import (
    Audience,
    Body,
    Command,
    CookedHtml,
    Cursor,
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
from contracts.group_categories import GroupCategories
from contracts.held import HeldApi, HeldView
from contracts.own_data import Exporter
from contracts.removed_categories import CategoryRemoval
from contracts.revisions import RevisionEvent, TextRevision, Withhold, Withholdable
from contracts.writing_rules import TermPreview
from core.audience import PUBLIC, Viewer

# Views


class ForumCategory(View):
    """A category, named in the viewer's language. `official`: only editors and moderators may create topics there.
    `closed`: no new topics. `may_open`: whether the viewer may create topics there. `audience`: that of the group which
    it belongs to and whose topics alone are in it, else `public`."""

    slug: str
    name: str
    about: str
    language: str
    official: bool = False
    closed: bool = False
    may_open: bool = False
    topics: int = 0
    audience: str = PUBLIC


class TopicLine(View):
    """One topic in a list, its title in the language chosen for the viewer."""

    id: str
    slug: str
    audience: str
    category: str | None
    tags: list[str]
    author_id: str
    language: str
    title: str
    languages: list[str]
    posts: int
    created_at: AwareDatetime
    last_post_at: AwareDatetime
    last_author_id: str
    pinned: bool = False
    closed: bool = False
    article_id: str | None = None
    excerpt: str = ""


class PostView(Deletable):
    """One post. `number` counts from 1 within the topic. A deleted post keeps its number and has an empty body.

    `html` is the text as safe HTML; None if it depends on who there is (a mention in a text without spaces). `excerpt`
    is its beginning, without markup.
    """

    id: str
    topic_id: str
    number: int
    author_id: str
    language: str
    body: str
    html: CookedHtml | None = None
    excerpt: str = ""
    created_at: AwareDatetime
    edited_at: AwareDatetime | None = None
    edits: int = 0
    deleted: bool = False
    revision: int = 1
    mentions: list[str] = []
    may_edit: bool = False
    withholds: bool = False
    """Earlier texts of it are withheld."""
    withholds_titles: bool = False
    """Earlier titles of its topic are withheld."""


class TopicView(Deletable, TopicLine):
    """One topic. Each of its `versions` is the title and the first post in one language; `posts` returns the posts.
    `html` is that of the first post in `language`, as in `PostView`.

    Whether the viewer may change title, category and tags (`may_edit`), pin and close it (`may_moderate`), write posts
    (`may_reply`), and write translations (`may_translate`).

    A deleted one is there for its author and moderators alone.
    """

    original_language: str
    revision: int
    versions: list[TextVersion]
    withholds: bool = False
    """Earlier texts of its first post are withheld."""
    withholds_titles: bool = False
    """Earlier titles or translations of it are withheld."""
    edits: int = 0
    """How many earlier titles the history of the original has, or texts that of a translation: in `language`."""
    html: CookedHtml | None = None
    may_edit: bool = False
    may_moderate: bool = False
    may_reply: bool = False
    may_translate: bool = False


class TopicPage(View):
    """A topic and some of its posts. A deleted topic has none, but for its moderators."""

    topic: TopicView
    posts: Page[PostView]


class PostPlace(View):
    """The topic of a post and its number there, to resolve links that have only the post's id."""

    topic_id: str
    topic_slug: str
    post_id: str
    number: int
    article_id: str | None = None


class PostRevision(Withholdable):
    """One earlier version of a post's text."""

    revision: int
    body: str
    by_id: str
    at: AwareDatetime


# Commands


class CreateTopic(Command):
    """Create a topic. `category` may be None only for a group's topic.

    Faults: `category-unknown`, `category-missing`, `language-unknown`, `tag-shape`. Raises `NotFound` for the audience
    of a group that the viewer is not in.
    """

    language: LanguageCode
    title: Title
    body: Body
    category: Key | None = None
    tags: list[Tag] = []
    audience: Audience = PUBLIC


class ChangeTopic(Command):
    """Change title, category or tags, or (moderators only) pin or close. None leaves a field as it is.

    `revision` is the one that the editor started from, as in `contracts.blog.ChangeArticle`.
    """

    revision: int
    title: Title | None = None
    category: Key | None = None
    tags: list[Tag] | None = None
    pinned: bool | None = None
    closed: bool | None = None


class SetTopicVersion(Command):
    """Add or change a translation of the title and the first post."""

    language: LanguageCode
    title: Title
    body: Body


class CreatePost(Command):
    """Write a reply. `language` None: the topic's."""

    body: Body
    language: LanguageCode | None = None


class ChangePost(Command):
    """Edit a post. `revision` is the one that the editor started from, as in `contracts.blog.ChangeArticle`."""

    revision: int
    body: Body


class TopicQuery(Command):
    """A filter for topics. `sort`: `latest` is by the newest reply with pinned topics first, `new` by creation."""

    category: str | None = None
    tag: WantedTag | None = None
    language: str | None = None
    author_id: str | None = None
    audience: Audience | None = None
    sort: Literal["latest", "new"] = "latest"
    after: Cursor | None = None
    limit: PageSize = 30


# Events


class TopicState(View):
    """The complete state of a topic. The `body` of each version is the text of the first post in that language."""

    id: str
    slug: str
    audience: str
    category: str | None
    tags: list[str]
    author_id: str
    original_language: str
    versions: list[TextVersion]
    created_at: AwareDatetime
    pinned: bool = False
    closed: bool = False
    article_id: str | None = None
    first_post_id: str


class PostState(View):
    """The complete state of a post, with what subscribers need of its topic. `mentions` are names as written."""

    id: str
    topic_id: str
    topic_slug: str
    topic_title: str
    topic_author_id: str
    audience: str
    category: str | None
    tags: list[str]
    article_id: str | None = None
    number: int
    author_id: str
    language: str
    body: str
    mentions: list[str] = []
    quoted_ids: list[str] = []
    created_at: AwareDatetime
    edited_at: AwareDatetime | None = None
    deleted: bool = False
    topic_deleted: bool = False
    """It is deleted because its topic is."""


class ParsedText(View):
    """What is made of a post's text when it is written, so that subscribers need not parse it.

    `plain` is the text without markup, a line for each block; `excerpt` is its beginning, as in views.
    """

    plain: str
    excerpt: str


class _TopicEvent(ItemEvent):
    item: ClassVar[str] = "topic"
    topic: TopicState


class TopicCreated(_TopicEvent):
    """A topic was created; the `PostCreated` of its first post follows."""

    type: ClassVar[str] = "forum.topic.created"


class TopicChanged(_TopicEvent):
    """Title, category, tags, versions, pinned or closed changed."""

    type: ClassVar[str] = "forum.topic.changed"


class TopicDeleted(_TopicEvent):
    """A topic was deleted, with its posts: a `PostDeleted` for each follows. Its state has no texts, tags and slug."""

    type: ClassVar[str] = "forum.topic.deleted"
    reason: str


class TopicRestored(_TopicEvent):
    """A deleted topic is back as it was; a `PostRestored` for each of its posts follows."""

    type: ClassVar[str] = "forum.topic.restored"


class RevisionWithheld(RevisionEvent):
    """An earlier text of a post, or title or translation of a topic, was withheld."""

    type: ClassVar[str] = "forum.revision.withheld"


class RevisionShown(RevisionEvent):
    """A text that was withheld is shown again."""

    type: ClassVar[str] = "forum.revision.shown"


class _PostEvent(ItemEvent):
    item: ClassVar[str] = "post"
    post: PostState

    def subject(self) -> str:
        # The same subject as the topic, so that a subscriber handles a topic before its posts.
        return f"topic/{self.post.topic_id}"


class _WrittenEvent(_PostEvent):
    parsed: ParsedText | None = None
    """For Space's own services (`contracts.actors`). None if its text was not written now, and in older events."""


class PostCreated(_WrittenEvent):
    """A post was written; number 1 is the first post of a new topic."""

    type: ClassVar[str] = "forum.post.created"


class PostChanged(_WrittenEvent):
    """A post was edited, or the data of its topic that the event holds changed."""

    type: ClassVar[str] = "forum.post.changed"


class PostDeleted(_PostEvent):
    """A post was deleted; its state has no text any more. `reason` is `""` for a post of a deleted topic."""

    type: ClassVar[str] = "forum.post.deleted"
    reason: str = ""


class PostRestored(_PostEvent):
    """A deleted post is back, by itself or with its topic."""

    type: ClassVar[str] = "forum.post.restored"


class CategoryChanged(CategoryEvent):
    """A category was added or changed. `texts`: the original first. `official`: as in `ForumCategory`, and so is
    `category_audience`, which is the event's too."""

    type: ClassVar[str] = "forum.category.changed"
    official: bool = False
    category_audience: str = PUBLIC

    def audience(self) -> str:
        return self.category_audience


class ForumApi(
    CategoryAdministration,
    CategoryRemoval,
    GroupCategories,
    HeldApi,
    TermPreview,
    Exporter,
    Producer,
    Protocol,
):
    """The calls of the forum service.

    All that writes a text raises `Conflict("review-needed")` where it must wait for a moderator, and the call beside it
    whose name begins with `hold` has it wait; `Invalid("text-blocked")` for a blocked term, and `TooMany` for what new
    people may not write (`contracts.writing_rules`).
    """

    @safe
    @also_from("notify")
    def categories(self, viewer: Viewer) -> list[ForumCategory]: ...
    @safe
    def topic_months(self, viewer: Viewer) -> list[MonthCount]:
        """How many topics that the viewer may see were created in each month, the latest first."""

    @safe
    def topics(self, viewer: Viewer, query: TopicQuery) -> Page[TopicLine]: ...
    @safe
    @also_from("notify")
    def topic(self, viewer: Viewer, topic_id: str, language: str | None) -> TopicView: ...
    @safe
    def topics_by_id(self, viewer: Viewer, ids: list[str], language: str | None) -> list[TopicView]:
        """Up to 100 topics in full, in the order of their ids; those that the viewer may not see are left out."""

    @safe
    def topic_of_article(self, viewer: Viewer, article_id: str) -> TopicView | None:
        """The topic that discusses a published article; None until it is created, shortly after publication."""

    @safe
    @also_from("notify")
    def posts(self, viewer: Viewer, topic_id: str, after: Cursor | None, limit: PageSize) -> Page[PostView]:
        """A topic's posts, oldest first. `after` may also be a post number: posts after it."""

    @safe
    def topic_page(
        self, viewer: Viewer, topic_id: str, language: str | None, after: Cursor | None, limit: PageSize
    ) -> TopicPage:
        """`topic` and `posts` in one call."""

    @safe
    def recent_posts(
        self, viewer: Viewer, author_id: str | None, after: Cursor | None, limit: PageSize
    ) -> Page[PostView]: ...
    @safe
    @also_from("notify")
    def post(self, viewer: Viewer, post_id: str) -> PostView: ...
    @safe
    def post_place(self, viewer: Viewer, post_id: str) -> PostPlace: ...
    @safe
    def post_history(self, viewer: Viewer, post_id: str) -> list[PostRevision]: ...
    @safe
    def post_revisions(
        self, viewer: Viewer, post_id: str, newest_first: bool, after: Cursor | None, limit: PageSize
    ) -> Page[PostRevision]:
        """A post's earlier texts, one page of them; oldest first if not `newest_first`."""

    def withhold_revision(self, viewer: Viewer, post_id: str, revision: int, command: Withhold) -> None:
        """Withhold an earlier text from the history: who wrote it, and moderators.

        Raises `Forbidden("not-withholder")`, and `Conflict("revision-current")` for the text that is shown now.
        """

    @needs_scope("moderate")
    def show_revision(self, viewer: Viewer, post_id: str, revision: int) -> None:
        """Undo `withhold_revision`; only moderators may. Raises `Forbidden("not-restorer")`."""

    @safe
    def topic_revisions(
        self, viewer: Viewer, topic_id: str, language: str | None, after: Cursor | None, limit: PageSize
    ) -> Page[TextRevision]:
        """A topic's title and that title's earlier ones, without text, or a translation and its earlier ones, whichever
        is of the language that `topic` chooses; the newest first."""

    def withhold_topic_revision(
        self, viewer: Viewer, topic_id: str, language: LanguageCode, revision: int, command: Withhold
    ) -> None:
        """The same as `withhold_revision` for an earlier title or translation of a topic."""

    @needs_scope("moderate")
    def show_topic_revision(
        self, viewer: Viewer, topic_id: str, language: LanguageCode, revision: int
    ) -> None:
        """Undo `withhold_topic_revision`, as `show_revision`."""

    def create_topic(self, viewer: Viewer, command: CreateTopic) -> TopicView: ...
    def change_topic(self, viewer: Viewer, topic_id: str, command: ChangeTopic) -> TopicView: ...
    def set_topic_version(self, viewer: Viewer, topic_id: str, command: SetTopicVersion) -> TopicView: ...
    @also_from("mail")
    def create_post(self, viewer: Viewer, topic_id: str, command: CreatePost) -> PostView:
        """Raises `Forbidden("topic-closed")`."""

    def change_post(self, viewer: Viewer, post_id: str, command: ChangePost) -> PostView: ...
    def hold_topic(self, viewer: Viewer, command: CreateTopic) -> HeldView: ...
    def hold_topic_change(self, viewer: Viewer, topic_id: str, command: ChangeTopic) -> HeldView: ...
    def hold_topic_version(self, viewer: Viewer, topic_id: str, command: SetTopicVersion) -> HeldView: ...
    @also_from("mail")
    def hold_post(self, viewer: Viewer, topic_id: str, command: CreatePost) -> HeldView: ...
    def hold_post_change(self, viewer: Viewer, post_id: str, command: ChangePost) -> HeldView: ...
    def delete_post(self, viewer: Viewer, post_id: str) -> None:
        """`delete_post_for_reason` without a reason, for authors."""

    def delete_post_for_reason(self, viewer: Viewer, post_id: str, command: Delete) -> Deletion:
        """Delete a post: its author while the topic is open, and moderators, who give a reason.

        With a topic's last post the topic is deleted. Deleting it again changes nothing: the result is the first
        deletion.
        """

    def restore_post(self, viewer: Viewer, post_id: str) -> PostView:
        """Undo a post's deletion; one that is not deleted stays as it is. Raises `Forbidden("not-restorer")`."""

    @safe
    def post_deletions(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[DeletionLine]:
        """The log of deletions of posts, as `topic_deletions`."""

    def delete_topic(self, viewer: Viewer, topic_id: str, command: Delete) -> Deletion:
        """Delete a topic: its author while nobody else has answered, and moderators, who give a reason.

        Deleting it again changes nothing: the result is the first deletion. Raises `Forbidden("topic-answered")`.
        """

    def restore_topic(self, viewer: Viewer, topic_id: str) -> TopicView:
        """Undo a topic's deletion; one that is not deleted stays as it is. Raises `Forbidden("not-restorer")`,
        `Conflict("topic-empty")` if all its posts are deleted by themselves."""

    @safe
    def topic_deletions(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[DeletionLine]:
        """The log of deletions for moderators, newest first: of what they moderate. Raises `Forbidden`."""
