"""The entrypoints of the notify service: what each person follows, and their notifications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nameko.timer import timer
from sqlalchemy.orm import Session

from bus.entrypoints import handles, on, reads, writes
from bus.service import PURGE_SECONDS, Service
from contracts.blocks import BlockChanged
from contracts.blog import (
    ArticleChanged,
    ArticleDeclined,
    ArticleDeleted,
    ArticlePublished,
    ArticleRestored,
    ArticleReturned,
    ArticleScheduled,
    ArticleSubmitted,
    ProposalAccepted,
    ProposalDeclined,
    ProposalMade,
)
from contracts.common import Recorded
from contracts.contact import ContactWaits
from contracts.events import (
    AttendanceChanged,
    EventChanged,
    EventCreated,
    EventDeleted,
    EventRecalculated,
    EventRestored,
)
from contracts.forum import (
    PostChanged,
    PostCreated,
    PostDeleted,
    PostRestored,
    TopicChanged,
    TopicCreated,
    TopicDeleted,
    TopicRestored,
)
from contracts.moderation import AppealAnswered, CaseOpened, DecisionMade
from contracts.notify import NotifyApi
from contracts.people import (
    GroupChanged,
    InvitationChanged,
    LanguagesChanged,
    MembershipChanged,
    PersonChanged,
    PersonVanished,
)
from contracts.removed_categories import NewsCategoryRemoved, TalkCategoryRemoved
from contracts.search import ItemMatched
from contracts.tags import TagReplaced
from services.notify import actions, handlers, own_data, queries
from services.notify.actions import replicas, targets
from services.notify.tables import REPLICAS


class NotifyService(Service):
    """Calls and event handlers; `contracts.notify.NotifyApi` documents the calls."""

    name = "notify"
    api = NotifyApi
    replicas = REPLICAS

    export_of = reads(own_data.export_of)
    notifications = reads(queries.notifications)
    unread = reads(queries.unread)
    mark_read = writes(actions.mark_read)
    follows = reads(queries.follows)
    follow_state = reads(queries.follow_state)
    follow = writes(actions.follow)
    unfollow = writes(actions.unfollow)
    followers = reads(queries.followers)

    @on(PostCreated, many=True)
    def posts_created(self, session: Session, pairs: Sequence[tuple[PostCreated, Recorded]]) -> None:
        handlers.posts_created(session, pairs)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge_former_names(self) -> None:
        self.write(replicas.purge_former_names)

    person_changed = handles(PersonChanged, handlers.person_changed)
    languages_changed = handles(LanguagesChanged, handlers.languages_changed)
    person_vanished = handles(PersonVanished, handlers.person_vanished)
    block_changed = handles(BlockChanged, handlers.block_changed)
    group_changed = handles(GroupChanged, handlers.group_changed)
    case_opened = handles(CaseOpened, handlers.case_opened)
    contact_waits = handles(ContactWaits, handlers.contact_waits)
    decision_made = handles(DecisionMade, handlers.decision_made)
    appeal_answered = handles(AppealAnswered, handlers.decision_made)
    membership_changed = handles(MembershipChanged, handlers.membership_changed)
    invitation_changed = handles(InvitationChanged, handlers.invitation_changed)
    article_submitted = handles(ArticleSubmitted, handlers.article_reviewed)
    article_returned = handles(ArticleReturned, handlers.article_reviewed)
    article_declined = handles(ArticleDeclined, handlers.article_reviewed)
    article_scheduled = handles(ArticleScheduled, handlers.article_reviewed)
    article_published = handles(ArticlePublished, handlers.article_published)
    article_changed = handles(ArticleChanged, handlers.article_changed)
    article_deleted = handles(ArticleDeleted, handlers.article_deleted)
    article_restored = handles(ArticleRestored, handlers.article_restored)
    proposal_made = handles(ProposalMade, handlers.proposal_made)
    proposal_accepted = handles(ProposalAccepted, handlers.proposal_decided)
    proposal_declined = handles(ProposalDeclined, handlers.proposal_decided)
    topic_created = handles(TopicCreated, handlers.topic_created)
    topic_changed = handles(TopicChanged, handlers.topic_changed)
    topic_deleted = handles(TopicDeleted, handlers.topic_deleted)
    topic_restored = handles(TopicRestored, handlers.topic_restored)
    post_changed = handles(PostChanged, handlers.post_changed)
    post_deleted = handles(PostDeleted, handlers.post_deleted)
    post_restored = handles(PostRestored, handlers.post_restored)
    event_created = handles(EventCreated, handlers.event_created)
    event_changed = handles(EventChanged, handlers.event_changed)
    event_recalculated = handles(EventRecalculated, handlers.event_recalculated)
    event_deleted = handles(EventDeleted, handlers.event_deleted)
    event_restored = handles(EventRestored, handlers.event_restored)
    tag_replaced = handles(TagReplaced, targets.tag_replaced)
    talk_category_removed = handles(TalkCategoryRemoved, targets.category_removed)
    news_category_removed = handles(NewsCategoryRemoved, targets.category_removed)
    attendance_changed = handles(AttendanceChanged, handlers.attendance_changed)
    item_matched = handles(ItemMatched, handlers.item_matched)


if TYPE_CHECKING:
    _: type[NotifyApi] = NotifyService
