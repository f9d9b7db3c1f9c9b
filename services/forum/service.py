"""The entrypoints of the forum service: categories, topics and posts."""

from __future__ import annotations

from nameko.timer import timer
from sqlalchemy.orm import Session

from bus.entrypoints import call, handles, on, reads, writes
from bus.service import PURGE_SECONDS, Service
from bus.tag_replacement import replaces_tags
from contracts.blog import ArticleChanged, ArticleDeleted, ArticlePublished, ArticleRestored
from contracts.common import Cursor, Page, PageSize, Recorded
from contracts.deletion import Delete, DeletionLine
from contracts.forum import (
    ForumApi,
)
from contracts.held import HeldApproved
from contracts.moderation import AppealAnswered, DecisionMade
from contracts.people import PersonVanished
from contracts.tags import TagReplaced
from contracts.writing_rules import WritingRulesChanged
from core.audience import Viewer
from services.forum import (
    actions,
    category_queries,
    handlers,
    history_queries,
    own_data,
    queries,
    term_queries,
)
from services.forum.actions import decisions, group_categories, removed_categories, stale, tags
from services.forum.actions import held as held_actions
from services.forum.actions.recook import recook


class ForumService(Service):
    """Calls and event handlers; `contracts.forum.ForumApi` documents the calls."""

    name = "forum"
    api = ForumApi
    publishers = stale.PUBLISHERS
    recooks = (recook,)

    export_of = reads(own_data.export_of)
    categories = reads(queries.categories)
    category_details = reads(category_queries.category_details)
    administration_log = reads(category_queries.administration_log)
    public_administration = reads(category_queries.public_administration)
    add_category = writes(actions.add_category)
    set_category_text = writes(actions.set_category_text)
    set_category_state = writes(actions.set_category_state)
    move_category = writes(actions.move_category)
    add_group_category = writes(group_categories.add_group_category)
    set_group_category = writes(group_categories.set_group_category)
    category_content = reads(removed_categories.category_content)
    category_now = reads(removed_categories.category_now)
    merge_category = writes(removed_categories.CALLS.merge_category)
    remove_category = writes(removed_categories.CALLS.remove_category)
    topic_months = reads(queries.topic_months)
    topics = reads(queries.topics)
    topic = reads(queries.topic)
    topics_by_id = reads(queries.topics_by_id)
    topic_of_article = reads(queries.topic_of_article)
    posts = reads(queries.posts)
    topic_page = reads(queries.topic_page)
    recent_posts = reads(queries.recent_posts)
    post = reads(queries.post)
    post_place = reads(queries.post_place)
    post_history = reads(queries.post_history)
    post_revisions = reads(queries.post_revisions)
    withhold_revision = writes(actions.withhold_revision)
    show_revision = writes(actions.show_revision)
    topic_revisions = reads(history_queries.topic_revisions)
    withhold_topic_revision = writes(actions.withhold_topic_revision)
    show_topic_revision = writes(actions.show_topic_revision)
    create_topic = writes(actions.create_topic)
    change_topic = writes(actions.change_topic)
    set_topic_version = writes(actions.set_topic_version)
    create_post = writes(actions.create_post)
    change_post = writes(actions.change_post)
    hold_topic = writes(held_actions.hold_topic)
    hold_post = writes(held_actions.hold_post)
    hold_post_change = writes(held_actions.hold_post_change)
    hold_topic_change = writes(held_actions.hold_topic_change)
    hold_topic_version = writes(held_actions.hold_topic_version)
    held = reads(held_actions.CALLS.held)
    held_items = reads(held_actions.CALLS.held_items)
    change_held = writes(held_actions.CALLS.change_held)
    withdraw_held = writes(held_actions.CALLS.withdraw_held)
    term_matches = reads(term_queries.term_matches)

    @call
    def delete_post(self, viewer: Viewer, post_id: str) -> None:
        self.write(actions.delete_post, viewer, post_id, Delete())

    delete_post_for_reason = writes(actions.delete_post)
    restore_post = writes(actions.restore_post)

    @call
    def post_deletions(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[DeletionLine]:
        return self.read(queries.deletions, viewer, "post", after, limit)

    delete_topic = writes(actions.delete_topic)
    restore_topic = writes(actions.restore_topic)

    @call
    def topic_deletions(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[DeletionLine]:
        return self.read(queries.deletions, viewer, "topic", after, limit)

    @on(ArticlePublished)
    def article_published(self, session: Session, event: ArticlePublished, recorded: Recorded) -> None:
        handlers.article_published(session, event)

    @on(ArticleChanged)
    def article_changed(self, session: Session, event: ArticleChanged, recorded: Recorded) -> None:
        handlers.article_changed(session, event)

    @on(ArticleDeleted)
    def article_deleted(self, session: Session, event: ArticleDeleted, recorded: Recorded) -> None:
        handlers.article_deleted(session, event)

    @on(ArticleRestored)
    def article_restored(self, session: Session, event: ArticleRestored, recorded: Recorded) -> None:
        handlers.article_restored(session, event)

    person_vanished = handles(PersonVanished, handlers.person_vanished)
    decision_made = handles(DecisionMade, decisions.decision_made)
    appeal_answered = handles(AppealAnswered, decisions.appeal_answered)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge_held(self) -> None:
        self.write(held_actions.CALLS.purge)

    tag_replaced = handles(TagReplaced, tags.tag_replaced)
    replace_tag = replaces_tags(tags.tagged)
    writing_rules_changed = handles(WritingRulesChanged, held_actions.CALLS.rules_changed)
    held_approved = handles(HeldApproved, held_actions.CALLS.approved)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge_decided_changes(self) -> None:
        self.write(decisions.purge_changes)


_: type[ForumApi] = ForumService
