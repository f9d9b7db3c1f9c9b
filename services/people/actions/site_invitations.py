"""Invitations to the site: administrators make and revoke codes, and who signs up uses one."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.errors import invalid
from contracts.sign_up_invitations import CreateSignUpInvitation, NewSignUpInvitation, RevokeSignUpInvitation
from core import clock
from core.audience import Viewer
from core.ids import new_id
from services.people import rules
from services.people.invitation_tables import SignedUpBy, SiteInvitation
from services.people.passwords import token_hash
from services.people.queries.site import BY_INVITATION, sign_up_is
from services.people.queries.site_invitations import view
from services.people.tables import Decision
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator, writer
from services.shared.ids import is_id

_BYTES = 15


def create_sign_up_invitation(
    session: Session, viewer: Viewer, command: CreateSignUpInvitation
) -> NewSignUpInvitation:
    """Make a code; it is in the answer and nowhere else. Raises `Forbidden("administrators-only")`."""
    check_administrator(viewer)
    code = secrets.token_urlsafe(_BYTES)
    row = new_invitation(session, viewer, code, command.uses, timedelta(days=command.days), command.reason)
    detail = f"{command.uses} {command.days}"
    session.add(new_decision(Decision, row.by_id, "invitation-created", row.id, detail, command.reason))
    session.flush()
    return NewSignUpInvitation(**view(row).model_dump(), code=code)


def new_invitation(
    session: Session, viewer: Viewer, code: str, uses: int, life: timedelta, reason: str
) -> SiteInvitation:
    """Store an invitation that this code opens."""
    now = clock.now()
    row = SiteInvitation(
        id=new_id(),
        code_hash=token_hash(code),
        by_id=writer(viewer),
        reason=reason,
        created_at=now,
        expires_at=now + life,
        uses=uses,
        used=0,
    )
    session.add(row)
    return row


def revoke_sign_up_invitation(
    session: Session, viewer: Viewer, invitation_id: str, command: RevokeSignUpInvitation
) -> None:
    """Revoke a code; one that is revoked stays so. Raises `Forbidden("administrators-only")`, `NotFound`."""
    check_administrator(viewer)
    row = session.get(SiteInvitation, invitation_id, with_for_update=True) if is_id(invitation_id) else None
    row = rules.known(row)
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        session.add(new_decision(Decision, writer(viewer), "invitation-revoked", row.id, "", command.reason))


def end(session: Session, invitation_id: str) -> None:
    """Let an invitation work no more that nobody wants any longer."""
    row = session.get(SiteInvitation, invitation_id, with_for_update=True)
    if row is not None and row.revoked_at is None:
        row.revoked_at = clock.now()


def use_where_needed(
    session: Session, viewer: Viewer, code: str, person_id: str, accepted_by: str | None = None
) -> None:
    """Count a use by a new person where sign-up is by invitation: of the invitation `accepted_by`, if their request for
    an account was accepted by it, else of the one with this code. Raises `invitation-wrong`."""
    if sign_up_is(session) != BY_INVITATION or rules.unlimited(viewer):
        return
    known = (
        SiteInvitation.id == accepted_by
        if accepted_by
        else SiteInvitation.code_hash == token_hash(code.strip())
    )
    row = session.scalars(select(SiteInvitation).where(known).with_for_update()).first()
    if row is None or not rules.invites(row.used, row.uses, row.expires_at, row.revoked_at):
        raise invalid("invitation", "invitation-wrong")
    row.used += 1
    session.add(SignedUpBy(person_id=person_id, invitation_id=row.id))
    session.flush()
