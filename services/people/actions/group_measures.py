"""Carries out moderators' decisions on groups, and undoes them."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core import clock
from services.people.actions.descriptions import render_group
from services.people.actions.groups import append_group_changed
from services.people.case_tables import CaseDecision, HiddenWords
from services.people.tables import Group, Member


def carry_out(session: Session, decision: CaseDecision) -> None:
    """Hide a group's descriptions, and archive it. One that is archived already stays so by its own moderators."""
    group = _locked(session, decision)
    if group is None:
        return
    if "hide" in decision.measures:
        for words in group.texts:
            if words.about:
                hidden = HiddenWords(decision_id=decision.id, language=words.language, about=words.about)
                session.add(hidden)
                words.about = ""
                render_group(words)
    if "close" in decision.measures and group.archived_at is None:
        group.archived_at, group.archived_by = clock.now(), decision.id
    session.flush()
    append_group_changed(session, group, rights_changed=True)


def undo(session: Session, decision: CaseDecision) -> None:
    """Show the descriptions again that were not written anew since, and take the group up again if this decision
    archived it."""
    group = _locked(session, decision)
    if group is None:
        return
    hidden = session.scalars(select(HiddenWords).where(HiddenWords.decision_id == decision.id))
    by_language = {row.language: row.about for row in hidden}
    for words in group.texts:
        if not words.about and words.language in by_language:
            words.about = by_language[words.language]
            render_group(words)
    session.execute(delete(HiddenWords).where(HiddenWords.decision_id == decision.id))
    if group.archived_by == decision.id:
        group.archived_at = group.archived_by = None
    session.flush()
    append_group_changed(session, group, rights_changed=True)


def moderators(session: Session, group_id: str) -> list[str]:
    """The ids of a group's moderators: those whom a decision on it concerns."""
    wanted = select(Member.person_id).where(Member.group_id == group_id, Member.state == "moderator")
    return list(session.scalars(wanted.order_by(Member.person_id)))


def _locked(session: Session, decision: CaseDecision) -> Group | None:
    wanted = select(Group).where(Group.id == decision.item_id).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))
