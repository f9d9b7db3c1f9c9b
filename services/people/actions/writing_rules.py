"""Sets the rules for writing, by versions."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import NotFound, invalid
from contracts.writing_rules import (
    MOST_TERMS,
    AddTerm,
    BlockedTerm,
    RemoveTerm,
    SetNewcomerLimits,
    WritingRulesChanged,
)
from core.audience import Viewer
from services.people.actions.site import add_version
from services.people.queries import trust as queries
from services.people.queries.site import current_version
from services.people.tables import Decision
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator
from services.shared.term_preview import check_term


def set_newcomer_limits(session: Session, viewer: Viewer, command: SetNewcomerLimits) -> None:
    """Set the limits of new people. Raises `Forbidden("administrators-only")`, `Conflict("edit-conflict")`."""
    check_administrator(viewer)
    text = command.limits.model_dump_json()
    if add_version(session, viewer, queries.LIMITS, "", text, command.revision):
        _changed(session, viewer, "limits-set", "", command.reason)


def add_term(session: Session, viewer: Viewer, command: AddTerm) -> None:
    """Block a term, or give a blocked one another action. Raises `Forbidden("administrators-only")`, `term-empty`,
    `term-spaces`, `terms-many`, `Conflict("edit-conflict")` if another administrator was faster."""
    check_administrator(viewer)
    check_term(command.text)
    others = [each for each in queries.terms(session) if each.text.casefold() != command.text.casefold()]
    if len(others) >= MOST_TERMS:
        raise invalid("text", "terms-many", most=MOST_TERMS)
    new = BlockedTerm(text=command.text, action=command.action)
    if _set_terms(session, viewer, [*others, new]):
        _changed(session, viewer, f"term-{command.action}", command.text, command.reason)


def remove_term(session: Session, viewer: Viewer, command: RemoveTerm) -> None:
    """Block a term no more. Raises `Forbidden("administrators-only")`, `NotFound`, `Conflict("edit-conflict")`."""
    check_administrator(viewer)
    before = queries.terms(session)
    others = [each for each in before if each.text != command.text]
    if len(others) == len(before):
        raise NotFound()
    if _set_terms(session, viewer, others):
        _changed(session, viewer, "term-removed", command.text, command.reason)


def _set_terms(session: Session, viewer: Viewer, terms: list[BlockedTerm]) -> bool:
    newest = current_version(session, queries.TERMS, "")
    ordered = sorted(terms, key=lambda each: each.text.casefold())
    text = queries.TERM_LIST.dump_json(ordered).decode()
    return add_version(session, viewer, queries.TERMS, "", text, newest.revision if newest else 0)


def _changed(session: Session, viewer: Viewer, action: str, detail: str, reason: str) -> None:
    append_event(session, WritingRulesChanged(rules=queries.current_rules(session)))
    session.add(new_decision(Decision, viewer.person_id, action, "writing-rules", detail, reason))
