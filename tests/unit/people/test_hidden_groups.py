"""To an outsider a hidden group is one that never was: the same answer for both, by every method."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy.orm import Session

from contracts.errors import SpaceError
from contracts.people import CreateGroup, MemberState, SetGroupText
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries

Enrol = Callable[..., Viewer]
Found = Callable[..., str]

WORDS = SetGroupText(language="de", name="Geheim")
STATES: tuple[MemberState | None, ...] = (None, "requested", "member", "moderator", "none")


def _members(state: MemberState | None, session: Session, viewer: Viewer, slug: str) -> object:
    return queries.members(session, viewer, slug, state, None, 10)


METHODS: dict[str, Callable[[Session, Viewer, str], Any]] = {
    "group": queries.group,
    "join": actions.join,
    "leave": actions.leave,
    "set_group_text": lambda session, viewer, slug: actions.set_group_text(session, viewer, slug, WORDS),
    "set_member": lambda session, viewer, slug: actions.set_member(
        session, viewer, slug, "insider", "member"
    ),
    "remove_member": lambda session, viewer, slug: actions.remove_member(session, viewer, slug, "insider"),
    **{f"members {state}": partial(_members, state) for state in STATES},
}


def answer(database: Database, method: str, viewer: Viewer, slug: str) -> object:
    try:
        with database.writing() as session:
            return METHODS[method](session, viewer, slug)
    except SpaceError as error:
        return error.to_wire()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("who", ["stranger", "outsider", "moderator", "administrator", "removed"])
def test_every_method_answers_as_if_there_were_none(
    database: Database, enrol: Enrol, found: Found, method: str, who: str
) -> None:
    insider = enrol("insider")
    found(insider, "secret", "hidden")
    viewer = {
        "stranger": STRANGER,
        "outsider": enrol("outsider"),
        "moderator": enrol("site-moderator", "moderator"),
        "administrator": enrol("site-boss", "administrator"),
        "removed": enrol("removed"),
    }[who]
    if who == "removed":
        with database.writing() as session:
            actions.set_member(session, insider, "secret", "removed", "member")
        with database.writing() as session:
            actions.remove_member(session, insider, "secret", "removed")
    never_was = answer(database, method, viewer, "never-was")
    assert answer(database, method, viewer, "secret") == never_was
    assert isinstance(never_was, dict)
    assert never_was["kind"] == "not-found"


@pytest.mark.parametrize("signed_in", [False, True])
def test_lists_show_nothing_of_it(database: Database, enrol: Enrol, found: Found, signed_in: bool) -> None:
    insider = enrol("insider")
    hidden = found(insider, "secret", "hidden")
    seen = found(insider, "photo", "open")
    viewer = enrol("outsider") if signed_in else STRANGER
    with database.reading() as session:
        assert [line.id for line in queries.groups(session, viewer, None, 10).items] == [seen]
        assert [line.id for line in queries.groups_by_id(session, viewer, [hidden, seen, "\0"])] == [seen]
        assert [line.id for line in queries.person(session, viewer, "insider").groups] == [seen]
        assert [line.id for line in queries.groups(session, insider, None, 10).items] == [seen, hidden]
        assert [line.id for line in queries.groups_by_id(session, insider, [hidden])] == [hidden]
        assert [line.id for line in queries.me(session, insider).groups] == [seen, hidden]


def test_insiders_see_each_others_membership(database: Database, enrol: Enrol, found: Found) -> None:
    insider, other = enrol("insider"), enrol("other")
    hidden = found(insider, "secret", "hidden")
    with database.writing() as session:
        actions.set_member(session, insider, "secret", "other", "member")
    with database.reading() as session:
        assert [line.id for line in queries.person(session, other, "insider").groups] == [hidden]
        assert queries.group(session, other, "secret").my_state == "member"
    with database.writing() as session:
        actions.leave(session, other, "secret")
    with database.reading() as session:
        assert queries.person(session, other, "insider").groups == []


def test_its_slug_is_free_to_outsiders(database: Database, enrol: Enrol, found: Found) -> None:
    insider, outsider = enrol("insider"), enrol("outsider")
    hidden = found(insider, "secret", "hidden")
    command = CreateGroup(slug="secret", kind="open", language="en", name="Another")
    with pytest.raises(SpaceError) as error, database.writing() as session:
        actions.create_group(session, insider, command)
    assert error.value.faults[0].code == "slug-taken"
    with database.writing() as session:
        other = actions.create_group(session, outsider, command)
    with database.reading() as session:
        assert queries.group(session, insider, "secret").id == other.id
        assert queries.group(session, insider, f"secret-{hidden}").id == hidden
        assert [line.slug for line in queries.groups(session, outsider, None, 10).items] == ["secret"]


def test_its_events_are_for_its_members(database: Database, enrol: Enrol, found: Found, events: Any) -> None:
    insider = enrol("insider")
    hidden = found(insider, "secret", "hidden")
    with database.writing() as session:
        actions.set_group_text(session, insider, "secret", WORDS)
    told = [recorded for recorded in events() if "secret" in str(recorded.data)]
    assert len(told) == 3
    assert {recorded.audience for recorded in told} == {f"group:{hidden}"}
