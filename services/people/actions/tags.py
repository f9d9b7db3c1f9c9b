"""Replaces tags: people logs it and says so, and the services with tagged items carry it out."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.common import Recorded
from contracts.errors import invalid
from contracts.tags import BlogTagReplaced, EventsTagReplaced, ForumTagReplaced, ReplaceTag, TagReplaced
from core import clock, slugs
from core.audience import Viewer
from core.ids import new_id
from core.tag_rows import note_successor
from services.people.actions.roles import acting_administrator
from services.people.tables import Decision
from services.people.tag_tables import FormerTag, TagChangeRow
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator


def replace_tag(session: Session, viewer: Viewer, command: ReplaceTag) -> None:
    """See `contracts.tags.ReplaceTag`."""
    check_administrator(viewer)
    by_id = acting_administrator(session, viewer)
    tag, into = _canonical("tag", command.tag), _canonical("into", command.into) if command.into else None
    if into == tag:
        raise invalid("into", "tag-same")
    # Only one administrator at a time comes so far (`acting_administrator`).
    into = note_successor(session, FormerTag, tag, into)
    change = TagChangeRow(
        id=new_id(), tag=tag, tag_into=into, by_id=by_id, reason=command.reason, at=clock.now(), done={}
    )
    session.add(change)
    action = "tag-removed" if into is None else "tag-replaced"
    session.add(new_decision(Decision, by_id, action, tag, into or "", command.reason))
    session.flush()
    append_event(session, TagReplaced(change_id=change.id, tag=tag, into=into))


def carried_out(
    session: Session, event: BlogTagReplaced | ForumTagReplaced | EventsTagReplaced, recorded: Recorded
) -> None:
    """Note that a service has replaced a tag in its items."""
    row = session.get(TagChangeRow, event.change_id, with_for_update=True)
    if row is not None:
        row.done = {**row.done, event.owner: event.items}


def _canonical(field: str, typed: str) -> str:
    try:
        return slugs.tag(typed)
    except ValueError:
        raise invalid(field, "tag-shape", tag=typed) from None
