"""Reads of who is new, and of the rules for writing."""

from __future__ import annotations

from typing import Literal, cast

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts.trust import TrustGiven, TrustView
from contracts.writing_rules import BlockedTerm, NewcomerLimits, RulesVersion, WritingRules, WritingRulesView
from core.audience import Viewer
from services.people import rules
from services.people.queries.groups import person_named
from services.people.queries.site import REVISIONS, current_version, versions
from services.people.queries.wiki_accounts import wiki_account_of
from services.people.trust_tables import ActiveDay, Trust
from services.shared.authorisation import check_reads_administration, signed_in

LIMITS, TERMS = "limits", "terms"
"""The kinds of the versions of both parts of the rules; their text is JSON."""

TERM_LIST = TypeAdapter(list[BlockedTerm])


def is_new(session: Session, person_id: str) -> bool:
    """Whether a person is new: as administrators said, else as they earned it, here or on their wiki."""
    row = session.get(Trust, person_id)
    if row is not None and row.given != "earned":
        return row.given == "new"
    if row is not None and (row.member_since is not None or row.lost_by is not None):
        return row.member_since is None
    account = wiki_account_of(session, person_id)
    return account is None or not account.trusted_from_wiki


def trust(session: Session, viewer: Viewer, name: str) -> TrustView:
    """How far the viewer is, or for administrators anybody. Raises `Forbidden("administrators-only")`, `NotFound`."""
    own_id = signed_in(viewer)
    person = person_named(session, name)
    if person is None or person.id != own_id:
        check_reads_administration(viewer)
    return view(session, rules.known(person).id)


def view(session: Session, person_id: str) -> TrustView:
    """How far a person is."""
    row = session.get(Trust, person_id)
    wanted = limits(session)
    days = session.scalar(select(func.count()).select_from(ActiveDay).where(ActiveDay.person_id == person_id))
    return TrustView(
        member=not is_new(session, person_id),
        given=cast(TrustGiven, row.given if row else "earned"),
        days=days or 0,
        items=max(row.items, 0) if row else 0,
        of_days=wanted.member_days,
        of_items=wanted.member_items,
    )


def limits(session: Session) -> NewcomerLimits:
    """The limits of new people as they are now."""
    newest = current_version(session, LIMITS, "")
    return NewcomerLimits.model_validate_json(newest.text) if newest and newest.text else NewcomerLimits()


def terms(session: Session) -> list[BlockedTerm]:
    """The blocked terms as they are now."""
    newest = current_version(session, TERMS, "")
    return TERM_LIST.validate_json(newest.text) if newest and newest.text else []


def current_rules(session: Session) -> WritingRules:
    """The rules, for the services that people write to."""
    return WritingRules(limits=limits(session), terms=terms(session))


def writing_rules(session: Session, viewer: Viewer) -> WritingRulesView:
    """The rules. Raises `Forbidden("administrators-only")`."""
    check_reads_administration(viewer)
    ends = {kind: current_version(session, kind, "") for kind in (LIMITS, TERMS)}
    revisions = {f"{kind}_revision": newest.revision if newest else 0 for kind, newest in ends.items()}
    return WritingRulesView(**current_rules(session).model_dump(), **revisions)


def writing_rules_versions(
    session: Session, viewer: Viewer, part: Literal["limits", "terms"]
) -> list[RulesVersion]:
    """The newest versions of a part, the newest first, with what each changed of the terms."""
    check_reads_administration(viewer)
    rows = session.scalars(versions(part, "").limit(REVISIONS + 1)).all()
    found = []
    for place, row in enumerate(rows[:REVISIONS]):
        after: list[BlockedTerm] = []
        before: list[BlockedTerm] = []
        if part == TERMS:
            after = TERM_LIST.validate_json(row.text or "[]")
            before = TERM_LIST.validate_json(rows[place + 1].text or "[]") if place + 1 < len(rows) else []
        found.append(
            RulesVersion(
                revision=row.revision,
                by_id=row.by_id,
                at=row.at,
                added=[each for each in after if each not in before],
                removed=[each for each in before if each not in after],
            )
        )
    return found
