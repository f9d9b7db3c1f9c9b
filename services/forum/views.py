"""From forum's rows to the contract's views."""

from __future__ import annotations

from typing import Any

from contracts.common import TextVersion
from contracts.deletion import DeletionLine
from contracts.forum import PostRevision, PostState, PostView, TopicState, TopicView
from core.audience import Viewer
from core.cooked_columns import current_html
from services.forum import rules
from services.forum.tables import Deletion, Post, Topic, TopicVersion
from services.forum.tables import PostRevision as EarlierText
from services.shared import deletion as log
from services.shared import texts as shared
from services.shared.deletion import may_restore
from services.shared.revisions import fields_for
from services.shared.texts import original_of, version_for
from services.shared.views import view_of


def original(row: Topic) -> TopicVersion:
    """The version that the others are translations of."""
    return original_of(row.versions, row.original_language)


def body_of(row: Topic, version: TopicVersion) -> str:
    """The text of the topic's first post in the version's language; `""` once that post is deleted."""
    if version.body is not None:
        return version.body
    return "" if row.first_post.deleted_at is not None else row.first_post.body


def html_of(row: Topic, version: TopicVersion) -> str | None:
    """The HTML of `body_of`; None if it isn't stored."""
    if version.body is not None:
        return current_html(version)
    return "" if row.first_post.deleted_at is not None else current_html(row.first_post)


def text_versions(row: Topic) -> list[TextVersion]:
    """All language versions, the original first."""
    return shared.text_versions(
        row.versions,
        row.original_language,
        original(row).revision,
        lambda version: body_of(row, version),
    )


def topic(row: Topic, viewer: Viewer, language: str | None, answered: bool) -> TopicView:
    """The topic in `language` if there is such a version, else in the viewer's.

    `answered`: somebody but its author has written in it. Nothing can be done with a deleted topic but restore it.
    """
    if row.deletion_id is not None:
        return _deleted_topic(row, viewer, language)
    shown = version_for(row.versions, viewer, row.original_language, language)
    texts = text_versions(row)
    follows_article, first_post_deleted = row.article_id is not None, row.first_post.deleted_at is not None
    moderates = rules.moderates(viewer, row.audience)
    may_take_back = rules.may_take_back(
        viewer, row.audience, row.author_id, row.closed, follows_article, answered
    )
    return _topic_view(
        row,
        shown,
        texts,
        may_delete=may_take_back or moderates,
        reason_needed=moderates and not may_take_back,
        may_edit=rules.may_edit(viewer, row.audience, row.author_id, row.closed, follows_article),
        may_moderate=moderates,
        may_reply=rules.may_write_in(viewer, row.audience, row.closed),
        may_translate=rules.may_translate(
            viewer, row.audience, row.closed, follows_article, first_post_deleted
        ),
    )


def _deleted_topic(row: Topic, viewer: Viewer, language: str | None) -> TopicView:
    shown = version_for(row.versions, viewer, row.original_language, language)
    moderates = rules.moderates(viewer, row.audience)
    ended = row.deletion
    assert ended is not None
    return _topic_view(
        row,
        shown,
        text_versions(row),
        may_restore=not row.article_deleted
        and may_restore(viewer.person_id, moderates, ended.reason, ended.by_id),
        deletion=log.deletion_view(ended, moderates),
    )


def deletion_line(row: Deletion, viewer: Viewer) -> DeletionLine:
    """An entry of the log of deletions; a discussion that is deleted with its article comes back with it alone."""
    with_article = row.reason == "article"
    return log.deletion_line(row, viewer, not with_article and rules.moderates(viewer, row.audience))


def _topic_view(row: Topic, shown: TopicVersion, texts: list[TextVersion], **more: Any) -> TopicView:
    return view_of(
        TopicView,
        row,
        language=shown.language,
        title=shown.title,
        excerpt=shown.excerpt,
        languages=[text.language for text in texts],
        versions=texts,
        html=html_of(row, shown),
        withholds=row.first_post.withholds,
        **more,
    )


def topic_state(row: Topic) -> TopicState:
    """The whole of a topic, for its events."""
    return view_of(TopicState, row, versions=text_versions(row))


def deleted_topic_state(row: Topic) -> TopicState:
    """A deleted topic, for the event: which one, without what it said."""
    return view_of(TopicState, row, versions=[], tags=[], slug=row.id)


def post(row: Post, topic: Topic, viewer: Viewer) -> PostView:
    """One post; a deleted one without what it said."""
    if row.deleted_at is not None:
        return _deleted_post(row, topic, viewer)
    follows_article = row.number == 1 and topic.article_id is not None
    may_edit = topic.deletion_id is None and rules.may_edit(
        viewer, topic.audience, row.author_id, topic.closed, follows_article
    )
    return view_of(
        PostView,
        row,
        html=current_html(row),
        edits=row.revision - 1,
        deletion=None,
        may_edit=may_edit,
        may_delete=may_edit,
        reason_needed=may_edit and viewer.person_id != row.author_id,
    )


def _deleted_post(row: Post, topic: Topic, viewer: Viewer) -> PostView:
    said: dict[str, Any] = {
        "body": "",
        "html": "",
        "excerpt": "",
        "edited_at": None,
        "mentions": [],
        "deleted": True,
        "deletion": None,
    }
    if row.deletion is not None and rules.may_see_deleted(viewer, row.audience, row.author_id):
        moderates = rules.moderates(viewer, row.audience)
        said["deletion"] = log.deletion_view(row.deletion, moderates)
        said["may_restore"] = topic.deletion_id is None and may_restore(
            viewer.person_id, moderates, row.deletion.reason, row.deletion.by_id
        )
    return view_of(PostView, row, **said)


def revision(row: EarlierText, of: Post, viewer: Viewer) -> PostRevision:
    """An earlier text of a post; one that is withheld is empty but for moderators."""
    moderates = rules.moderates(viewer, of.audience)
    return view_of(
        PostRevision, row, **fields_for(row, viewer, moderates, row.revision >= of.revision, ("body",))
    )


def post_state(row: Post, topic: Topic) -> PostState:
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
