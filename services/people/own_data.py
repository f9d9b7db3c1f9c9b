"""What people has of a person, for them to take along. No secret, nor its hash, and not who decided on them."""

from bus.own_data import exporter_of
from core.exporting import Section
from services.people.block_tables import Block
from services.people.case_tables import CaseDecision, CaseReport
from services.people.own_tables import FormerName
from services.people.passkey_tables import Passkey
from services.people.tables import (
    ApiToken,
    BrowserSession,
    Group,
    GroupInvitation,
    Member,
    Person,
    RoleHeld,
    SecondFactor,
)
from services.people.trust_tables import ActiveDay, Trust
from services.people.wiki_tables import WikiAccount

SECTIONS = (
    Section(
        "people/account",
        Person,
        lambda viewer: Person.id == viewer.person_id,
        frozenset({"password_hash", "name_key", "email_key"}),
    ),
    Section(
        "people/former_names",
        FormerName,
        lambda viewer: FormerName.person_id == viewer.person_id,
        frozenset({"name_key"}),
    ),
    Section("people/roles", RoleHeld, lambda viewer: RoleHeld.person_id == viewer.person_id),
    Section(
        "people/sessions",
        BrowserSession,
        lambda viewer: BrowserSession.person_id == viewer.person_id,
        frozenset({"token_hash"}),
    ),
    Section(
        "people/tokens",
        ApiToken,
        lambda viewer: ApiToken.person_id == viewer.person_id,
        frozenset({"token_hash"}),
    ),
    Section(
        "people/second_factor",
        SecondFactor,
        lambda viewer: SecondFactor.person_id == viewer.person_id,
        frozenset({"secret", "last_step"}),
    ),
    Section(
        "people/trust", Trust, lambda viewer: Trust.person_id == viewer.person_id, frozenset({"lost_by"})
    ),
    Section("people/active_days", ActiveDay, lambda viewer: ActiveDay.person_id == viewer.person_id),
    Section(
        "people/passkeys",
        Passkey,
        lambda viewer: Passkey.person_id == viewer.person_id,
        frozenset({"credential_id", "public_key", "sign_count"}),
    ),
    Section("people/wiki_accounts", WikiAccount, lambda viewer: WikiAccount.person_id == viewer.person_id),
    Section("people/blocks", Block, lambda viewer: Block.person_id == viewer.person_id),
    Section("people/memberships", Member, lambda viewer: Member.person_id == viewer.person_id),
    Section(
        "people/invitations",
        GroupInvitation,
        lambda viewer: GroupInvitation.person_id == viewer.person_id,
        frozenset({"by_id"}),
    ),
    Section("people/groups_founded", Group, lambda viewer: Group.founder_id == viewer.person_id),
    Section(
        "people/reports",
        CaseReport,
        lambda viewer: CaseReport.reporter_id == viewer.person_id,
        frozenset({"case_id", "snapshot_id"}),
    ),
    Section(
        "people/decisions_on_you",
        CaseDecision,
        lambda viewer: CaseDecision.subject_id == viewer.person_id,
        frozenset({"by_id", "key", "audience"}),
    ),
)

export_of = exporter_of(SECTIONS)
