"""The commands of the forum: each changes rows and appends events, in the caller's transaction."""

from services.forum.actions.categories import (
    add_category,
    move_category,
    set_category,
    set_category_state,
    set_category_text,
)
from services.forum.actions.deletion import delete_post, delete_topic, restore_post, restore_topic
from services.forum.actions.posts import change_post, create_post
from services.forum.actions.revisions import show_revision, withhold_revision
from services.forum.actions.topic_revisions import show_topic_revision, withhold_topic_revision
from services.forum.actions.topics import change_topic, create_topic, set_topic_version

__all__ = [
    "add_category", "change_post", "change_topic", "create_post", "create_topic", "delete_post", "delete_topic",
    "move_category", "restore_post", "restore_topic", "set_category", "set_category_state", "set_category_text",
    "set_topic_version", "show_revision", "show_topic_revision", "withhold_revision", "withhold_topic_revision",
]  # fmt: skip
