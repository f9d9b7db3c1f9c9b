"""The text of a held item that a moderator has read, which its author may have changed since."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import Conflict
from contracts.held import HeldApproved
from core.audience import Viewer, group_of
from services.people import rules
from services.people.case_tables import Case, Snapshot
from services.people.tables import Member
from services.shared.authorisation import signed_in


def check_read(session: Session, case: Case, revision: int | None) -> None:
    """Raise `Conflict("held-changed")` for a held item that says something else than what the moderator has read."""
    newest = select(Snapshot.revision).where(Snapshot.case_id == case.id)
    newest = newest.order_by(Snapshot.taken_at.desc(), Snapshot.id.desc()).limit(1)
    if case.held and session.scalar(newest) != revision:
        raise Conflict("held-changed")


def let_through(session: Session, case: Case, viewer: Viewer, revision: int | None) -> None:
    """Publish that this text of a held item may appear. Raises `Conflict("held-author-left")`."""
    if case.held and revision is not None:
        if author_left(session, case):
            raise Conflict("held-author-left")
        session.flush()
        approved = HeldApproved(held_id=case.item_id, revision=revision, by_id=signed_in(viewer))
        append_event(session, approved)


def author_left(session: Session, case: Case) -> bool:
    """Whether a held item's author is no longer in the group that it waits in. Whoever is stays until the transaction
    ends."""
    group = group_of(case.item_audience)
    if not case.held or group is None:
        return False
    here = (Member.group_id == group, Member.person_id == case.subject_id, Member.state.in_(rules.INSIDE))
    wanted = select(Member.person_id).where(*here).with_for_update(read=True)
    return session.scalar(wanted) is None
