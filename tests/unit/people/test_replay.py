"""What the events say, taken together, is the state: whoever handles them all knows who is in which group."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.read import events_after
from contracts.errors import SpaceError
from contracts.people import (
    ChangeProfile,
    CreateGroup,
    GroupChanged,
    GroupState,
    MembershipChanged,
    PersonChanged,
    PersonState,
    Register,
    SetGroupText,
)
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries, views
from services.people.actions import invitations
from services.people.tables import Group, Member, Person

NAMES = ("sam", "noa", "uli")
SLUGS = ("photo", "board", "secret")
STEP = st.tuples(
    st.sampled_from(
        ["join", "leave", "member", "accept", "moderator", "remove", "text", "profile", "display", "role"]
    ),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.sampled_from(SLUGS),
)


class UndoError(Exception):
    """Ends a savepoint without a trace."""


@pytest.mark.slow
@given(steps=st.lists(STEP, max_size=25))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_events_are_the_state(database: Database, steps: list[tuple[str, str, str, str]]) -> None:
    with suppress(UndoError), database.writing() as session:
        viewers = {name: _register(session, name) for name in NAMES}
        for slug, kind in zip(SLUGS, ("open", "closed", "hidden"), strict=True):
            command = CreateGroup(slug=slug, kind=kind, language="en", name=f"The {slug}")
            actions.create_group(session, viewers["sam"], command)
        actions.make_administrator(session, "sam")
        for what, who, whom, slug in steps:
            with suppress(SpaceError), session.begin_nested():
                _step(session, viewers[who], what, whom, slug)
        _compare(session)
        raise UndoError


def _register(session: Session, name: str) -> Viewer:
    command = Register(name=name, password=SecretStr("correct horse"))
    return actions.register(session, STRANGER, command, password_hash="").viewer


def _step(session: Session, viewer: Viewer, what: str, whom: str, slug: str) -> None:
    boss = viewer.model_copy(update={"roles": frozenset({"administrator"})})
    steps: dict[str, Callable[[], object]] = {
        "join": lambda: actions.join(session, viewer, slug),
        "leave": lambda: actions.leave(session, viewer, slug),
        "member": lambda: actions.set_member(session, viewer, slug, whom, "member"),
        "accept": lambda: invitations.answer_invitation(session, viewer, slug, True),
        "moderator": lambda: actions.set_member(session, viewer, slug, whom, "moderator"),
        "remove": lambda: actions.remove_member(session, viewer, slug, whom),
        "text": lambda: actions.set_group_text(session, viewer, slug, SetGroupText(language="de", name=whom)),
        "profile": lambda: actions.change_profile(session, viewer, ChangeProfile(about=whom)),
        "display": lambda: actions.change_profile(
            session, viewer, ChangeProfile(display_name="" if slug == "board" else whom.title())
        ),
        "role": lambda: actions.grant_role(session, boss, whom, "editor", slug == "photo"),
    }
    steps[what]()


def _compare(session: Session) -> None:
    people: dict[str, PersonState] = {}
    groups: dict[str, GroupState] = {}
    members: dict[tuple[str, str], str] = {}
    for recorded in events_after(session, "people", 0, 1000):
        if recorded.type == PersonChanged.type:
            person = PersonChanged.model_validate(recorded.data).person
            people[person.id] = person
        elif recorded.type == GroupChanged.type:
            group = GroupChanged.model_validate(recorded.data).group
            groups[group.id] = group
        elif recorded.type == MembershipChanged.type:
            event = MembershipChanged.model_validate(recorded.data)
            groups[event.group.id] = event.group
            members[event.group.id, event.person_id] = event.state
    present = {key: state for key, state in members.items() if state != "none"}
    session.expire_all()
    rows = session.scalars(select(Person)).all()
    ambiguous = queries.ambiguous(session, rows)
    assert people == {row.id: views.person_state(row, ambiguous) for row in rows}
    assert groups == {row.id: views.group_state(row) for row in session.scalars(select(Group))}
    assert present == {(row.group_id, row.person_id): row.state for row in session.scalars(select(Member))}
    for row in session.scalars(select(Group)):
        inside = [
            state for (group_id, _), state in present.items() if group_id == row.id and state != "requested"
        ]
        assert row.members == len(inside)
        assert "moderator" in inside
