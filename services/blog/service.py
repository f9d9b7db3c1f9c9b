"""The entrypoints of the blog service: articles, the board, pictures."""

from __future__ import annotations

from nameko.timer import timer

from bus.entrypoints import call, handles, reads, writes
from bus.service import PURGE_SECONDS, Service
from bus.tag_replacement import replaces_tags
from contracts.blog import (
    BlogApi,
    KeepPicture,
    UploadPicture,
)
from contracts.moderation import AppealAnswered, DecisionMade
from contracts.people import PersonVanished
from contracts.pictures import PictureView
from contracts.tags import TagReplaced
from contracts.writing_rules import WritingRulesChanged
from core.audience import Viewer
from services.blog import actions, category_queries, own_data, pictures, proposal_queries, queries
from services.blog.actions import decisions, removed_categories, stale, tags, vanishing, writing
from services.blog.actions.recook import recook


class BlogService(Service):
    """Calls; `contracts.blog.BlogApi` documents them."""

    name = "blog"
    api = BlogApi
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
    category_content = reads(removed_categories.category_content)
    category_now = reads(removed_categories.category_now)
    merge_category = writes(removed_categories.CALLS.merge_category)
    remove_category = writes(removed_categories.CALLS.remove_category)
    on_board = reads(queries.on_board)
    article_months = reads(queries.article_months)
    articles = reads(queries.articles)
    article = reads(queries.article)
    articles_by_id = reads(queries.articles_by_id)
    create_article = writes(actions.create_article)
    change_article = writes(actions.change_article)
    set_version = writes(actions.set_version)
    review_version = writes(actions.review_version)
    proposals = reads(proposal_queries.proposals)
    proposal = reads(proposal_queries.proposal)
    propose_change = writes(actions.propose_change)
    accept_proposal = writes(actions.accept_proposal)
    decline_proposal = writes(actions.decline_proposal)
    withdraw_proposal = writes(actions.withdraw_proposal)
    submit = writes(actions.submit)
    send_back = writes(actions.send_back)
    decline = writes(actions.decline)
    publish = writes(actions.publish)
    publish_revision = writes(actions.publish)
    schedule = writes(actions.schedule)
    schedule_revision = writes(actions.schedule)
    delete_article = writes(actions.delete_article)
    restore_article = writes(actions.restore_article)
    article_deletions = reads(queries.deletions)
    history = reads(queries.history)
    withhold_revision = writes(actions.withhold_revision)
    show_revision = writes(actions.show_revision)

    @call
    def upload_picture(self, viewer: Viewer, command: UploadPicture) -> PictureView:
        by_id = self.read(actions.check_upload, viewer)
        # Before the transaction, so that no writer waits for it.
        return self.write(actions.upload_picture, viewer, command, pictures.prepare(command.base64, by_id))

    @call
    def keep_picture(self, viewer: Viewer, command: KeepPicture) -> PictureView:
        by_id = self.read(actions.check_upload, viewer)
        return self.write(actions.keep_picture, viewer, pictures.prepare(command.base64, by_id))

    describe_picture = writes(actions.describe_picture)
    picture_bytes = reads(queries.picture_bytes)

    @timer(interval=5)  # type: ignore[untyped-decorator]
    def publish_due(self) -> None:
        """Publish what is due; after a stop, whatever became due meanwhile."""
        while self.read(actions.is_due) and self.write(actions.publish_due):
            pass

    tag_replaced = handles(TagReplaced, tags.tag_replaced)
    replace_tag = replaces_tags(tags.tagged)
    writing_rules_changed = handles(WritingRulesChanged, writing.rules_changed)
    person_vanished = handles(PersonVanished, vanishing.forget)
    decision_made = handles(DecisionMade, decisions.decision_made)
    appeal_answered = handles(AppealAnswered, decisions.appeal_answered)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge_decided_changes(self) -> None:
        self.write(decisions.purge_changes)


_: type[BlogApi] = BlogService
