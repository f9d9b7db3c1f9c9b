"""forum: categories, topics and posts."""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol

from pydantic import AwareDatetime

from contracts.common import (
    Audience,
    Body,
    Command,
    Cursor,
    Event,
    Key,
    LanguageCode,
    Page,
    PageSize,
    Producer,
    Tag,
    TextVersion,
    Title,
    View,
    safe,
)
from core.audience import PUBLIC, Viewer

# Views


class ForumCategory(View):
    """A predefined category, named in the viewer's language. `official`: only editors and moderators open
    topics there; `may_open`: whether the viewer may."""

    slug: str
    name: str
    about: str
    language: str
    official: bool = False
    may_open: bool = False
    topics: int = 0


class CategoryText(View):
    """A category's name and description in one language."""

    language: str
    name: str
    about: str = ""


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


class PostView(View):
    """One post. A deleted post keeps its place with an empty body. `number` counts from 1 in its topic."""

    id: str
    topic_id: str
    number: int
    author_id: str
    language: str
    body: str
    created_at: AwareDatetime
    edited_at: AwareDatetime | None = None
    edits: int = 0
    deleted: bool = False
    revision: int = 1
    mentions: list[str] = []
    may_edit: bool = False


class TopicView(TopicLine):
    """One topic with its first post in the chosen language; the posts come by `posts`.

    `may_edit`, `may_moderate`, `may_reply` and `may_translate` are the viewer's: whether they may change title,
    category and tags, pin and close, write posts, and write translations.
    """

    original_language: str
    revision: int
    versions: list[TextVersion]
    may_edit: bool = False
    may_moderate: bool = False
    may_reply: bool = False
    may_translate: bool = False


class PostPlace(View):
    """Where a post stands, for links that name only the post."""

    topic_id: str
    topic_slug: str
    post_id: str
    number: int
    article_id: str | None = None


class PostRevision(View):
    """One earlier text of a post."""

    revision: int
    body: str
    by_id: str
    at: AwareDatetime


# Commands


class CreateTopic(Command):
    """Open a topic. `category` may be None only for a group's topic. Faults: `category-unknown`, `category-missing`,
    `language-unknown`, `tag-shape`; a group that the viewer is not in is `NotFound`."""

    language: LanguageCode
    title: Title
    body: Body
    category: Key | None = None
    tags: list[Tag] = []
    audience: Audience = PUBLIC


class ChangeTopic(Command):
    """Change title, category, tags, or (moderators) pinned and closed. `revision` as with articles; None
    leaves as is."""

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
    """Reply. `language` None: the topic's."""

    body: Body
    language: LanguageCode | None = None


class ChangePost(Command):
    """Edit a post; `revision` is the one the editor started from (`Conflict` with both texts otherwise)."""

    revision: int
    body: Body


class TopicQuery(Command):
    """Which topics; `sort` latest: newest reply first (pinned ones on top)."""

    category: str | None = None
    tag: str | None = None
    language: str | None = None
    author_id: str | None = None
    audience: Audience | None = None
    sort: Literal["latest", "new"] = "latest"
    after: Cursor | None = None
    limit: PageSize = 30


# Events


class TopicState(View):
    """The whole of a topic. `versions[*].body` is the first post's text in that language."""

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
    """The whole of a post, with what readers need of its topic. `mentions` are names as written."""

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


class _TopicEvent(Event):
    topic: TopicState
    by_id: str

    def subject(self) -> str:
        return f"topic/{self.topic.id}"

    def audience(self) -> str:
        return self.topic.audience


class TopicCreated(_TopicEvent):
    """A topic was opened; a `PostCreated` of its first post follows."""

    type: ClassVar[str] = "forum.topic.created"


class TopicChanged(_TopicEvent):
    """Title, category, tags, versions, pinned or closed changed."""

    type: ClassVar[str] = "forum.topic.changed"


class _PostEvent(Event):
    post: PostState
    by_id: str

    def subject(self) -> str:
        # A topic's posts are one subject with it: a reader never sees a reply before its topic.
        return f"topic/{self.post.topic_id}"

    def audience(self) -> str:
        return self.post.audience


class PostCreated(_PostEvent):
    """Somebody wrote (number 1: the first post of a new topic)."""

    type: ClassVar[str] = "forum.post.created"


class PostChanged(_PostEvent):
    """A post was edited, or its topic's data that it carries changed."""

    type: ClassVar[str] = "forum.post.changed"


class PostDeleted(_PostEvent):
    """A post was deleted; its state carries no text any more."""

    type: ClassVar[str] = "forum.post.deleted"


class CategoryChanged(Event):
    """A category was added, or its names, descriptions or `official` changed. `texts`: the original first."""

    type: ClassVar[str] = "forum.category.changed"

    slug: str
    official: bool = False
    texts: list[CategoryText]

    def subject(self) -> str:
        return f"category/{self.slug}"

    def audience(self) -> str:
        return PUBLIC


class ForumApi(Producer, Protocol):
    """What forum answers."""

    @safe
    def categories(self, viewer: Viewer) -> list[ForumCategory]: ...
    @safe
    def topics(self, viewer: Viewer, query: TopicQuery) -> Page[TopicLine]: ...
    @safe
    def topic(self, viewer: Viewer, topic_id: str, language: str | None) -> TopicView: ...
    @safe
    def topic_of_article(self, viewer: Viewer, article_id: str) -> TopicView | None:
        """The discussion of a published article; None in the moment before it has opened."""

    @safe
    def posts(self, viewer: Viewer, topic_id: str, after: Cursor | None, limit: PageSize) -> Page[PostView]:
        """A topic's posts, oldest first. `after` may also be a post number: posts after it."""

    @safe
    def recent_posts(
        self, viewer: Viewer, author_id: str | None, after: Cursor | None, limit: PageSize
    ) -> Page[PostView]: ...
    @safe
    def post(self, viewer: Viewer, post_id: str) -> PostView: ...
    @safe
    def post_place(self, viewer: Viewer, post_id: str) -> PostPlace: ...
    @safe
    def post_history(self, viewer: Viewer, post_id: str) -> list[PostRevision]: ...
    def create_topic(self, viewer: Viewer, command: CreateTopic) -> TopicView: ...
    def change_topic(self, viewer: Viewer, topic_id: str, command: ChangeTopic) -> TopicView: ...
    def set_topic_version(self, viewer: Viewer, topic_id: str, command: SetTopicVersion) -> TopicView: ...
    def create_post(self, viewer: Viewer, topic_id: str, command: CreatePost) -> PostView:
        """Raises `Forbidden("topic-closed")`."""

    def change_post(self, viewer: Viewer, post_id: str, command: ChangePost) -> PostView: ...
    def delete_post(self, viewer: Viewer, post_id: str) -> None: ...
