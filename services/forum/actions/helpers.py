"""Helpers of the forum's commands: locking topics, new topics and posts, counters, tags and texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, or_, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from bus.eventlog.append import append_events
from contracts.errors import Forbidden, NotFound, invalid
from contracts.forum import PostChanged
from core import category_rows, clock
from core.audience import PUBLIC, Viewer, audiences, may_see
from core.columns import AnyRow, AnySelect, one_of, texts_named, unindexed
from core.cooked_columns import set_cooked
from core.ids import new_id
from core.markup_cooked import RENDERER, cook
from core.tag_rows import TagRows
from services.forum import queries, rules, views
from services.forum.tables import (
    Category,
    Deletion,
    FormerCategory,
    FormerTag,
    Post,
    PostRevision,
    Topic,
    TopicTag,
    TopicVersion,
)
from services.shared.powers import check_not_archived, part_of
from services.shared.texts import clean_tags

TEXTS = (selectinload(Topic.versions), selectinload(Topic.first_post))
"""What a command loads with a topic to change its texts.

It takes statements of their own after the topic is locked: a join would read the other rows as of before the
wait for the lock.
"""

# Built once: for a reply, building its statements took as long as running them, and a row of columns takes half of what
# an object takes.
_TOPICS: Any = Topic.__table__
_THERE = and_(
    _TOPICS.c.id == bindparam("topic"),
    one_of(unindexed(_TOPICS.c.audience), texts_named("audiences")),
    _TOPICS.c.deletion_id.is_(None),
)
_TOPIC = select(Topic).where(_THERE).with_for_update().options(*TEXTS)
_TOPIC_ROW: AnySelect = select(*_TOPICS.c).where(_THERE).with_for_update()


def topic_for_reply(session: Session, viewer: Viewer, topic_id: str) -> AnyRow:
    """The topic's columns, as `topic_for_change`."""
    row = session.execute(_TOPIC_ROW, {"topic": topic_id, "audiences": audiences(viewer)}).first()
    if row is None:
        raise NotFound()
    check_not_archived(viewer, row.audience)
    return row


def topic_for_change(session: Session, viewer: Viewer, topic_id: str) -> Topic:
    """The topic, locked until the transaction ends; `NotFound` unless the viewer may see it."""
    row = session.scalars(_TOPIC, {"topic": topic_id, "audiences": audiences(viewer)}).first()
    if row is None:
        raise NotFound()
    check_not_archived(viewer, row.audience)
    return row


def topic_for_deletion(session: Session, viewer: Viewer, topic_id: str) -> Topic:
    """The topic, locked, also a deleted one; `NotFound` for whom it does not exist."""
    deleted = select(Deletion.id).where(Deletion.by_id == (viewer.person_id or ""))  # they may undo it
    there = or_(queries.readable(viewer), and_(queries.seen(viewer), Topic.deletion_id.in_(deleted)))
    wanted = select(Topic).where(Topic.id == topic_id, there).options(*TEXTS).with_for_update()
    row = session.scalars(wanted.execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound()
    check_not_archived(viewer, row.audience)
    return row


def post_for_change(
    session: Session, viewer: Viewer, post_id: str, *, deleted: bool = False
) -> tuple[Post, Topic]:
    """The post and its topic, locked; `NotFound` unless the viewer may see them. The topic is locked first, always.

    `deleted`: also a post of a deleted topic, for its moderators.
    """
    there = queries.visible_post(viewer) if deleted else queries.visible(viewer)
    topic_id = session.scalar(select(Post.topic_id).join(Post.topic).where(Post.id == post_id, there))
    if topic_id is None:
        raise NotFound()
    locked = topic_for_deletion if deleted else topic_for_change
    topic = locked(session, viewer, topic_id)
    return session.get_one(Post, post_id, populate_existing=True), topic


def new_topic(
    author_id: str,
    title: str,
    language: str,
    audience: str,
    at: datetime,
    category: str | None = None,
    article_id: str | None = None,
) -> Topic:
    """A topic created at the time `at`, without versions, tags and posts yet."""
    topic_id = new_id(at)
    return Topic(
        id=topic_id,
        slug=rules.topic_slug(title, topic_id),
        title=title,
        audience=audience,
        category=category,
        tags=[],
        author_id=author_id,
        original_language=language,
        article_id=article_id,
        revision=1,
        pinned=False,
        closed=False,
        created_at=at,
        posts=0,
        last_number=0,
        last_post_at=at,
        last_author_id=author_id,
        versions=[],
    )


def new_post(topic: Topic, author_id: str, language: str, body: str, at: datetime) -> Post:
    """A post at the topic's end, counted in the topic; it mentions and quotes nobody yet."""
    topic.last_number += 1
    topic.posts += 1
    topic.last_post_at, topic.last_author_id = max(at, topic.last_post_at), author_id
    return Post(**post_columns(topic, topic.last_number, author_id, language, body, at))


def post_columns(
    topic: Topic | AnyRow, number: int, author_id: str, language: str, body: str, at: datetime
) -> dict[str, Any]:
    """The columns of a new post of a topic, which mentions and quotes nobody yet."""
    cooked = cook(body, language)
    return {
        "id": new_id(at),
        "topic_id": topic.id,
        "number": number,
        "audience": topic.audience,
        "author_id": author_id,
        "language": language,
        "body": body,
        "excerpt": cooked.excerpt,
        "html": cooked.html,
        "renderer": RENDERER,
        "mentions": [],
        "quoted_ids": [],
        "revision": 1,
        "created_at": at,
        "edited_at": None,
        "edited_by": None,
        "deleted_at": None,
        "deleted_by": None,
        "deletion_id": None,
        "withholds": False,
    }


def set_body(post: Post, body: str) -> None:
    """Give a post its text, and what is made of it."""
    post.body = body
    post.excerpt = set_cooked(post, body, post.language).excerpt


def set_version_body(version: TopicVersion, body: str) -> None:
    """The same for a translation. Its `excerpt` may be another text's: that of an article's summary."""
    version.body = body
    set_cooked(version, body, version.language)


def add_post(session: Session, topic: Topic, viewer: Viewer, language: str, body: str) -> Post:
    """Add a post of the viewer's at the topic's end."""
    post = new_post(topic, viewer.person_id or "", language, body, clock.now())
    post.mentions, post.quoted_ids = links_to(session, viewer, body)
    session.add(post)
    return post


def links_to(session: Session, viewer: Viewer, body: str) -> tuple[list[str], list[str]]:
    """The names that a text mentions, and the posts that it quotes and its writer may see."""
    return rules.mentioned(body), queries.visible_post_ids(session, viewer, rules.quoted_ids(body))


def set_first_post(topic: Topic, post: Post) -> None:
    """Make a new post the first one of a new topic."""
    topic.first_post_id = post.id
    set_committed_value(topic, "first_post", post)


def count_revision(version: TopicVersion, by_id: str) -> None:
    """Count a change of the version's text, by this person."""
    version.revision += 1
    version.changed_by, version.changed_at = by_id, clock.now()


def new_version(
    topic_id: str, language: str, translator_id: str | None, based_on: int | None
) -> TopicVersion:
    """A version without text yet."""
    return TopicVersion(
        topic_id=topic_id,
        language=language,
        title="",
        body=None,
        excerpt="",
        revision=0,
        edits=0,
        translator_id=translator_id,
        based_on=based_on,
        reviewed=translator_id is None,
    )


def set_tags(session: Session, topic: Topic, tags: list[str]) -> None:
    """Replace the topic's tags."""
    if topic.tags:
        session.execute(delete(TopicTag).where(TopicTag.topic_id == topic.id))
    if tags:
        session.flush()  # for what is stored beside the tags follows changes that are written later
        ordered = {name: getattr(topic, name) for name in ("pinned", "created_at", "last_post_at")}
        session.execute(insert(TopicTag), [{"tag": tag, "topic_id": topic.id, **ordered} for tag in tags])
    topic.tags = tags


def checked_tags(session: Session, typed: list[str]) -> list[str]:
    """Tags in the form in which they are stored; for one that was replaced its successor. Raises as `clean_tags`."""
    return TagRows(session, FormerTag, TopicTag.topic_id).now(clean_tags(typed, rules.MOST_TAGS))


def category_for_topic(
    session: Session, viewer: Viewer, slug: str, audience: str, present: str | None = None
) -> str:
    """The slug of a category that the viewer puts a topic into, which stays until the transaction ends: of one that was
    merged into another, that other one. `present`: the one that the topic is in.

    Raises `Invalid` unless there is such a category, and `Forbidden` unless the viewer may open topics in it.
    """
    category = category_rows.kept(session, Category, FormerCategory, slug)
    if category is None or not may_see(viewer, category.audience):
        raise invalid("category", "category-unknown", category=slug)
    found: str = category.slug
    if found == present:
        return found
    if category.audience not in (PUBLIC, audience):
        raise invalid("category", "category-of-group")
    if category.closed:
        raise invalid("category", "category-closed")
    rules.check_official(viewer, found, category.official)
    return found


def append_posts_changed(session: Session, topic: Topic, by_id: str) -> None:
    """Append `PostChanged` for every post: what it repeats of its topic (title, slug, category, tags) has
    changed."""
    posts = select(Post).where(Post.topic_id == topic.id, Post.deleted_at.is_(None)).order_by(Post.number)
    events = [PostChanged(post=views.post_state(post, topic), by_id=by_id) for post in session.scalars(posts)]
    if events:
        append_events(session, events)


def check_edit(viewer: Viewer, post: Post, topic: Topic) -> None:
    """`Forbidden`, with the reason, unless the viewer may change or delete the post."""
    follows_article = post.number == 1 and topic.article_id is not None
    rules.check_edit(viewer, part_of(topic), post.author_id, topic.closed, follows_article)
    if post.deleted_at is not None:
        raise Forbidden("post-deleted")


def count_posts(session: Session, topic: Topic, change: int) -> None:
    """Add `change` to the topic's number of posts, and find its last one."""
    topic.posts += change
    newest = (
        select(Post).where(Post.topic_id == topic.id, Post.deleted_at.is_(None)).order_by(Post.number.desc())
    )
    last = session.scalars(newest.limit(1)).first()
    topic.last_post_at = topic.created_at if last is None else last.created_at
    topic.last_author_id = topic.author_id if last is None else last.author_id


_TEXT_FIELDS = (
    "language", "title", "body", "excerpt", "revision", "translator_id", "based_on", "reviewed", "changed_by",
    "edits",
)  # fmt: skip


def take_translations(topic: Topic) -> list[dict[str, Any]]:
    """Delete the topic's translations, and return what `put_translations_back` takes."""
    original = views.original(topic)
    taken = [
        {**{name: getattr(each, name) for name in _TEXT_FIELDS}, "changed_at": each.changed_at.isoformat()}
        for each in topic.versions
        if each is not original
    ]
    topic.versions[:] = [original]
    return taken


def put_translations_back(topic: Topic, taken: list[dict[str, Any]]) -> None:
    """Add the translations that `take_translations` deleted, as up to date as they were: the deletion and its undoing
    each counted as a revision of the original."""
    for each in taken:
        again = {
            **each,
            "based_on": each["based_on"] + 2,
            "changed_at": datetime.fromisoformat(each["changed_at"]),
        }
        version = TopicVersion(topic_id=topic.id, **again)
        set_version_body(version, version.body or "")
        topic.versions.append(version)


def revision_of(post: Post) -> PostRevision:
    """The post's text as an earlier one, before it is changed or deleted."""
    return PostRevision(
        post_id=post.id,
        revision=post.revision,
        body=post.body,
        by_id=post.edited_by or post.author_id,
        at=post.edited_at or post.created_at,
    )
