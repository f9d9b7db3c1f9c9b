"""Keeps who is new: from what people write, from decisions of moderators, and as administrators say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import cast

from sqlalchemy import Table, bindparam, delete, func, select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.moderation import Measure
from contracts.trust import SetTrust, TrustChanged, TrustView
from core import clock
from core.audience import Viewer
from core.database import insert_or_ignore
from services.people.actions.names import locked_by_name
from services.people.queries import trust as queries
from services.people.tables import Decision, Person
from services.people.trust_tables import ActiveDay, Trust
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator

RESTARTING: frozenset[Measure] = frozenset({"hide", "warning", "silence", "suspension"})
"""The measures after which a new person begins anew."""

DEMOTING: frozenset[Measure] = frozenset({"silence", "suspension"})
"""Those after which a member is new again."""


# Run for each batch of posts: most people who write are members, of whom nothing is counted.
_NOT_MEMBERS = (
    select(Person.id)
    .outerjoin(Trust, Trust.person_id == Person.id)
    .where(Person.id.in_(bindparam("people", expanding=True)), Trust.member_since.is_(None))
)


def begin(session: Session, person_id: str, *, member: bool) -> None:
    """Begin with a person who has signed up; a `member` is not new, such as one of an import."""
    since = clock.now() if member else None
    session.add(Trust(person_id=person_id, given="earned", member_since=since, items=0))
    session.flush()


def contributed(session: Session, written: Sequence[tuple[str, date]]) -> None:
    """Count items of these people, written on these days, of those who are new."""
    counted: dict[str, list[date]] = defaultdict(list)
    for person_id, day in written:
        counted[person_id].append(day)
    for row in _new_ones(session, counted):
        row.items += len(counted[row.person_id])
        days = [{"person_id": row.person_id, "day": day} for day in sorted(set(counted[row.person_id]))]
        insert_or_ignore(session, cast(Table, ActiveDay.__table__), days)
        session.flush()
        _evaluate(session, row)


def removed(session: Session, person_id: str, items: int = 1) -> None:
    """An item of a new person did not stand: somebody else deleted it; or with -1, it stands again."""
    for row in _new_ones(session, [person_id]):
        row.items -= items
        session.flush()
        _evaluate(session, row)


def sanctioned(session: Session, person_id: str, decision_id: str, measures: Iterable[Measure]) -> None:
    """Moderators decided on what somebody did: who is new begins anew, and after a hard measure a member is new."""
    taken = set(measures)
    if not RESTARTING & taken:
        return
    _insert(session, [person_id])
    (trust,) = _locked(session, [person_id])
    if not queries.is_new(session, person_id) and DEMOTING & taken:
        trust.member_before, trust.member_since, trust.lost_by = trust.member_since, None, decision_id
        _publish(session, trust)
    if trust.member_since is None:
        trust.items = 0
        session.execute(delete(ActiveDay).where(ActiveDay.person_id == person_id))
        session.flush()


def overturned(session: Session, person_id: str, decision_id: str) -> None:
    """A decision that made a member new is overturned."""
    for row in _locked(session, [person_id]):
        if row.lost_by == decision_id:
            row.member_since, row.member_before, row.lost_by = row.member_before, None, None
            _publish(session, row)


def set_trust(session: Session, viewer: Viewer, name: str, command: SetTrust) -> TrustView:
    """Say that somebody is a member or new. Raises `Forbidden("administrators-only")`, `NotFound`."""
    check_administrator(viewer)
    person = locked_by_name(session, name)
    _insert(session, [person.id])
    (row,) = _locked(session, [person.id])
    if row.given != command.given:
        row.given = command.given
        session.flush()
        _publish(session, row)
        action = f"trust-{command.given}"
        session.add(new_decision(Decision, viewer.person_id, action, person.id, "", command.reason))
        session.flush()
    return queries.view(session, person.id)


def _new_ones(session: Session, person_ids: Iterable[str]) -> list[Trust]:
    """The rows of those of these people who are new, locked in one order."""
    wanted = sorted(session.scalars(_NOT_MEMBERS, {"people": list(person_ids)}))
    if not wanted:
        return []
    _insert(session, wanted)
    return [row for row in _locked(session, wanted) if row.member_since is None]


def _insert(session: Session, person_ids: Sequence[str]) -> None:
    rows = [{"person_id": one, "given": "earned", "items": 0} for one in person_ids]
    insert_or_ignore(session, cast(Table, Trust.__table__), rows)


def _locked(session: Session, person_ids: Sequence[str]) -> list[Trust]:
    if not person_ids:
        return []
    wanted = select(Trust).where(Trust.person_id.in_(person_ids)).order_by(Trust.person_id)
    return list(session.scalars(wanted.with_for_update().execution_options(populate_existing=True)))


def _evaluate(session: Session, row: Trust) -> None:
    """Make a new person a member if they have done enough."""
    limits = queries.limits(session)
    days = session.scalar(
        select(func.count()).select_from(ActiveDay).where(ActiveDay.person_id == row.person_id)
    )
    if row.items < limits.member_items or (days or 0) < limits.member_days:
        return
    row.member_since = clock.now()
    session.execute(delete(ActiveDay).where(ActiveDay.person_id == row.person_id))
    session.flush()
    _publish(session, row)


def _publish(session: Session, row: Trust) -> None:
    session.flush()
    publish(session, row.person_id)


def publish(session: Session, person_id: str) -> None:
    """Append the event that says whether a person is new now."""
    append_event(session, TrustChanged(person_id=person_id, member=not queries.is_new(session, person_id)))
