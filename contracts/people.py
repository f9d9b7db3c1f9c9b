"""people: accounts, sessions, profiles, roles, groups and membership."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import AwareDatetime, Field, SecretStr, StringConstraints

from contracts.administration import Administered, ChangeRole, HeldRole, PeopleQuery
from contracts.blocks import BlocksApi
from contracts.common import (
    CLEAN_LINE,
    CLEAN_TEXT,
    MARKDOWN,
    Command,
    CookedHtml,
    Cursor,
    Event,
    LanguageCode,
    Page,
    PageSize,
    Producer,
    Scope,
    View,
    also_from,
    also_silenced,
    needs_scope,
    safe,
)
from contracts.contact import ContactApi
from contracts.credentials import Password, PersonName, Secret
from contracts.groups import GroupMembership
from contracts.kept_forms import KeptFormsApi
from contracts.mail import MailRecipients
from contracts.moderation import ModerationApi
from contracts.own_account import OwnAccount
from contracts.own_data import Exporter, ExportsCounted
from contracts.passkeys import PasskeysApi, PasskeyView
from contracts.push import PushRecipients
from contracts.removed_categories import RoleHolders
from contracts.report_scores import ReportScoresAdministration
from contracts.sign_up_invitations import SignUpInvitations
from contracts.sign_up_requests import SignUpRequests
from contracts.signing_in import RecoveryCodes as RecoveryCodes
from contracts.signing_in import SignedIn as SignedIn
from contracts.site import SiteAdministration
from contracts.tags import TagAdministration
from contracts.trust import TrustApi
from contracts.wiki_accounts import WikiAccountsApi, WikiAccountView
from contracts.writing_rules import WritingRulesAdministration
from core.audience import MEMBERS, PUBLIC, Role, Viewer, group_audience

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
GroupKind = Literal["open", "closed", "hidden"]
MemberState = Literal["none", "requested", "member", "moderator"]


# Views


class Place(View):
    """Where a person says that they are."""

    name: str
    country: str = ""


class PersonCard(View):
    """A person's name and roles, to show beside what they wrote.

    `shown_name` is the name to show: the display name, followed by the account's name (`Sam Rivera (@sam)`) if another
    person's name looks like it. `vanished`: they have left, and the name is a number that says nothing of them.
    """

    id: str
    name: str
    display_name: str
    shown_name: str = ""
    roles: list[Role] = []
    vanished: bool = False


class GroupLine(View):
    """One group in a list, in the viewer's language. `audience` is the audience of its content. `html` and
    `excerpt` are made of its description, as in `contracts.forum.PostView`. In an archived group nothing is written any
    more. `members_shown`: those outside see who is in it; else they don't learn how many (`members` is 0) either."""

    id: str
    slug: str
    name: str
    about: str
    html: CookedHtml | None = None
    excerpt: str = ""
    language: str
    kind: GroupKind
    members: int
    my_state: MemberState
    audience: str
    archived: bool = False
    members_shown: bool = True


class GroupText(View):
    """A group's name and description in one language."""

    language: str
    name: str
    about: str


class GroupView(GroupLine):
    """One group. `requests` is the number of open requests to join, 0 for viewers who are not its moderators.

    Whether the viewer may join or ask to (`may_join`), leave or withdraw their request (`may_leave`), read the group's
    content (`may_read`), see who is in it (`may_see_members`), manage its texts and members (`may_moderate`), and take
    up an archived one again (`may_take_up`). `invited`: they have an invitation to answer. `words_by_mail`: mails to
    its members have what is written in it.
    """

    created_at: AwareDatetime
    original_language: str
    texts: list[GroupText]
    requests: int = 0
    words_by_mail: bool = False
    may_join: bool = False
    may_leave: bool = False
    may_read: bool = False
    may_moderate: bool = False
    may_see_members: bool = True
    may_take_up: bool = False
    invited: bool = False


class Membership(View):
    """One person in one group. `may_manage`: whether the viewer may let them in, promote or remove them. `words`: what
    they wrote when they asked to join, for the group's moderators."""

    person: PersonCard
    state: MemberState
    since: AwareDatetime
    may_manage: bool = False
    words: str = ""


ProfileField = Literal["about", "pronouns", "place", "website", "languages", "wiki_name"]
FieldAudience = Literal["public", "members", "groups", "me"]
"""Who sees a field of a profile: everybody, people with an account, who is in a group with the person, nobody else."""


class Profile(PersonCard):
    """A person's profile, with the fields whose audience the viewer is in. `wiki_name`: the name of the wiki account
    that they are linked to. `groups` are those that the viewer may know of. `html` is made of `about`."""

    languages: list[str] = []
    pronouns: str = ""
    place: Place | None = None
    website: str = ""
    wiki_name: str = ""
    about: str = ""
    html: CookedHtml | None = None
    joined_at: AwareDatetime
    groups: list[GroupLine] = []


class Account(Profile):
    """One's own account.

    Nobody else sees the address `email`, which was confirmed, nor `new_email`, which waits for that;
    `new_email_refused`: a mail server said that there is no such address. `second_factor`: whether signing in asks for
    a code or a passkey; `recovery_codes`: how many of those are left. `has_password`: whether one can sign in by
    password. `wiki_account`: the one that it is linked to. `field_audiences`: who sees each field.
    """

    email: str | None = None
    new_email: str | None = None
    new_email_refused: bool = False
    second_factor: bool = False
    recovery_codes: int = 0
    authenticator_app: bool = False
    passkeys: list[PasskeyView] = []
    has_password: bool = True
    wiki_account: WikiAccountView | None = None
    field_audiences: dict[ProfileField, FieldAudience] = {}
    interface_language: str | None = None


class AccountLink(View):
    """What a link from a mail is about: the account's name, and the address that the link was sent to."""

    name: str
    email: str


class SecondFactorSetup(View):
    """The secret for an authenticator app (TOTP, RFC 6238), in base 32."""

    secret: str


class SessionView(View):
    """A signed-in browser, without its secret. `browser`: the family of browsers that it names itself by, `""` if
    unknown. `last_used_on`: the day of its last use, in UTC. `current`: whether it is the one that asks."""

    id: str
    browser: str = ""
    created_at: AwareDatetime
    last_used_on: date
    current: bool = False


class TokenView(View):
    """An API token without its secret. `last_used_on`: the day of its last use, in UTC."""

    id: str
    label: str
    scopes: list[Scope]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    last_used_on: date | None = None


class NewToken(TokenView):
    """An API token with its secret, shown once."""

    token: str


# Commands


class Register(Command):
    """Sign up. Raises `Forbidden("sign-up-closed")` while administrators have closed it. While they let in the invited
    alone, `invitation` is the code that one needs (fault `invitation-wrong`).

    Faults: `name-shape`, `name-scripts`, `name-marks`, `name-reserved`, `name-taken`, `name-look-alike`,
    `password-short`, `password-like-name`, `password-common`, `email-shape`.
    """

    name: PersonName
    password: Password
    email: Annotated[str, StringConstraints(max_length=200)] | None = None
    languages: list[LanguageCode] = []
    invitation: Secret = SecretStr("")


class SignIn(Command):
    """Sign in by name and password."""

    name: Annotated[str, StringConstraints(max_length=100)]
    password: Secret


class SignInWithCode(Command):
    """Go on with a sign-in that was answered by `code-needed`, which has the `challenge`. `name`: the one that it began
    with; for another account's the challenge is over."""

    challenge: Secret
    code: Secret
    name: Annotated[str, StringConstraints(max_length=100)] = ""


class OwnPassword(Command):
    """The viewer's password, for what needs it again. Fault: `password-wrong`."""

    password: Secret


class EnterCode(Command):
    """A code of an authenticator app. Fault: `code-wrong`."""

    code: Secret


class CreateToken(SignIn):
    """Create an API token. An unknown name and a wrong password give the same error (`sign-in-wrong`). `code`: of the
    second factor, where the account has one (`code-needed`)."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=80), CLEAN_LINE]
    scopes: list[Scope] = ["read", "write"]
    expires_in_days: Annotated[int, Field(ge=1, le=365)] = 90
    code: Secret = SecretStr("")


class ChangeProfile(Command):
    """Change the viewer's own profile. None leaves a field as it is, `""` and `[]` clear it.

    Faults of the display name: `name-reserved` (it looks like that of an office), `name-marks`, `display-name-at`; of
    the website: `url-shape`. `email` is refused (`email-elsewhere`): `ChangeEmail` asks for the password.
    """

    display_name: Annotated[str, StringConstraints(max_length=80), CLEAN_LINE] | None = None
    languages: list[LanguageCode] | None = None
    place_name: Annotated[str, StringConstraints(max_length=100), CLEAN_LINE] | None = None
    place_country: Annotated[str, StringConstraints(max_length=2)] | None = None
    pronouns: Annotated[str, StringConstraints(max_length=40), CLEAN_LINE] | None = None
    website: Annotated[str, StringConstraints(max_length=200), CLEAN_LINE] | None = None
    about: (
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), CLEAN_TEXT, MARKDOWN] | None
    ) = None
    field_audiences: dict[ProfileField, FieldAudience] | None = None
    interface_language: LanguageCode | None = None
    email: Annotated[str, StringConstraints(max_length=200)] | None = None


class ChangePassword(Command):
    """Change the viewer's own password; all other sessions end."""

    old: Secret
    new: Password


class ChangeEmail(Command):
    """Change the viewer's own address, or take it away (`""`). The new one counts once it is confirmed; the old one is
    told. Faults: `password-wrong` (field `password`), `email-shape`."""

    password: Secret
    email: Annotated[str, StringConstraints(max_length=200)]


class AskReset(Command):
    """Ask for a link that sets a new password. `account` is a name or a confirmed address."""

    account: Annotated[str, StringConstraints(min_length=1, max_length=200), CLEAN_LINE]


class ResetPassword(Command):
    """Set a new password by the secret of a link."""

    token: Secret
    new: Password


class CreateGroup(Command):
    """Create a group; the viewer becomes its first moderator. Faults: `slug-taken`, `language-unknown`, `members-open`
    where those outside an open group would not see who is in it (`members_shown`).

    A hidden group's slug is `<slug>--<id>`; for those inside, `slug` leads to it as well.
    """

    slug: Slug
    kind: GroupKind
    members_shown: bool = True
    language: LanguageCode
    name: Annotated[str, StringConstraints(min_length=2, max_length=100), CLEAN_LINE]
    about: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), CLEAN_TEXT, MARKDOWN] = (
        ""
    )


class SetGroupText(Command):
    """Set a group's name and description in one language; its moderators only."""

    language: LanguageCode
    name: Annotated[str, StringConstraints(min_length=2, max_length=100), CLEAN_LINE]
    about: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), CLEAN_TEXT, MARKDOWN] = (
        ""
    )


# Events


class PersonState(View):
    """Everything that other services may know of a person; never the e-mail address or password, nor what of
    the profile is not public. Where the languages are not, `interface_language` is None too, and `LanguagesChanged`
    follows.

    `shown_name` is as in `PersonCard`; empty in events of before there was one. `vanished`: as there.
    """

    id: str
    name: str
    display_name: str
    shown_name: str = ""
    roles: list[Role] = []
    languages: list[str] = []
    place: Place | None = None
    about: str = ""
    interface_language: str | None = None
    joined_at: AwareDatetime
    vanished: bool = False


class PersonChanged(Event):
    """Somebody signed up, or their public data or roles changed."""

    type: ClassVar[str] = "people.person.changed"
    person: PersonState

    def subject(self) -> str:
        return f"person/{self.person.id}"

    def audience(self) -> str:
        return PUBLIC


class LanguagesChanged(Event):
    """In which languages a person reads, the preferred one first, who does not show everybody: so that mail to them is
    in these. It comes right after each `PersonChanged` that leaves the languages out."""

    type: ClassVar[str] = "people.languages.changed"
    person_id: str
    languages: list[str]

    def subject(self) -> str:
        return f"person/{self.person_id}"

    def audience(self) -> str:
        # As of `SessionEnded`.
        return MEMBERS


class PersonVanished(Event):
    """Somebody left for good. Each service deletes what it has of them but for what they wrote, which stays under the
    name that `person` has now; a `PersonChanged` has said so before.

    `cited`: the subjects (`case/…`, `decision/…`) whose title was the person's name.
    """

    type: ClassVar[str] = "people.person.vanished"
    person: PersonState
    cited: list[str] = []

    def subject(self) -> str:
        return f"person/{self.person.id}"

    def audience(self) -> str:
        # As of `SessionEnded`.
        return MEMBERS


class GroupState(View):
    """Everything that other services may know of a group. In an `archived` one nothing is written any more.
    `words_by_mail` is what its moderators chose, None as long as they have chosen nothing: see `words_leave`."""

    id: str
    slug: str
    kind: GroupKind
    language: str
    texts: list[GroupText]
    created_at: AwareDatetime
    archived: bool = False
    words_by_mail: bool | None = None

    def words_leave(self) -> bool:
        """Whether what is written in the group may be in mails to its members."""
        return words_leave(self.kind, self.words_by_mail)


def words_leave(kind: str, chosen: bool | None) -> bool:
    """Whether the words of a group of this kind leave by mail: those of an open one, where nothing was chosen."""
    return kind == "open" if chosen is None else chosen


class GroupChanged(Event):
    """A group was created or changed. The audience of a hidden group's events is the group itself.

    `rights_changed`: its members may write where they could not before, or the other way round, or others see who they
    are."""

    type: ClassVar[str] = "people.group.changed"
    group: GroupState
    rights_changed: bool = False

    def subject(self) -> str:
        return f"group/{self.group.id}"

    def audience(self) -> str:
        return group_audience(self.group.id) if self.group.kind == "hidden" else PUBLIC


class MembershipChanged(Event):
    """Somebody asked to join, joined, left, or became a moderator of a group. `state` is the new one."""

    type: ClassVar[str] = "people.membership.changed"
    group: GroupState
    person_id: str
    person_name: str
    state: MemberState
    by_id: str

    def subject(self) -> str:
        return f"group/{self.group.id}"

    def audience(self) -> str:
        return group_audience(self.group.id)


class InvitationChanged(Event):
    """Somebody was invited to a group, or an invitation is over (`is_open`): accepted, declined or taken back."""

    type: ClassVar[str] = "people.invitation.changed"
    invitation_id: str
    group: GroupState
    person_id: str
    by_id: str
    is_open: bool

    def subject(self) -> str:
        return f"invitation/{self.invitation_id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway tells nobody.
        return MEMBERS


class SessionEnded(Event):
    """A session or API token of a person ended, or all of them. The gateway then looks which of their streams may go
    on."""

    type: ClassVar[str] = "people.session.ended"
    person_id: str

    def subject(self) -> str:
        return f"person/{self.person_id}"

    def audience(self) -> str:
        # `members` keeps it off the public exchange; the gateway tells nobody.
        return MEMBERS


class PeopleApi(
    ReportScoresAdministration,
    WritingRulesAdministration,
    TrustApi,
    SiteAdministration,
    Administered,
    RoleHolders,
    TagAdministration,
    GroupMembership,
    ModerationApi,
    SignUpInvitations,
    SignUpRequests,
    ContactApi,
    OwnAccount,
    BlocksApi,
    Exporter,
    ExportsCounted,
    WikiAccountsApi,
    PasskeysApi,
    KeptFormsApi,
    MailRecipients,
    PushRecipients,
    Producer,
    Protocol,
):
    """The calls of the people service."""

    @needs_scope(None)
    def register(self, viewer: Viewer, command: Register) -> SignedIn: ...
    @needs_scope(None)
    def sign_in(self, viewer: Viewer, command: SignIn) -> SignedIn:
        """Raises `Forbidden("sign-in-wrong")` for an unknown name or wrong password, `TooMany` after many attempts, and
        `Forbidden("suspended")`, whose `data` has the `decision` and the `key` to its page."""

    @needs_scope(None)
    def sign_in_with_code(self, viewer: Viewer, command: SignInWithCode) -> SignedIn:
        """Raises `code-wrong`, and `Forbidden("challenge-over")` after ten minutes or a new password."""

    @also_silenced
    def begin_second_factor(self, viewer: Viewer, command: OwnPassword) -> SecondFactorSetup:
        """Make a secret; it counts after `confirm_second_factor`. Raises `Conflict("second-factor-set")`."""

    @also_silenced
    def confirm_second_factor(self, viewer: Viewer, command: EnterCode) -> RecoveryCodes: ...
    @also_silenced
    def remove_second_factor(self, viewer: Viewer, command: OwnPassword) -> None: ...
    @needs_scope(None)
    def sign_out(self, viewer: Viewer, token: str) -> None: ...
    @safe
    def viewer_of_session(self, viewer: Viewer, token: str) -> Viewer | None:
        """The viewer of a browser session's token; None if it is unknown or expired."""

    @safe
    def viewer_of_token(self, viewer: Viewer, token: str) -> Viewer | None: ...
    @needs_scope(None)
    def create_token(self, viewer: Viewer, command: CreateToken) -> NewToken: ...
    @safe
    def tokens(self, viewer: Viewer) -> list[TokenView]: ...
    @also_silenced
    def revoke_token(self, viewer: Viewer, token_id: str) -> None: ...
    @safe
    def me(self, viewer: Viewer) -> Account: ...
    def change_profile(self, viewer: Viewer, command: ChangeProfile) -> Account: ...
    @also_silenced
    def change_password(self, viewer: Viewer, command: ChangePassword) -> SignedIn: ...
    @also_silenced
    def change_email(self, viewer: Viewer, command: ChangeEmail) -> Account: ...
    @also_silenced
    def send_confirmation(self, viewer: Viewer) -> None:
        """Send the link that confirms `Account.new_email` once more. Raises `TooMany`."""

    @safe
    def confirmation(self, viewer: Viewer, token: str) -> AccountLink:
        """What a link confirms. Raises `NotFound("link-over")` where it was used, or its time is over."""

    @needs_scope(None)
    def confirm_email(self, viewer: Viewer, token: str) -> None:
        """Confirm an address by its link, once. Raises `NotFound("link-over")`."""

    @needs_scope(None)
    def ask_reset(self, viewer: Viewer, command: AskReset) -> None:
        """Send links to the confirmed addresses of these accounts, if there are any. The answer never says."""

    @safe
    def reset(self, viewer: Viewer, token: str) -> AccountLink:
        """Whose password a link sets. Raises `NotFound("link-over")`."""

    @needs_scope(None)
    def reset_password(self, viewer: Viewer, command: ResetPassword) -> None:
        """Set a new password by a link, once; all sessions and tokens end. Raises `NotFound("link-over")`."""

    @safe
    def sessions(self, viewer: Viewer, token: str | None) -> list[SessionView]:
        """One's own sessions, last used first; `token` is that of the one that asks."""

    @also_silenced
    def end_session(self, viewer: Viewer, session_id: str) -> None: ...
    @also_silenced
    def end_other_sessions(self, viewer: Viewer, token: str) -> None:
        """End all of one's sessions but that of `token`."""

    @also_silenced
    def end_sessions(self, viewer: Viewer) -> None:
        """End all of one's sessions: sign out everywhere. Tokens go on."""

    @needs_scope("moderate")
    def grant_role(self, viewer: Viewer, name: str, role: Role, held: bool) -> Profile:
        """`change_role` without a reason, for programs."""

    @needs_scope("moderate")
    def change_role(self, viewer: Viewer, name: str, command: ChangeRole) -> Profile:
        """Give or take a role; administrators only."""

    @safe
    def roles_held(self, viewer: Viewer, name: str) -> list[HeldRole]:
        """Somebody's roles for parts of the site, to administrators only; not those in hidden groups."""

    @safe
    def people_found(self, viewer: Viewer, query: PeopleQuery) -> Page[PersonCard]:
        """People by name, to administrators only. The cursor is the id of the previous page's last person."""

    @safe
    def person(self, viewer: Viewer, name: str) -> Profile: ...
    @safe
    @also_from("notify")
    def cards(self, viewer: Viewer, ids: list[str]) -> list[PersonCard]:
        """The cards of up to 1000 people, in any order; unknown ids are left out."""

    @safe
    def cards_by_name(self, viewer: Viewer, names: list[str]) -> list[PersonCard]: ...
    @safe
    def people(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[PersonCard]: ...
    def create_group(self, viewer: Viewer, command: CreateGroup) -> GroupView: ...
    def set_group_text(self, viewer: Viewer, slug: str, command: SetGroupText) -> GroupView: ...
    @safe
    def groups(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[GroupLine]: ...
    @safe
    def archived_groups(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[GroupLine]:
        """The same of those that are archived, which `groups` leaves out."""

    @safe
    def group(self, viewer: Viewer, slug: str) -> GroupView: ...
    @safe
    @also_from("notify")
    def groups_by_id(self, viewer: Viewer, ids: list[str]) -> list[GroupLine]:
        """The groups with these ids that the viewer may know of."""

    @safe
    def members(
        self, viewer: Viewer, slug: str, state: MemberState | None, after: Cursor | None, limit: PageSize
    ) -> Page[Membership]:
        """People of a group by state (None: members and moderators); `requested` for the group's moderators only."""

    def join(self, viewer: Viewer, slug: str) -> GroupView:
        """Join an open group, or ask to join a closed one. Raises `NotFound` for a hidden one."""

    @also_silenced
    def leave(self, viewer: Viewer, slug: str) -> None: ...
    def set_member(
        self, viewer: Viewer, slug: str, name: str, state: Literal["member", "moderator"]
    ) -> Membership:
        """Let in who has asked to join, promote, or make a member again; the group's moderators only. Who has not asked
        is invited, and the state returned is `none`: nobody is put into a group without their yes. Raises as `invite`
        does, but for an invitation that waits already."""

    def remove_member(self, viewer: Viewer, slug: str, name: str) -> None:
        """Refuse a request or remove a member; the group's moderators only. With the viewer's own name: `leave`.

        The last moderator can't be removed.
        """
