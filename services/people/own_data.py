"""What people has of a person, for them to take along. No secret, nor its hash, and not who decided on them."""

from sqlalchemy import ColumnElement

from bus.own_data import exporter_of
from core.audience import Viewer
from core.exporting import Section, owned_by
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


def _own_invitations(viewer: Viewer) -> ColumnElement[bool]:
    """Not those by people whom the viewer has blocked: they have not got them."""
    return (GroupInvitation.person_id == viewer.person_id) & GroupInvitation.withheld.is_(False)


SECTIONS = (
    owned_by("people/account", Person.id, "password_hash", "name_key", "email_key"),
    owned_by("people/former_names", FormerName.person_id, "name_key"),
    owned_by("people/roles", RoleHeld.person_id),
    owned_by("people/sessions", BrowserSession.person_id, "token_hash"),
    owned_by("people/tokens", ApiToken.person_id, "token_hash"),
    owned_by("people/second_factor", SecondFactor.person_id, "secret", "last_step"),
    owned_by("people/trust", Trust.person_id, "lost_by"),
    owned_by("people/active_days", ActiveDay.person_id),
    owned_by("people/passkeys", Passkey.person_id, "credential_id", "public_key", "sign_count"),
    owned_by("people/wiki_accounts", WikiAccount.person_id),
    owned_by("people/blocks", Block.person_id),
    owned_by("people/memberships", Member.person_id),
    Section("people/invitations", GroupInvitation, _own_invitations, frozenset({"by_id", "withheld"})),
    owned_by("people/groups_founded", Group.founder_id),
    owned_by("people/reports", CaseReport.reporter_id, "case_id", "snapshot_id"),
    owned_by("people/decisions_on_you", CaseDecision.subject_id, "by_id", "key", "audience"),
)

export_of = exporter_of(SECTIONS)
