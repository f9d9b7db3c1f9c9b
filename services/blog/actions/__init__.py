"""The commands of the blog: each changes rows and appends one event, in the caller's transaction."""

from services.blog.actions.board import decline, is_due, publish, publish_due, schedule, send_back, submit
from services.blog.actions.categories import (
    add_category,
    move_category,
    set_category,
    set_category_state,
    set_category_text,
)
from services.blog.actions.deletion import delete_article, restore_article
from services.blog.actions.pictures import check_upload, describe_picture, keep_picture, upload_picture
from services.blog.actions.proposals import (
    accept_proposal,
    decline_proposal,
    propose_change,
    withdraw_proposal,
)
from services.blog.actions.revisions import show_revision, withhold_revision
from services.blog.actions.texts import change_article, create_article, review_version, set_version

__all__ = [
    "accept_proposal",
    "add_category",
    "change_article",
    "check_upload",
    "create_article",
    "decline",
    "decline_proposal",
    "delete_article",
    "describe_picture",
    "is_due",
    "keep_picture",
    "move_category",
    "propose_change",
    "publish",
    "publish_due",
    "restore_article",
    "review_version",
    "schedule",
    "send_back",
    "set_category",
    "set_category_state",
    "set_category_text",
    "set_version",
    "show_revision",
    "submit",
    "upload_picture",
    "withdraw_proposal",
    "withhold_revision",
]  # fmt: skip
