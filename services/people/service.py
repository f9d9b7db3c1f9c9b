"""The entrypoints of the people service: accounts, sessions, profiles, roles, groups and members."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from nameko.timer import timer
from sqlalchemy.orm import Session

from bus.entrypoints import call, handles, on, reads, task_handler, writes
from bus.service import Service
from contracts.blog import ArticlePublished
from contracts.common import Recorded
from contracts.contact import ContactView, ContinueContact, OpenContact, ReadContact
from contracts.decision_failures import BlogDecisionFailed, EventsDecisionFailed, ForumDecisionFailed
from contracts.errors import Conflict
from contracts.events import EventCreated, EventDeleted, EventRestored
from contracts.forum import PostCreated, PostDeleted, PostRestored
from contracts.held import ArticleFlagged, EventFlagged, EventHeld, ForumFlagged, ForumHeld
from contracts.kept_forms import FormKey
from contracts.own_account import Vanish
from contracts.passkeys import (
    AddPasskey,
    BeginPasskey,
    PasskeySetup,
    RemovePasskey,
    SignInWithPasskey,
)
from contracts.people import (
    Account,
    AskReset,
    ChangeEmail,
    ChangePassword,
    CreateToken,
    EnterCode,
    NewToken,
    OwnPassword,
    PeopleApi,
    RecoveryCodes,
    Register,
    ResetPassword,
    SecondFactorSetup,
    SignedIn,
    SignIn,
    SignInWithCode,
)
from contracts.removed_categories import NewsCategoryRemoved, TalkCategoryRemoved
from contracts.sign_up_invitations import CreateSignUpInvitation, NewSignUpInvitation
from contracts.tags import BlogTagReplaced, EventsTagReplaced, ForumTagReplaced
from contracts.wiki_accounts import LinkWikiAccount, RegisterWithWiki, SetFirstPassword, WikiIdentity
from core.audience import Viewer
from services.people import actions, handlers, own_data, passkeys, queries
from services.people.actions import blocks as block_actions
from services.people.actions import cases as case_actions
from services.people.actions import (
    category_parts,
    contact,
    contact_delivery,
    emails,
    failed_decisions,
    flagged_profiles,
    held_cases,
    kept_forms,
    purging,
    recovery,
    renaming,
    second_factor,
    sign_in,
    site_invitations,
    stale,
    tags,
    vanishing,
    wiki_accounts,
)
from services.people.actions import invitations as invitation_actions
from services.people.actions import passkeys as passkey_actions
from services.people.actions import report_scores as report_score_actions
from services.people.actions import sign_up_requests as sign_up_request_actions
from services.people.actions import trust as trust_actions
from services.people.actions.descriptions import recook_groups, recook_people
from services.people.actions.site import recook_site
from services.people.actions.writing_rules import add_term, remove_term, set_newcomer_limits
from services.people.queries import blocks as block_queries
from services.people.queries import cases as case_queries
from services.people.queries import invitations as invitation_queries
from services.people.queries import report_scores as report_score_queries
from services.people.queries import sign_up_requests as sign_up_request_queries
from services.people.queries import site_invitations as site_invitation_queries
from services.people.queries import tags as tag_queries
from services.people.queries import trust as trust_queries
from services.people.sealing import Sealer
from services.people.tasks import FindAccounts, FlagProfile, SendAccountMail, SendSignUpAnswer

PURGE_SECONDS = 3600
VANISH_SECONDS = 600
DELIVER_CONTACTS_SECONDS = 900


class PeopleService(Service):
    """Calls; `contracts.people.PeopleApi` documents them.

    A call that returns a token does not use `write`, which stores results for repeated requests: the token
    would stay readable.
    """

    name = "people"
    api = PeopleApi
    publishers = stale.PUBLISHERS
    recooks = (recook_people, recook_groups, recook_site)

    @property
    def _sealer(self) -> Sealer:
        return Sealer.of(self.resources.settings)

    @call
    def register(self, viewer: Viewer, command: Register) -> SignedIn:
        # Without limits there is nothing that new people may not do.
        member = not self.resources.settings.rate_limits
        return sign_in.register(self.resources.database, viewer, command, member=member)

    @call
    def sign_in(self, viewer: Viewer, command: SignIn) -> SignedIn:
        return sign_in.sign_in(self.resources.database, viewer, command)

    @call
    def viewer_of_session(self, viewer: Viewer, token: str) -> Viewer | None:
        return sign_in.viewer_of_session(self.resources.database, viewer, token)

    @call
    def viewer_of_token(self, viewer: Viewer, token: str) -> Viewer | None:
        return sign_in.viewer_of_token(self.resources.database, viewer, token)

    @call
    def create_token(self, viewer: Viewer, command: CreateToken) -> NewToken:
        return sign_in.create_token(self.resources.database, viewer, command, self._sealer)

    @call
    def change_password(self, viewer: Viewer, command: ChangePassword) -> SignedIn:
        return sign_in.change_password(self.resources.database, viewer, command)

    @call
    def change_email(self, viewer: Viewer, command: ChangeEmail) -> Account:
        return recovery.change_email(self.resources.database, viewer, command)

    @call
    def ask_reset(self, viewer: Viewer, command: AskReset) -> None:
        recovery.ask_reset(self.resources.database, viewer, command)

    @call
    def reset_password(self, viewer: Viewer, command: ResetPassword) -> None:
        recovery.reset_password(self.resources.database, viewer, command)

    @task_handler(FindAccounts)
    def find_accounts(self, task: FindAccounts, key: str, attempt: int) -> None:
        with self.resources.database.writing() as session:
            emails.find_accounts(session, task)

    @task_handler(FlagProfile)
    def flag_profile(self, task: FlagProfile, key: str, attempt: int) -> None:
        with self.resources.database.writing() as session:
            flagged_profiles.open_case(session, task)

    @task_handler(SendAccountMail)
    def send_account_mail(self, task: SendAccountMail, key: str, attempt: int) -> None:
        recovery.send_mail(self.resources.database, self.resources.mailer, task, key)

    @call
    def sign_in_with_code(self, viewer: Viewer, command: SignInWithCode) -> SignedIn:
        return sign_in.sign_in_with_code(self.resources.database, viewer, command, self._sealer)

    @call
    def begin_second_factor(self, viewer: Viewer, command: OwnPassword) -> SecondFactorSetup:
        return sign_in.begin_second_factor(self.resources.database, viewer, command, self._sealer)

    @call
    def confirm_second_factor(self, viewer: Viewer, command: EnterCode) -> RecoveryCodes:
        return sign_in.confirm_second_factor(self.resources.database, viewer, command, self._sealer)

    @call
    def remove_second_factor(self, viewer: Viewer, command: OwnPassword) -> None:
        sign_in.remove_second_factor(self.resources.database, viewer, command)

    @call
    def sign_in_with_wiki(self, viewer: Viewer, identity: WikiIdentity) -> SignedIn:
        return wiki_accounts.sign_in(self.resources.database, viewer, identity)

    @call
    def register_with_wiki(self, viewer: Viewer, command: RegisterWithWiki) -> SignedIn:
        return wiki_accounts.register(self.resources.database, viewer, command)

    @call
    def link_wiki_account(self, viewer: Viewer, command: LinkWikiAccount) -> None:
        wiki_accounts.link(self.resources.database, viewer, command)

    @call
    def set_first_password(self, viewer: Viewer, command: SetFirstPassword) -> SignedIn:
        return wiki_accounts.set_first_password(self.resources.database, viewer, command)

    @call
    def take_form(self, viewer: Viewer, key: FormKey) -> str | None:
        # Not by `write`, which would store the result for a repeated request.
        with self.resources.database.writing() as session:
            return kept_forms.take_form(session, key)

    keep_form = writes(kept_forms.keep_form)
    unlink_wiki_account = writes(wiki_accounts.unlink)

    @call
    def begin_passkey(self, viewer: Viewer, command: BeginPasskey) -> PasskeySetup:
        passkeys.site_of(self.resources.settings)
        return passkey_actions.begin(self.resources.database, viewer, command)

    @call
    def add_passkey(self, viewer: Viewer, command: AddPasskey) -> RecoveryCodes:
        site = passkeys.site_of(self.resources.settings)
        with self.resources.database.writing() as session:
            return passkey_actions.add(session, viewer, command, site)

    @call
    def remove_passkey(self, viewer: Viewer, passkey_id: str, command: RemovePasskey) -> None:
        passkey_actions.remove(self.resources.database, viewer, passkey_id, command)

    @call
    def sign_in_with_passkey(self, viewer: Viewer, command: SignInWithPasskey) -> SignedIn:
        site = passkeys.site_of(self.resources.settings)
        return passkey_actions.sign_in(self.resources.database, viewer, command, site)

    rename_passkey = writes(passkey_actions.rename)
    send_confirmation = writes(actions.send_confirmation)
    confirmation = reads(queries.confirmation)
    confirm_email = writes(actions.confirm_email)
    reset = reads(queries.reset)
    sessions = reads(queries.sessions)
    end_session = writes(actions.end_session)
    end_other_sessions = writes(actions.end_other_sessions)
    end_sessions = writes(actions.end_sessions)
    sign_out = writes(actions.sign_out)
    tokens = reads(queries.tokens)
    revoke_token = writes(actions.revoke_token)
    me = reads(queries.me)
    mail_author = reads(queries.mail_author)
    mail_recipient = reads(queries.mail_recipient)
    push_recipient = reads(queries.push_recipient)
    change_profile = writes(actions.change_profile)
    export_of = reads(own_data.export_of)
    begin_export = writes(emails.begin_export)
    block = writes(block_actions.block)
    unblock = writes(block_actions.unblock)
    lift = writes(block_actions.lift)
    blocks = reads(block_queries.blocks)
    report_scores = reads(report_score_queries.report_scores)
    set_report_scores = writes(report_score_actions.set_report_scores)
    blocks_of = reads(block_queries.blocks_of)
    blocked_ids = reads(block_queries.blocked_ids)
    rename = writes(actions.rename)
    rename_person = writes(actions.rename_person)
    vanish_person = writes(vanishing.vanish_person)

    @call
    def vanish(self, viewer: Viewer, command: Vanish) -> datetime:
        return sign_in.vanish(self.resources.database, viewer, command, self._sealer)

    change_role = writes(actions.change_role)
    grant_role = writes(actions.grant_role)
    administration_log = reads(queries.administration_log)
    public_administration = reads(queries.public_administration)
    roles_held = reads(queries.roles_held)
    role_holders = reads(queries.role_holders)
    people_found = reads(queries.people_found)
    site = reads(queries.site)
    site_revisions = reads(queries.site_revisions)
    writing_rules = reads(trust_queries.writing_rules)
    writing_rules_versions = reads(trust_queries.writing_rules_versions)
    set_newcomer_limits = writes(set_newcomer_limits)
    add_term = writes(add_term)
    remove_term = writes(remove_term)
    trust = reads(trust_queries.trust)
    set_trust = writes(trust_actions.set_trust)
    set_site_text = writes(actions.set_site_text)
    set_sign_up = writes(actions.set_sign_up)
    sign_up_invitations = reads(site_invitation_queries.sign_up_invitations)
    invited_by = reads(site_invitation_queries.invited_by)
    revoke_sign_up_invitation = writes(site_invitations.revoke_sign_up_invitation)

    @call
    def create_sign_up_invitation(
        self, viewer: Viewer, command: CreateSignUpInvitation
    ) -> NewSignUpInvitation:
        with self.resources.database.writing() as session:
            return site_invitations.create_sign_up_invitation(session, viewer, command)

    ask_for_account = writes(sign_up_request_actions.ask_for_account)
    own_sign_up_request = reads(sign_up_request_queries.own_sign_up_request)
    withdraw_sign_up_request = writes(sign_up_request_actions.withdraw_sign_up_request)
    sign_up_requests = reads(sign_up_request_queries.sign_up_requests)
    answer_sign_up_request = writes(sign_up_request_actions.answer_sign_up_request)

    @task_handler(SendSignUpAnswer)
    def send_sign_up_answer(self, task: SendSignUpAnswer, key: str, attempt: int) -> None:
        sign_up_request_actions.send_answer(self.resources.mailer, task, key)

    replace_tag = writes(tags.replace_tag)
    tag_changes = reads(tag_queries.tag_changes)
    tag_now = reads(tag_queries.tag_now)
    person = reads(queries.person)
    cards = reads(queries.cards)
    cards_by_name = reads(queries.cards_by_name)
    people = reads(queries.people)
    create_group = writes(actions.create_group)
    set_group_text = writes(actions.set_group_text)
    groups = reads(queries.groups)
    archived_groups = reads(queries.archived_groups)
    group = reads(queries.group)
    groups_by_id = reads(queries.groups_by_id)
    members = reads(queries.members)
    join = writes(actions.join)
    leave = writes(actions.leave)
    set_member = writes(actions.set_member)
    remove_member = writes(actions.remove_member)
    report = writes(case_actions.report)
    cases = reads(case_queries.cases)
    case = reads(case_queries.case)
    claim_case = writes(case_actions.claim_case)
    release_case = writes(case_actions.release_case)
    approve_held = writes(held_cases.approve_held)
    decide_case = writes(case_actions.decide_case)
    answer_appeal = writes(case_actions.answer_appeal)
    decision = reads(case_queries.decision)
    silence = reads(case_queries.silence)
    appeal = writes(case_actions.appeal)
    public_decisions = reads(case_queries.public_decisions)

    ask_to_join = writes(actions.ask_to_join)
    invite = writes(invitation_actions.invite)
    withdraw_invitation = writes(invitation_actions.withdraw_invitation)
    answer_invitation = writes(invitation_actions.answer_invitation)
    invited = reads(invitation_queries.invited)
    invitations = reads(invitation_queries.invitations)
    change_group = writes(invitation_actions.change_group)
    hand_over = writes(invitation_actions.hand_over)

    @call
    def open_contact(self, viewer: Viewer, command: OpenContact) -> ContactView:
        return contact.open_contact(self.resources.database, viewer, command)

    @call
    def read_contact(self, viewer: Viewer, command: ReadContact) -> ContactView:
        return contact.read_contact(self.resources.database, viewer, command)

    @call
    def continue_contact(self, viewer: Viewer, command: ContinueContact) -> ContactView:
        return contact.continue_contact(self.resources.database, viewer, command)

    answer_contact = writes(contact_delivery.answer_contact)
    close_contact = writes(contact_delivery.close_contact)

    @timer(interval=DELIVER_CONTACTS_SECONDS)  # type: ignore[untyped-decorator]
    def deliver_contacts(self) -> None:
        """Let moderators see the messages that came meanwhile, all at once: so no time tells who wrote which."""
        with self.resources.database.writing() as session:
            contact_delivery.deliver(session)

    @on(PostCreated, many=True)
    def posts_created(self, session: Session, pairs: Sequence[tuple[PostCreated, Recorded]]) -> None:
        handlers.posts_created(session, pairs)

    post_deleted = handles(PostDeleted, handlers.post_deleted)
    post_restored = handles(PostRestored, handlers.post_restored)
    article_published = handles(ArticlePublished, handlers.article_published)
    event_created = handles(EventCreated, handlers.event_created)
    event_deleted = handles(EventDeleted, handlers.event_deleted)
    event_restored = handles(EventRestored, handlers.event_restored)
    talk_category_removed = handles(TalkCategoryRemoved, category_parts.category_removed)
    news_category_removed = handles(NewsCategoryRemoved, category_parts.category_removed)
    blog_tag_replaced = handles(BlogTagReplaced, tags.carried_out)
    forum_tag_replaced = handles(ForumTagReplaced, tags.carried_out)
    events_tag_replaced = handles(EventsTagReplaced, tags.carried_out)
    blog_decision_failed = handles(BlogDecisionFailed, failed_decisions.decision_failed)
    forum_decision_failed = handles(ForumDecisionFailed, failed_decisions.decision_failed)
    events_decision_failed = handles(EventsDecisionFailed, failed_decisions.decision_failed)
    forum_held = handles(ForumHeld, held_cases.held_changed)
    event_held = handles(EventHeld, held_cases.held_changed)
    article_flagged = handles(ArticleFlagged, held_cases.flagged)
    forum_flagged = handles(ForumFlagged, held_cases.flagged)
    event_flagged = handles(EventFlagged, held_cases.flagged)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge(self) -> None:
        """Delete what is stored for a while only."""
        with self.resources.database.writing() as session:
            purging.purge(session)
            contact_delivery.purge_contacts(session)
            kept_forms.purge_forms(session)

    # At the start, since a migration or a change of the system's secret comes before it.
    @timer(interval=PURGE_SECONDS, eager=True)  # type: ignore[untyped-decorator]
    def seal_secrets(self) -> None:
        """Seal the secrets of second factors that are not, or not by the present secret of the system."""
        sealed = 1
        while sealed:
            with self.resources.database.writing() as session:
                sealed = second_factor.seal_secrets(session, self._sealer)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def release_names(self) -> None:
        """Let former names go whose time is over."""
        with self.resources.database.writing() as session:
            renaming.release_names(session)

    @timer(interval=VANISH_SECONDS, eager=True)  # type: ignore[untyped-decorator]
    def vanish_due(self) -> None:
        """Let people vanish whose time is over."""
        for person_id in self.read(vanishing.due):
            # The last administrator stays until there is another one.
            with suppress(Conflict), self.resources.database.writing() as session:
                vanishing.vanish_due(session, person_id)


if TYPE_CHECKING:
    _: type[PeopleApi] = PeopleService
