"""To an outsider a hidden group is one that never was: the same answer for both, by every method."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.orm import Session

from contracts.errors import NotFound, SpaceError
from contracts.people import CreateGroup, MemberState, SetGroupText
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries
from tests.unit.harness import migrate, work_of
from tests.unit.people.harness import Enrol, Found, bring, insert_person

pytestmark = pytest.mark.slow

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
    hidden = found(insider, "secret", "hidden")
    viewer = {
        "stranger": STRANGER,
        "outsider": enrol("outsider"),
        "moderator": enrol("site-moderator", "moderator"),
        "administrator": enrol("site-boss", "administrator"),
        "removed": enrol("removed"),
    }[who]
    if who == "removed":
        with database.writing() as session:
            bring(session, insider, f"secret--{hidden}", viewer)
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
        bring(session, insider, f"secret--{hidden}", other)
    with database.reading() as session:
        assert [line.id for line in queries.person(session, other, "insider").groups] == [hidden]
        assert queries.group(session, other, "secret").my_state == "member"
    with database.writing() as session:
        actions.leave(session, other, "secret")
    with database.reading() as session:
        assert queries.person(session, other, "insider").groups == []


def test_its_slug_is_free_to_outsiders(database: Database, enrol: Enrol, found: Found) -> None:
    insider, outsider = enrol("insider"), enrol("outsider")
    found(insider, "secret", "hidden")
    command = CreateGroup(slug="secret", kind="open", language="en", name="Another")
    with pytest.raises(SpaceError) as error, database.writing() as session:
        actions.create_group(session, insider, command)
    assert error.value.faults[0].code == "slug-taken"
    with database.writing() as session:
        other = actions.create_group(session, outsider, command)
    assert other.slug == "secret"
    with database.reading() as session:
        assert queries.group(session, outsider, "secret").id == other.id
        assert queries.group(session, STRANGER, f"secret--{other.id}").slug == "secret"
        assert [line.slug for line in queries.groups(session, outsider, None, 10).items] == ["secret"]


def test_for_members_its_address_stays_theirs(database: Database, enrol: Enrol, found: Found) -> None:
    insider, outsider = enrol("insider"), enrol("outsider")
    hidden = found(insider, "secret", "hidden")
    other = found(outsider, "secret", "open")
    with database.writing() as session:
        assert queries.group(session, insider, "secret").id == hidden
        assert queries.group(session, insider, "secret").slug == f"secret--{hidden}"
        # The other one has an address for them too, and every list says it.
        lines = {line.id: line.slug for line in queries.groups(session, insider, None, 10).items}
        assert lines == {other: f"secret--{other}", hidden: f"secret--{hidden}"}
        joined = actions.join(session, insider, lines[other])
        assert (joined.id, joined.my_state, joined.slug) == (other, "member", f"secret--{other}")
        actions.leave(session, insider, lines[other])
        bring(session, insider, f"secret--{hidden}", outsider)
        assert queries.group(session, outsider, "secret").id == hidden
        actions.remove_member(session, insider, "secret", "outsider")
        assert queries.group(session, outsider, "secret").id == other


def test_two_hidden_groups_may_be_given_the_same_slug(database: Database, enrol: Enrol, found: Found) -> None:
    one, other = enrol("one"), enrol("other")
    first, second = found(one, "secret", "hidden"), found(other, "secret", "hidden")
    with database.reading() as session:
        assert queries.group(session, one, "secret").id == first
        assert queries.group(session, other, "secret").id == second


def test_nobody_can_choose_a_hidden_groups_slug() -> None:
    with pytest.raises(ValidationError):
        CreateGroup(slug=f"secret--{'0' * 16}", kind="open", language="en", name="Impostor")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("address", ["{}", "{}--{}"])
def test_every_method_does_the_same_work_as_if_there_were_none(
    database: Database, enrol: Enrol, found: Found, method: str, address: str
) -> None:
    hidden = found(enrol("insider"), "secret", "hidden")
    for viewer in (STRANGER, enrol("outsider")):
        works = []
        for slug, group_id in (("secret", hidden), ("absent", "0" * 16)):
            with work_of(database.engine) as work:
                answer(database, method, viewer, address.format(slug, group_id))
            works.append(work)
        assert works[0] == works[1]
        assert works[0]


@pytest.mark.parametrize("kind", ["open", "hidden"])
def test_to_take_its_slug_is_the_same_work_as_any_other(
    database: Database, enrol: Enrol, found: Found, kind: Any
) -> None:
    found(enrol("insider"), "secret", "hidden")
    viewer = enrol("outsider")
    works = []
    for slug in ("secret", "absent"):
        with work_of(database.engine) as work:
            found(viewer, slug, kind)
        works.append(work)
    assert works[0] == works[1]


def test_addresses_of_earlier_releases_lead_on(empty_database: Database) -> None:
    migrate(empty_database, "people", "0007")
    insider = Viewer(person_id="1" * 16)
    moment = "2026-01-01 00:00:00"
    taken = "3" * 16
    with empty_database.writing() as session:
        insert_person(session, "1" * 16, "noa")
        for group_id, slug, kind in (
            ("0" * 16, "photo", "open"),
            ("1" * 16, "taken", "closed"),
            ("2" * 16, "secret", "hidden"),
            (taken, f"taken-{taken}", "hidden"),
        ):
            session.execute(
                text(
                    "INSERT INTO space_group (id, slug, kind, language, founder_id, created_at, members)"
                    " VALUES (:id, :slug, :kind, 'en', :person, :at, 1)"
                ),
                {"id": group_id, "slug": slug, "kind": kind, "person": insider.person_id, "at": moment},
            )
            session.execute(
                text("INSERT INTO group_words VALUES (:id, 'en', 'A group', '')"), {"id": group_id}
            )
            session.execute(
                text("INSERT INTO member VALUES (:id, :person, 'moderator', :at)"),
                {"id": group_id, "person": insider.person_id, "at": moment},
            )
    migrate(empty_database, "people")
    with empty_database.reading() as session:
        for slug, group_id, now in (
            ("photo", "0" * 16, "photo"),
            ("secret", "2" * 16, f"secret--{'2' * 16}"),
            ("taken", taken, f"taken--{taken}"),
            (f"taken-{taken}", taken, f"taken--{taken}"),
        ):
            group = queries.group(session, insider, slug)
            assert (group.id, group.slug) == (group_id, now)
        assert queries.group(session, STRANGER, "taken").id == "1" * 16
        for slug in ("secret", f"secret--{'2' * 16}", f"taken-{taken}"):
            with pytest.raises(NotFound):
                queries.group(session, STRANGER, slug)


def test_its_events_are_for_its_members(database: Database, enrol: Enrol, found: Found, events: Any) -> None:
    insider = enrol("insider")
    hidden = found(insider, "secret", "hidden")
    with database.writing() as session:
        actions.set_group_text(session, insider, "secret", WORDS)
    told = [recorded for recorded in events() if "secret" in str(recorded.data)]
    assert len(told) == 3
    assert {recorded.audience for recorded in told} == {f"group:{hidden}"}
