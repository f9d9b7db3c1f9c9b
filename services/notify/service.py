"""The entrypoints of the notify service: what each person follows, and their notifications."""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from nameko.timer import timer
from sqlalchemy.orm import Session

from bus.entrypoints import call, handles, on, reads, task_handler, writes
from bus.service import PURGE_SECONDS, Resources, Service
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
    BlogApi,
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
    EventsApi,
)
from contracts.forum import (
    ForumApi,
    PostChanged,
    PostCreated,
    PostDeleted,
    PostRestored,
    TopicChanged,
    TopicCreated,
    TopicDeleted,
    TopicRestored,
)
from contracts.mail import MailLink, MailStop
from contracts.moderation import AppealAnswered, CaseOpened, DecisionMade
from contracts.notify import NotifyApi
from contracts.people import (
    GroupChanged,
    InvitationChanged,
    LanguagesChanged,
    MembershipChanged,
    PeopleApi,
    PersonChanged,
    PersonVanished,
)
from contracts.push import (
    AddPushDevice,
    PushDevice,
    PushSettings,
    SeePushDevice,
    SetPushReasons,
)
from contracts.removed_categories import NewsCategoryRemoved, TalkCategoryRemoved
from contracts.search import ItemMatched
from contracts.tags import TagReplaced
from core.audience import Viewer
from services.notify import actions, handlers, mail_preview, mail_queries, own_data, push_queries, queries
from services.notify.actions import (
    mail_queue,
    mail_stops,
    mail_turns,
    mailing,
    push_devices,
    push_queue,
    pushing,
    replicas,
    targets,
)
from services.notify.mail_links import MailLinks
from services.notify.mail_texts import Sources
from services.notify.tables import REPLICAS
from services.notify.tasks import SendMail, SendPush

MAIL_SECONDS = 10
"""How often mails are looked for that are due."""

MAIL_PAUSE = 0.1
"""Seconds until some of the tasks are done."""

PUSH_SECONDS = 2
"""How often messages to phones are looked for that are due."""


_SOURCES: WeakKeyDictionary[Resources, Sources] = WeakKeyDictionary()


def _sources(resources: Resources) -> Sources:
    """What mails are made of in this process: what was asked a moment ago for one is known for the next."""
    if (found := _SOURCES.get(resources)) is None:
        found = _SOURCES[resources] = Sources(
            people=resources.proxy(PeopleApi, "people"),
            forum=resources.proxy(ForumApi, "forum"),
            blog=resources.proxy(BlogApi, "blog"),
            events=resources.proxy(EventsApi, "events"),
        )
    return found


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
    mail_settings = reads(mail_queries.mail_settings)
    mail_preview = reads(mail_preview.mail_preview)
    set_mail_settings = writes(mail_queue.set_mail_settings)

    change_push_device = writes(push_devices.change)
    remove_push_device = writes(push_devices.remove)

    @call
    def push_settings(self, viewer: Viewer, session: str | None) -> PushSettings:
        return self.read(
            push_queries.push_settings, viewer, self.resources.settings.push_private_key, session
        )

    @call
    def set_push_reasons(self, viewer: Viewer, command: SetPushReasons) -> PushSettings:
        return self.write(push_devices.set_reasons, viewer, self.resources.settings, command)

    @call
    def add_push_device(self, viewer: Viewer, command: AddPushDevice, session: str | None) -> PushDevice:
        return self.write(push_devices.add, viewer, self.resources.settings, command, session)

    @call
    def see_push_device(self, viewer: Viewer, command: SeePushDevice, session: str | None) -> bool:
        return self.write(push_devices.see, viewer, self.resources.settings, command, session)

    @call
    def mail_link(self, viewer: Viewer, token: str) -> MailLink:
        return mail_stops.shown(MailLinks.of(self.resources.settings), token)

    @call
    def stop_mail(self, viewer: Viewer, token: str, stop: MailStop | None) -> None:
        self.write(mail_stops.stop_mail, MailLinks.of(self.resources.settings), token, stop)

    note_bounce = writes(mailing.note_bounce)

    @task_handler(SendMail)
    def send_mail(self, task: SendMail, key: str, attempt: int) -> None:
        resources = self.resources
        sources = _sources(resources)
        mailing.send(resources.database, resources.mailer, sources, resources.settings, task, key)

    @task_handler(SendPush)
    def send_push(self, task: SendPush, key: str, attempt: int) -> None:
        resources = self.resources
        pushing.send(resources.database, resources.pusher, resources.proxy(PeopleApi, "people"), task, key)

    @timer(interval=PUSH_SECONDS)  # type: ignore[untyped-decorator]
    def enqueue_due_pushes(self) -> None:
        """Let the messages be made that are due."""
        while self.read_one(push_queue.any_due):
            self.write(push_queue.enqueue_due)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge_push(self) -> None:
        self.write(push_devices.purge)

    @timer(interval=MAIL_SECONDS)  # type: ignore[untyped-decorator]
    def enqueue_due_mail(self) -> None:
        """Let the mails be made that are due, until there are none. Where tasks enough wait, those are done first."""
        after = ""
        while self.read_one(mail_turns.any_due):
            enqueued, after = self.write(mail_turns.enqueue_due, after)
            if not enqueued:
                sleep(MAIL_PAUSE)

    @on(PostCreated, many=True)
    def posts_created(self, session: Session, pairs: Sequence[tuple[PostCreated, Recorded]]) -> None:
        handlers.posts_created(session, pairs)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge_former_names(self) -> None:
        self.write(replicas.purge_former_names)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge_last_active(self) -> None:
        self.write(mail_queue.purge_last_active)

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
