"""Topics and posts as JSON."""

from __future__ import annotations

from contracts.common import Page
from contracts.deletion import Delete, Deletion
from contracts.forum import (
    ChangePost,
    ChangeTopic,
    CreatePost,
    CreateTopic,
    PostRevision,
    PostView,
    SetTopicVersion,
    TopicLine,
    TopicQuery,
    TopicView,
)
from contracts.held import HeldView
from contracts.revisions import TextRevision, Withhold
from core.audience import Viewer
from gateway.api.common import contract_query, language_in_path, language_of
from gateway.api.router import Area
from gateway.api.schemas import (
    LanguageQuery,
    ListQuery,
    RevisionNumber,
    TextHistoryQuery,
    TopicListQuery,
    VersionBody,
)
from gateway.former_categories import read_category_now
from gateway.request_context import services
from gateway.review import saving

area = Area("forum")


@area.get("/topics")
def list_topics(viewer: Viewer, query: TopicListQuery) -> Page[TopicLine]:
    """Topics, those with the newest reply first."""
    wanted = contract_query(TopicQuery, viewer, query)
    return read_category_now(viewer, "talk", wanted, services().forum.topics)


@area.post("/topics", status=201, location="/topics/{id}", waits=HeldView)
def create_topic(viewer: Viewer, body: CreateTopic) -> TopicView | HeldView:
    """Open a topic with its first post. If it must wait for a moderator, the response is 202 with what waits."""
    return saving.new_topic(viewer, body)


@area.get("/topics/{topic_id}")
def get_topic(viewer: Viewer, topic_id: str, query: LanguageQuery) -> TopicView:
    """One topic."""
    return services().forum.topic(viewer, topic_id, language_of(query.lang))


@area.patch("/topics/{topic_id}", waits=HeldView)
def change_topic(viewer: Viewer, topic_id: str, body: ChangeTopic) -> TopicView | HeldView:
    """Change a topic's title, category or tags, pin or close it. If it must wait, the response is 202."""
    return saving.changed_topic(viewer, topic_id, body)


@area.delete("/topics/{topic_id}")
def delete_topic(viewer: Viewer, topic_id: str, query: Delete) -> Deletion:
    """Delete a topic. Moderators give a `reason`; the author may take it back while nobody else has answered."""
    return services().forum.delete_topic(viewer, topic_id, query)


@area.post("/topics/{topic_id}/restore")
def restore_topic(viewer: Viewer, topic_id: str) -> TopicView:
    """Undo the deletion of a topic."""
    return services().forum.restore_topic(viewer, topic_id)


@area.put("/topics/{topic_id}/versions/{lang}", waits=HeldView)
def set_topic_version(viewer: Viewer, topic_id: str, lang: str, body: VersionBody) -> TopicView | HeldView:
    """Add or change a translation of a topic's title and first post. If it must wait, the response is 202."""
    command = SetTopicVersion(language=language_in_path(lang), title=body.title, body=body.body)
    return saving.topic_version(viewer, topic_id, command)


@area.get("/topics/{topic_id}/history")
def list_topic_revisions(viewer: Viewer, topic_id: str, query: TextHistoryQuery) -> Page[TextRevision]:
    """A topic's title and its earlier ones, or a translation and its earlier ones: the newest first.

    Those in the original language have no `body`: the first post has a history of its own.
    """
    language = language_of(query.lang)
    return services().forum.topic_revisions(viewer, topic_id, language, query.cursor, query.limit)


@area.post("/topics/{topic_id}/history/{lang}/{revision}/withhold")
def withhold_topic_revision(
    viewer: Viewer, topic_id: str, lang: str, revision: RevisionNumber, body: Withhold
) -> None:
    """Withhold an earlier title or translation from a topic's history: who wrote it, and moderators.

    It is then shown to moderators alone. 409 `revision-current` for what is shown now.
    """
    services().forum.withhold_topic_revision(viewer, topic_id, language_in_path(lang), revision, body)


@area.post("/topics/{topic_id}/history/{lang}/{revision}/show", scope="moderate")
def show_topic_revision(viewer: Viewer, topic_id: str, lang: str, revision: RevisionNumber) -> None:
    """Show an earlier title or translation again that was withheld (moderators)."""
    services().forum.show_topic_revision(viewer, topic_id, language_in_path(lang), revision)


@area.get("/topics/{topic_id}/posts")
def list_posts(viewer: Viewer, topic_id: str, query: ListQuery) -> Page[PostView]:
    """A topic's posts, oldest first. A post's number may serve as `cursor`: the posts after it."""
    return services().forum.posts(viewer, topic_id, query.cursor, query.limit)


@area.post("/topics/{topic_id}/posts", status=201, location="/posts/{id}", waits=HeldView)
def create_post(viewer: Viewer, topic_id: str, body: CreatePost) -> PostView | HeldView:
    """Reply in a topic. If it must wait for a moderator, the response is 202 with what waits."""
    return saving.new_post(viewer, topic_id, body)


@area.get("/posts/{post_id}")
def get_post(viewer: Viewer, post_id: str) -> PostView:
    """One post."""
    return services().forum.post(viewer, post_id)


@area.patch("/posts/{post_id}", waits=HeldView)
def change_post(viewer: Viewer, post_id: str, body: ChangePost) -> PostView | HeldView:
    """Edit a post. If it must wait for a moderator, the response is 202 with what waits."""
    return saving.changed_post(viewer, post_id, body)


@area.delete("/posts/{post_id}")
def delete_post(viewer: Viewer, post_id: str, query: Delete) -> None:
    """Delete a post; its number in the topic stays. Moderators give a `reason`."""
    services().forum.delete_post_for_reason(viewer, post_id, query)


@area.post("/posts/{post_id}/restore")
def restore_post(viewer: Viewer, post_id: str) -> PostView:
    """Undo the deletion of a post."""
    return services().forum.restore_post(viewer, post_id)


@area.get("/posts/{post_id}/history")
def list_post_revisions(viewer: Viewer, post_id: str, query: ListQuery) -> Page[PostRevision]:
    """A post's earlier texts, the oldest first."""
    return services().forum.post_revisions(viewer, post_id, False, query.cursor, query.limit)


@area.post("/posts/{post_id}/history/{revision}/withhold")
def withhold_post_revision(viewer: Viewer, post_id: str, revision: RevisionNumber, body: Withhold) -> None:
    """Withhold an earlier text from a post's history: who wrote it, and moderators.

    Its text is then shown to moderators alone. 409 `revision-current` for the text that is shown now.
    """
    services().forum.withhold_revision(viewer, post_id, revision, body)


@area.post("/posts/{post_id}/history/{revision}/show", scope="moderate")
def show_post_revision(viewer: Viewer, post_id: str, revision: RevisionNumber) -> None:
    """Show a text again that was withheld (moderators)."""
    services().forum.show_revision(viewer, post_id, revision)
