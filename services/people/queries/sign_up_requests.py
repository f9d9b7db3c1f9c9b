"""Reads of requests for an account: for who asked, and those that wait for administrators."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from contracts.common import Cursor, Page, PageSize
from contracts.sign_up_requests import OwnSignUpRequest, RequestState
from contracts.sign_up_requests import SignUpRequest as RequestView
from contracts.wiki_accounts import WikiIdentity
from core import clock, paging
from core.audience import Viewer
from services.people import rules
from services.people.invitation_tables import SignUpRequest, SiteInvitation
from services.shared.authorisation import check_reads_administration
from services.shared.cursors import position
from services.shared.views import view_of


def request_of(identity: WikiIdentity) -> Select[SignUpRequest]:
    """The statement that finds the request of a wiki account, also one that is over."""
    return select(SignUpRequest).where(
        SignUpRequest.wiki == identity.wiki, SignUpRequest.central_id == identity.central_id
    )


def state_of(session: Session, row: SignUpRequest | None) -> RequestState | None:
    """What has become of a request; None of one that is over, or whose invitation was used or revoked."""
    if row is None or row.expires_at <= clock.now():
        return None
    if row.invitation_id is not None:
        invitation = session.get(SiteInvitation, row.invitation_id)
        works = invitation is not None and rules.invites(
            invitation.used, invitation.uses, invitation.expires_at, invitation.revoked_at
        )
        return "accepted" if works else None
    return "waiting" if row.answered_at is None else "declined"


def own_view(session: Session, row: SignUpRequest | None) -> OwnSignUpRequest | None:
    """A request as who asked sees it; None of one that is over."""
    state = state_of(session, row)
    return view_of(OwnSignUpRequest, row, state=state) if row is not None and state is not None else None


def own_sign_up_request(session: Session, viewer: Viewer, identity: WikiIdentity) -> OwnSignUpRequest | None:
    """The request of a wiki account."""
    return own_view(session, session.scalars(request_of(identity)).first())


def sign_up_requests(
    session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize
) -> Page[RequestView]:
    """Those that wait, the newest first. Raises `Forbidden("administrators-only")`, `cursor-shape`."""
    check_reads_administration(viewer)
    wanted = select(SignUpRequest).where(
        SignUpRequest.answered_at.is_(None), SignUpRequest.expires_at > clock.now()
    )
    page = paging.newest_first(wanted, SignUpRequest.asked_at, SignUpRequest.id, position(after), limit)
    rows = session.scalars(page).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        items=[view_of(RequestView, row, has_email=row.email is not None) for row in rows[:limit]],
        next=paging.cursor(last.asked_at, last.id) if last else None,
    )
