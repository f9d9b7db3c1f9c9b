"""Messages to the moderators on their side: showing what is held, answering, closing, and purging."""

from __future__ import annotations

from datetime import UTC, datetime, time

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.contact import AnswerContact, ContactWaits
from contracts.errors import Conflict
from core.audience import PUBLIC, Viewer
from core.ids import new_id
from services.people import case_rules, contact_rules
from services.people.actions.cases import close, note
from services.people.actions.contact import today
from services.people.case_tables import Case, CaseEntry
from services.people.contact_tables import Contact, ContactWords
from services.people.queries import cases as case_queries
from services.people.queries import handlers
from services.people.queries.contact import KIND
from services.shared.authorisation import signed_in


def deliver(session: Session) -> None:
    """Let moderators see what is held: of open conversations all, of others as many as may be shown."""
    waiting = select(func.count(Case.id)).where(Case.kind == KIND, Case.closed_at.is_(None))
    free = contact_rules.SHOWN - (session.scalar(waiting) or 0)
    first = func.min(ContactWords.id)
    held = select(ContactWords.lookup).where(ContactWords.held).group_by(ContactWords.lookup).order_by(first)
    for lookup in session.scalars(held).all():
        contact = session.get_one(Contact, lookup, with_for_update=True, populate_existing=True)
        case = session.get(Case, contact.case_id or "", with_for_update=True, populate_existing=True)
        is_open = case is not None and case.closed_at is None
        if not is_open and free <= 0:
            continue
        free -= not is_open
        _show(session, contact, case)


def _show(session: Session, contact: Contact, case: Case | None) -> None:
    held = update(ContactWords).where(ContactWords.lookup == contact.lookup, ContactWords.held)
    if not session.scalars(held.values(held=False).returning(ContactWords.id)).all():
        return  # another process has just shown them
    if case is None:
        case = _new_case()
        session.add(case)
        session.flush()
        contact.case_id = case.id
    elif case.closed_at is not None:
        case.closed_at, case.open_key = None, f"{KIND}/{case.id}"
        case.claimed_by = case.claimed_at = None
        case.opened_at = _moment()
    elif not case_rules.is_claimed(case.claimed_at):
        return  # the moderators know of it
    session.flush()
    claimed = [case.claimed_by] if case.claimed_by else handlers.handler_ids(session, case, None)
    append_event(session, ContactWaits(case_id=case.id, person_ids=claimed))


def _new_case() -> Case:
    id = new_id(_moment())  # an id tells its time
    return Case(
        id=id,
        kind=KIND,
        item_id=id,
        path="",
        title="",
        language="",
        audience=PUBLIC,
        item_audience=PUBLIC,
        subject_id=None,
        open_key=f"{KIND}/{id}",
        reports=0,
        opened_at=_moment(),
    )


def _moment() -> datetime:
    """The beginning of today."""
    return datetime.combine(today(), time(), UTC)


def answer_contact(session: Session, viewer: Viewer, case_id: str, command: AnswerContact) -> None:
    """Answer a claimed message."""
    case, contact = _claimed(session, viewer, case_id)
    contact.last_on = today()
    words = ContactWords(
        lookup=contact.lookup, day=contact.last_on, words=command.words, by_id=signed_in(viewer), held=False
    )
    session.add(words)
    note(session, case, "answered", viewer.person_id)
    session.flush()


def close_contact(session: Session, viewer: Viewer, case_id: str) -> None:
    """Close a claimed message, with or without an answer."""
    case, _ = _claimed(session, viewer, case_id)
    close(session, case)
    note(session, case, "closed", viewer.person_id)
    session.flush()


def _claimed(session: Session, viewer: Viewer, case_id: str) -> tuple[Case, Contact]:
    """The case and its conversation, both locked, in the order in which `deliver` does."""
    wanted = select(Contact).where(Contact.case_id == case_id).with_for_update()
    contact = session.scalar(wanted.execution_options(populate_existing=True))
    case = case_queries.handled_case(session, viewer, case_id, lock=True)
    if contact is None:
        raise Conflict("case-is-no-message")
    case_rules.check_claimer(viewer, case.closed_at, case.claimed_by)
    return case, contact


def purge_contacts(session: Session) -> None:
    """Delete conversations with all that belongs to them, so long after their last word as `contact_rules` says."""
    over = (
        select(Contact)
        .where(Contact.last_on <= today() - contact_rules.KEPT)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(over).all()
    lookups, cases = [row.lookup for row in rows], [row.case_id for row in rows if row.case_id]
    session.execute(delete(ContactWords).where(ContactWords.lookup.in_(lookups)))
    session.execute(delete(Contact).where(Contact.lookup.in_(lookups)))
    session.execute(delete(CaseEntry).where(CaseEntry.case_id.in_(cases)))
    session.execute(delete(Case).where(Case.id.in_(cases)))
