"""Requests for an account on a site where only the invited sign up, by people with a wiki account.

An administrator who accepts one makes an invitation for one person, whom their wiki account proves in place of a code.
"""

from __future__ import annotations

import secrets

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bus.mail.delivery import Mailer, RecipientRefused
from bus.outbox.tasks import enqueue
from contracts.errors import Conflict, Forbidden, NotFound
from contracts.sign_up_requests import AnswerSignUpRequest, AskForAccount, OwnSignUpRequest
from contracts.wiki_accounts import WikiIdentity
from core import clock
from core.audience import Viewer
from core.ids import new_id
from services.people import access_rules, queries, rules, wiki_rules
from services.people.actions import site_invitations, tries
from services.people.invitation_tables import SignUpRequest
from services.people.queries.sign_up_requests import own_view, request_of, state_of
from services.people.queries.site import CLOSED
from services.people.tables import Decision
from services.people.tasks import SendSignUpAnswer
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator, writer
from services.shared.ids import is_id

_BYTES = 15


def ask_for_account(session: Session, viewer: Viewer, command: AskForAccount) -> OwnSignUpRequest:
    """Ask for an account, once. Raises as `contracts.sign_up_requests.AskForAccount` says."""
    email = access_rules.checked_email(command.email)
    if queries.sign_up_is(session) == CLOSED:
        raise Forbidden("sign-up-closed")
    if queries.linked(session, command.identity) is not None:
        raise wiki_rules.taken()
    present = session.scalars(request_of(command.identity).with_for_update()).first()
    if (found := own_view(session, present)) is not None:
        if found.state == "declined":
            raise Conflict("sign-up-declined")
        return found
    if present is not None:
        session.delete(present)
        session.flush()
    tries.count_sign_up_request(session)
    now = clock.now()
    row = SignUpRequest(
        id=new_id(),
        wiki=command.identity.wiki,
        central_id=command.identity.central_id,
        username=command.identity.username,
        words=command.words,
        email=email,
        language=rules.checked_language(command.language, "language"),
        asked_at=now,
        expires_at=now + rules.REQUESTS_KEPT,
        answer="",
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # asked twice at the same moment: the other one stands
        row = session.scalars(request_of(command.identity)).one()
    return rules.known(own_view(session, row))


def withdraw_sign_up_request(session: Session, viewer: Viewer, identity: WikiIdentity) -> None:
    """Delete one's request, unless it was declined. Does nothing where there is none."""
    row = session.scalars(request_of(identity).with_for_update()).first()
    if row is None or state_of(session, row) == "declined":
        return
    if row.invitation_id is not None:
        site_invitations.end(session, row.invitation_id)
    session.delete(row)
    session.flush()


def answer_sign_up_request(
    session: Session, viewer: Viewer, request_id: str, command: AnswerSignUpRequest
) -> None:
    """Accept or decline, and mail it to who gave an address. Raises `Forbidden("administrators-only")`, `NotFound`."""
    check_administrator(viewer)
    row = session.get(SignUpRequest, request_id, with_for_update=True) if is_id(request_id) else None
    row = rules.known(row)
    if state_of(session, row) != "waiting":
        raise NotFound()
    by_id, now = writer(viewer), clock.now()
    row.answered_at, row.answer, row.expires_at = now, command.reason, now + rules.REQUESTS_KEPT
    if row.email is not None:
        _mail(session, row, row.email, command)
    if command.accepted:
        made = site_invitations.new_invitation(
            session, viewer, secrets.token_urlsafe(_BYTES), 1, rules.REQUESTS_KEPT, command.reason
        )
        session.flush()
        row.invitation_id = made.id
    else:
        row.username, row.words, row.email = None, "", None
    action = "sign-up-accepted" if command.accepted else "sign-up-declined"
    session.add(new_decision(Decision, by_id, action, row.id, "", command.reason))
    session.flush()


def use_request(session: Session, identity: WikiIdentity) -> tuple[str | None, str | None]:
    """Delete the request of who gets an account now. Returns the invitation by which it was accepted, and the address,
    each None where there is none."""
    row = session.scalars(request_of(identity).with_for_update()).first()
    if row is None:
        return None, None
    invitation_id = row.invitation_id if state_of(session, row) == "accepted" else None
    found = invitation_id, row.email
    session.delete(row)
    session.flush()
    return found


def purge_requests(session: Session) -> None:
    """Delete those that are over."""
    session.execute(delete(SignUpRequest).where(SignUpRequest.expires_at <= clock.now()))


def send_answer(mailer: Mailer, task: SendSignUpAnswer, key: str) -> None:
    """Mail an answer."""
    params = {"name": task.answer, "path": "/sign-in/wiki" if task.accepted else "", "site": task.site}
    template = "sign-up-accepted" if task.accepted else "sign-up-declined"
    try:
        mailer.send(template, task.language, params, task.email, key, task.answered_at)
    except RecipientRefused:
        # Nothing for an operator to mend: they read the answer where they sign in.
        return


def _mail(session: Session, row: SignUpRequest, email: str, command: AnswerSignUpRequest) -> None:
    site = queries.current_version(session, "name", "")
    task = SendSignUpAnswer(
        id=row.id,
        accepted=command.accepted,
        answer=command.reason,
        email=email,
        language=row.language,
        site=site.text if site else "",
        answered_at=clock.now(),
    )
    enqueue(session, task)
