"""Reads for administrators: people by name and role, and the log of decisions."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from contracts.administration import LogEntry, PeopleQuery
from contracts.common import Cursor, Page, PageSize
from contracts.people import PersonCard
from core.audience import Viewer
from core.decisions import decisions
from core.names import name_key
from services.people import rules
from services.people.queries.people import page_by_name
from services.people.tables import Decision, DisplayLookAlike, Person, RoleHeld
from services.shared.administration import log_page
from services.shared.authorisation import check_reads_administration
from services.shared.cursors import position


def people_found(session: Session, viewer: Viewer, query: PeopleQuery) -> Page[PersonCard]:
    """People by name. Raises `Forbidden("administrators-only")`, `cursor-shape`."""
    check_reads_administration(viewer)
    wanted = select(Person)
    if query.text:
        wanted = wanted.where(_named_like(query.text))
    if query.holding is not None:
        holders = select(RoleHeld.person_id)
        if query.holding != "any":
            holders = holders.where(RoleHeld.role == query.holding)
        wanted = wanted.where(Person.id.in_(holders))
    return page_by_name(session, wanted, query.after, query.limit)


def administration_log(
    session: Session, viewer: Viewer, item: str | None, after: Cursor | None, limit: PageSize
) -> Page[LogEntry]:
    """Decisions about people and the site, newest first. Raises as `people_found` does."""
    check_reads_administration(viewer)
    return log_page(decisions(session, Decision, item, position(after), limit), limit)


def _named_like(text: str) -> ColumnElement[bool]:
    """Whether a name has the text in it, or the display name has what looks like it."""
    keys = rules.look_alike_keys(text)
    displayed = select(DisplayLookAlike.person_id).where(
        or_(False, *(DisplayLookAlike.key.contains(key, autoescape=True) for key in sorted(keys)))
    )
    return or_(Person.name_key.contains(name_key(text), autoescape=True), Person.id.in_(displayed))
