"""From forum's rows to the contract's views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.common import TextVersion
from contracts.deletion import DeletionLine
from contracts.forum import (
    CategoryChanged,
    ParsedText,
    PostRevision,
    PostState,
    PostView,
    TopicState,
    TopicView,
)
from core.audience import Viewer
from core.columns import NewRow
from core.markup import plain
from core.markup_cooked import RENDERER
from services.forum import rules
from services.forum.statements import AnyRow, TopicOfPosts
from services.forum.tables import Category, Deletion, Post, Topic, TopicVersion
from services.shared import deletion as log
from services.shared import texts as shared
from services.shared.categories import category_texts
from services.shared.deletion import may_restore
from services.shared.powers import is_archived, part_of
from services.shared.revisions import fields_for
from services.shared.texts import original_of, version_for
from services.shared.views import view_of


def category_changed(row: Category) -> CategoryChanged:
    """The event of a category, whose texts are loaded."""
    return CategoryChanged(
        slug=row.slug,
        texts=category_texts(row.original_language, row.texts),
        position=row.position,
        closed=row.closed,
        official=row.official,
        category_audience=row.audience,
    )


def original(row: Topic) -> TopicVersion:
    """The version that the others are translations of."""
    return original_of(row.versions, row.original_language)


def body_of(row: Topic, version: TopicVersion) -> str:
    """The text of the topic's first post in the version's language; `""` once that post is deleted."""
    if version.body is not None:
        return version.body
    return "" if row.first_post.deleted_at is not None else row.first_post.body


def text_versions(row: Topic) -> list[TextVersion]:
    """All language versions, the original first."""
    return shared.text_versions(
        row.versions,
        row.original_language,
        original(row).revision,
        lambda version: body_of(row, version),
    )


def topic(
    row: AnyRow, versions: Sequence[AnyRow], ended: AnyRow | None, viewer: Viewer, language: str | None
) -> TopicView:
    """The topic in `language` if there is such a version, else in the viewer's.

    `row` is of one of the `statements` for whole topics, `versions` are its texts, `ended` is the deletion of one that
    is deleted.
    """
    shown = version_for(versions, viewer, row.original_language, language)
    first_post_deleted = row.first_deleted_at is not None
    first_body = "" if first_post_deleted else row.first_body
    html = shown.html if shown.renderer == RENDERER else None
    if shown.body is None:
        first_html = row.first_html if row.first_renderer == RENDERER else None
        html = "" if first_post_deleted else first_html
    texts = shared.text_versions(
        versions,
        row.original_language,
        original_of(versions, row.original_language).revision,
        lambda version: first_body if version.body is None else version.body,
    )
    return view_of(
        TopicView,
        row,
        language=shown.language,
        title=shown.title,
        excerpt=shown.excerpt,
        languages=[text.language for text in texts],
        versions=texts,
        edits=shown.edits,
        html=html,
        **(_rights(row, viewer, first_post_deleted) if ended is None else _of_deleted(row, ended, viewer)),
    )


def _rights(row: AnyRow, viewer: Viewer, first_post_deleted: bool) -> dict[str, Any]:
    """What the viewer may do with a topic that is not deleted: in an archived group nothing."""
    if is_archived(viewer, row.audience):
        return {}
    follows_article = row.article_id is not None
    part = part_of(row)
    moderates = rules.moderates(viewer, part)
    may_take_back = rules.may_take_back(
        viewer, part, row.author_id, row.closed, follows_article, row.answered
    )
    return {
        "may_delete": may_take_back or moderates,
        "reason_needed": moderates and not may_take_back,
        "may_edit": rules.may_edit(viewer, part, row.author_id, row.closed, follows_article),
        "may_moderate": moderates,
        "may_reply": rules.may_write_in(viewer, part, row.closed),
        "may_translate": rules.may_translate(viewer, part, row.closed, follows_article, first_post_deleted),
    }


def _of_deleted(row: AnyRow, ended: AnyRow, viewer: Viewer) -> dict[str, Any]:
    """Nothing can be done with a deleted topic but restore it."""
    moderates = rules.moderates(viewer, part_of(row))
    return {
        "may_restore": not row.article_deleted
        and not is_archived(viewer, row.audience)
        and row.posts > 0
        and may_restore(viewer.person_id, moderates, ended),
        "deletion": log.deletion_view(ended, viewer, moderates),
    }


def deletion_line(row: AnyRow, viewer: Viewer) -> DeletionLine:
    """An entry of the log of deletions, for a moderator of what is deleted; a discussion that is deleted with its
    article comes back with it alone."""
    return log.deletion_line(row, viewer, row.reason != "article")


def topic_state(row: Topic) -> TopicState:
    """The whole of a topic, for its events."""
    return view_of(TopicState, row, versions=text_versions(row))


def deleted_topic_state(row: Topic) -> TopicState:
    """A deleted topic, for the event: which one, without what it said."""
    return view_of(TopicState, row, versions=[], tags=[], slug=row.id)


def post(
    row: Post | AnyRow | NewRow,
    topic: Topic | AnyRow | TopicOfPosts,
    viewer: Viewer,
    ended: Deletion | AnyRow | None = None,
) -> PostView:
    """One post; a deleted one, whose deletion is `ended`, without what it said."""
    if row.deleted_at is not None:
        return _deleted_post(row, topic, viewer, ended)
    follows_article = row.number == 1 and topic.article_id is not None
    there = topic.deletion_id is None and not is_archived(viewer, topic.audience)
    may_edit = there and rules.may_edit(viewer, part_of(topic), row.author_id, topic.closed, follows_article)
    return view_of(
        PostView,
        row,
        html=row.html if row.renderer == RENDERER else None,
        edits=row.revision - 1,
        withholds_titles=topic.withholds_titles,
        deletion=None,
        may_edit=may_edit,
        may_delete=may_edit,
        reason_needed=may_edit and viewer.person_id != row.author_id,
    )


def _deleted_post(
    row: Post | AnyRow | NewRow,
    topic: Topic | AnyRow | TopicOfPosts,
    viewer: Viewer,
    ended: Deletion | AnyRow | None,
) -> PostView:
    said: dict[str, Any] = {
        "body": "",
        "html": "",
        "excerpt": "",
        "edited_at": None,
        "mentions": [],
        "deleted": True,
        "deletion": None,
    }
    if ended is not None and rules.may_see_deleted(viewer, part_of(topic), row.author_id):
        moderates = rules.moderates(viewer, part_of(topic))
        said["deletion"] = log.deletion_view(ended, viewer, moderates)
        there = (moderates or topic.deletion_id is None) and not is_archived(viewer, topic.audience)
        said["may_restore"] = there and may_restore(viewer.person_id, moderates, ended)
    return view_of(PostView, row, **said)


def revision(row: AnyRow, of: AnyRow, viewer: Viewer, moderates: bool) -> PostRevision:
    """An earlier text of a post; one that is withheld is empty but for moderators."""
    return view_of(
        PostRevision, row, **fields_for(row, viewer, moderates, row.revision >= of.revision, ("body",))
    )


def parsed_text(row: Post | AnyRow | NewRow) -> ParsedText:
    """What its HTML was made of a moment ago, for the event of a text that was just written."""
    return ParsedText(plain=plain(row.body), excerpt=row.excerpt)


def post_state(row: Post | AnyRow | NewRow, topic: Topic | AnyRow) -> PostState:
    """The whole of a post, for its events."""
    topic_deleted = topic.deletion_id is not None
    deleted = topic_deleted or row.deleted_at is not None
    said: dict[str, Any] = {"body": "", "mentions": [], "quoted_ids": []} if deleted else {}
    if topic_deleted:
        said |= {"topic_slug": topic.id, "topic_title": "", "tags": []}
    return view_of(
        PostState,
        row,
        **{
            "topic_slug": topic.slug,
            "topic_title": topic.title,
            "topic_author_id": topic.author_id,
            "category": topic.category,
            "tags": topic.tags,
            "article_id": topic.article_id,
            "deleted": deleted,
            "topic_deleted": topic_deleted,
            **said,
        },
    )
