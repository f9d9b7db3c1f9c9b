"""Reads of invitations to the site, for administrators."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.common import Cursor, Page, PageSize
from contracts.sign_up_invitations import Invitee, SignUpInvitation
from core import paging
from core.audience import Viewer
from services.people import rules
from services.people.invitation_tables import SignedUpBy, SiteInvitation
from services.people.queries.groups import person_named
from services.shared.authorisation import check_reads_administration
from services.shared.cursors import position
from services.shared.views import view_of


def view(row: SiteInvitation) -> SignUpInvitation:
    """An invitation without its code."""
    is_open = rules.invites(row.used, row.uses, row.expires_at, row.revoked_at)
    return view_of(SignUpInvitation, row, is_open=is_open)


def sign_up_invitations(
    session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize
) -> Page[SignUpInvitation]:
    """All of them, the newest first. Raises `Forbidden("administrators-only")`, `cursor-shape`."""
    check_reads_administration(viewer)
    wanted = select(SiteInvitation)
    page = paging.newest_first(wanted, SiteInvitation.created_at, SiteInvitation.id, position(after), limit)
    rows = session.scalars(page).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        items=[view(row) for row in rows[:limit]],
        next=paging.cursor(last.created_at, last.id) if last else None,
    )


def invited_by(session: Session, viewer: Viewer, name: str) -> Invitee:
    """Who invited somebody. Raises `Forbidden("administrators-only")`, `NotFound`."""
    check_reads_administration(viewer)
    person = rules.known(person_named(session, name))
    wanted = (
        select(SiteInvitation.by_id)
        .join(SignedUpBy, SignedUpBy.invitation_id == SiteInvitation.id)
        .where(SignedUpBy.person_id == person.id)
    )
    return Invitee(by_id=session.scalar(wanted))
