"""Roles for parts of the site: given and taken by administrators, logged, and carried by viewers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from contracts.administration import ChangeRole, PeopleQuery
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from core.audience import STRANGER, Viewer, group_audience
from core.database import Database
from services.people import actions, queries
from services.people.tables import Group, Member
from tests.unit.harness import NOON, meet, statements_of
from tests.unit.people.harness import Enrol, Events, Found, refusal

pytestmark = pytest.mark.slow


def changing(
    viewer: Viewer, name: str, role: str, part: str, held: bool = True
) -> Callable[[Session], object]:
    command = ChangeRole.model_validate({"role": role, "held": held, "part": part, "reason": "Asked for it"})
    return lambda session: actions.change_role(session, viewer, name, command)


def grant(database: Database, viewer: Viewer, name: str, role: str, part: str, held: bool = True) -> None:
    with database.writing() as session:
        changing(viewer, name, role, part, held)(session)


def fresh(database: Database, viewer: Viewer, scopes: set[str] | None = None) -> Viewer:
    """The viewer as the next request sees them."""
    with database.reading() as session:
        person = queries.person_named(session, viewer.name or "")
        assert person is not None
        return queries.viewer_of_person(session, person, scopes)


def held(database: Database, viewer: Viewer, name: str) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(each.role, each.part) for each in queries.roles_held(session, viewer, name)]


def test_roles_for_parts_are_given_logged_and_taken(database: Database, enrol: Enrol, events: Events) -> None:
    ada, sam = enrol("Ada", "administrator"), enrol("Sam")
    grant(database, ada, "Sam", "moderator", "language:DE")
    grant(database, ada, "Sam", "moderator", "language:de")  # changes nothing
    grant(database, ada, "Sam", "editor", "news:reports")
    assert fresh(database, sam).delegated == {"moderator:language:de", "editor:news:reports"}
    assert not fresh(database, sam).roles & {"moderator", "editor"}
    with database.reading() as session:
        assert queries.person(session, STRANGER, "Sam").roles == ["member"]
    assert held(database, ada, "Sam") == [("editor", "news:reports"), ("moderator", "language:de")]
    grant(database, ada, "Sam", "moderator", "language:de", held=False)
    assert fresh(database, sam).delegated == {"editor:news:reports"}
    with database.reading() as session:
        entries = queries.administration_log(session, ada, sam.person_id, None, 10).items
        assert [(each.action, each.detail, each.reason) for each in entries] == [
            ("role-revoked", "moderator language:de", "Asked for it"),
            ("role-granted", "editor news:reports", "Asked for it"),
            ("role-granted", "moderator language:de", "Asked for it"),
        ]
        found = queries.people_found(session, ada, PeopleQuery(holding="editor"))
        assert [card.name for card in found.items] == ["Sam"]
    told = [event for event in events() if event.type == "people.person.changed"]
    assert [event.subject for event in told[-3:]] == [f"person/{sam.person_id}"] * 3
    assert told[-1].data["person"]["roles"] == ["member"], "the event says no more than before"


def test_a_role_for_everything_and_one_for_a_part_are_two(database: Database, enrol: Enrol) -> None:
    ada, sam = enrol("Ada", "administrator"), enrol("Sam", "moderator")
    grant(database, ada, "Sam", "moderator", "talk:general")
    grant(database, ada, "Sam", "moderator", "", held=False)
    assert not fresh(database, sam).roles & {"moderator", "editor"}
    assert fresh(database, sam).delegated == {"moderator:talk:general"}


@pytest.mark.parametrize(
    ("role", "part", "fault"),
    [
        ("administrator", "language:de", ("role", "role-whole")),
        ("moderator", "language:xx-nope", ("part", "language-unknown")),
        ("editor", "group:nowhere", ("part", "group-unknown")),
        ("editor", "group:secret", ("part", "group-unknown")),
        ("editor", "group:photo", ("part", "group-not-inside")),
        ("moderator", "group:photo", ("part", "group-not-inside")),
    ],
)
def test_bad_parts_are_refused(
    database: Database, enrol: Enrol, found: Found, role: str, part: str, fault: tuple[str, str]
) -> None:
    ada, kim = enrol("Ada", "administrator"), enrol("Kim")
    enrol("Sam")
    found(kim, "photo", "open")
    found(ada, "secret", "hidden")
    assert refusal(database, changing(ada, "Sam", role, part)) == [fault]
    assert held(database, ada, "Sam") == []


@pytest.mark.parametrize("part", ["language", "language:", "wiki:x", "talk:a b", "talk:a/b", "group:A"])
def test_what_is_no_part_is_refused(part: str) -> None:
    with pytest.raises(ValueError, match="part"):
        ChangeRole.model_validate({"role": "editor", "held": True, "part": part, "reason": "x"})


def test_nobody_but_administrators_gives_or_sees_them(database: Database, enrol: Enrol) -> None:
    mina, kim = enrol("Mina", "moderator"), enrol("Kim")
    enrol("Sam")
    with database.writing() as session:
        person = queries.person_named(session, "Kim")
        assert person is not None
        actions.hold_role(session, person, "moderator", True, "language:de")
    cases: list[tuple[Viewer, type[Exception]]] = [
        (mina, Forbidden), (fresh(database, kim), Forbidden), (STRANGER, SignInNeeded)
    ]  # fmt: skip
    for viewer, error in cases:
        with pytest.raises(error), database.writing() as session:
            changing(viewer, "Sam", "moderator", "language:de")(session)
        with pytest.raises(error), database.reading() as session:
            queries.roles_held(session, viewer, "Kim")
    ada = enrol("Ada", "administrator")
    with pytest.raises(NotFound), database.writing() as session:
        changing(ada, "Nobody", "moderator", "language:de")(session)


def test_a_token_without_the_scope_and_silenced_people_have_none(database: Database, enrol: Enrol) -> None:
    ada, sam = enrol("Ada", "administrator"), enrol("Sam")
    grant(database, ada, "Sam", "moderator", "language:de")
    assert fresh(database, sam, {"read", "write"}).delegated == frozenset()
    assert fresh(database, sam, {"read", "write", "moderate"}).delegated
    with database.writing() as session:
        person = queries.person_named(session, "Sam")
        assert person is not None
        person.silenced_until = NOON.replace(year=2999)
    assert fresh(database, sam).delegated == frozenset()


def test_roles_in_a_group(database: Database, enrol: Enrol, found: Found, events: Events) -> None:
    ada, kim, sam = enrol("Ada", "administrator"), enrol("Kim"), enrol("Sam")
    group = found(kim, "photo", "open")
    with database.writing() as session:
        actions.join(session, sam, "photo")
    grant(database, ada, "Sam", "editor", "group:photo")
    assert fresh(database, sam).delegated == {f"editor:{group_audience(group)}"}
    assert held(database, ada, "Sam") == [("editor", "group:photo")]
    grant(database, ada, "Sam", "moderator", "group:photo")
    grant(database, ada, "Sam", "moderator", "group:photo")  # changes nothing
    assert fresh(database, sam).moderates == {group}
    assert [event.data["state"] for event in events() if event.type == "people.membership.changed"] == [
        "moderator", "member", "moderator",
    ]  # fmt: skip
    assert held(database, ada, "Sam") == [("moderator", "group:photo"), ("editor", "group:photo")]
    grant(database, ada, "Kim", "moderator", "group:photo", held=False)
    with pytest.raises(Conflict, match="last-moderator"):
        grant(database, ada, "Sam", "moderator", "group:photo", held=False)
    with database.writing() as session:
        actions.set_member(session, fresh(database, sam), "photo", "Kim", "moderator")
        actions.leave(session, sam, "photo")
        actions.join(session, sam, "photo")
    assert fresh(database, sam).delegated == frozenset(), "who comes back has no role of before"


def test_of_two_who_take_one_role_for_a_part_at_one_moment_both_succeed_once(
    database: Database, enrol: Enrol
) -> None:
    ada, bea = enrol("Ada", "administrator"), enrol("Bea", "administrator")
    enrol("Sam")
    grant(database, ada, "Sam", "editor", "news:reports")
    one, other = (changing(each, "Sam", "editor", "news:reports", held=False) for each in (ada, bea))
    assert meet(database, one, other) is None
    with database.reading() as session:
        actions_of = [each.action for each in queries.administration_log(session, ada, None, None, 10).items]
    assert actions_of == ["role-revoked", "role-granted"]


def test_who_leaves_a_group_while_they_get_a_role_in_it_has_none(
    database: Database, enrol: Enrol, found: Found
) -> None:
    ada, kim, sam = enrol("Ada", "administrator"), enrol("Kim"), enrol("Sam")
    found(kim, "photo", "open")
    with database.writing() as session:
        actions.join(session, sam, "photo")
    error = meet(
        database,
        lambda session: actions.leave(session, sam, "photo"),
        changing(ada, "Sam", "editor", "group:photo"),
    )
    assert isinstance(error, Invalid)
    assert held(database, ada, "Sam") == []


def test_a_viewer_in_five_hundred_groups_takes_no_more_statements(
    database: Database, enrol: Enrol, found: Found
) -> None:
    sam, kim = enrol("Sam"), enrol("Kim")

    def work(viewer: Viewer) -> int:
        with statements_of(database.engine) as statements:
            fresh(database, viewer)
        return len(statements)

    before = work(sam)
    with database.writing() as session:
        columns: dict[str, Any] = {
            "kind": "open",
            "language": "en",
            "created_at": NOON,
            "members": 1,
            "texts": [],
        }
        for number in range(500):
            group = f"0{number:015}"
            session.add(Group(id=group, slug=f"g{number}", founder_id=kim.person_id, **columns))
            session.flush()
            session.add(Member(group_id=group, person_id=sam.person_id, state="member", since=NOON))
        person = queries.person_named(session, "Sam")
        assert person is not None
        for number in range(5):
            actions.hold_role(session, person, "moderator", True, f"talk:c{number}")
    assert len(fresh(database, sam).groups) == 500
    assert work(sam) == before
