"""Groups and membership: who manages them, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from contracts.common import Page
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, TooMany
from contracts.people import (
    CreateGroup,
    GroupChanged,
    GroupKind,
    Membership,
    MembershipChanged,
    MemberState,
    Register,
    SetGroupText,
)
from core import clock
from core.audience import STRANGER, Viewer, group_audience
from core.database import Database
from services.people import actions, queries
from services.people.actions import invitations
from services.shared.limits import without_limits
from tests.unit.harness import pages_of, statements_of
from tests.unit.people.harness import Enrol, Events, Found, bring, refusal

pytestmark = pytest.mark.slow


def members(
    database: Database, viewer: Viewer, slug: str, state: MemberState | None = None
) -> dict[str, str]:
    with database.reading() as session:
        page = queries.members(session, viewer, slug, state, None, 100)
    return {each.person.name: each.state for each in page.items}


def fresh(database: Database, viewer: Viewer) -> Viewer:
    """The viewer as the next request sees them."""
    with database.reading() as session:
        person = queries.person_named(session, viewer.name or "")
        assert person is not None
        return queries.viewer_of_person(session, person)


def test_creating_a_group(database: Database, enrol: Enrol, found: Found, events: Events) -> None:
    sam = enrol("Sam")
    group_id = found(sam, "photo", "closed")
    with database.reading() as session:
        view = queries.group(session, sam, "photo")
    assert (view.my_state, view.members, view.audience) == ("moderator", 1, group_audience(group_id))
    sam = fresh(database, sam)
    assert sam.groups == sam.moderates == {group_id}
    changed, joined = events()[-2:]
    assert GroupChanged.model_validate(changed.data).group.slug == "photo"
    assert changed.audience == "public"
    assert joined.audience == group_audience(group_id)
    assert MembershipChanged.model_validate(joined.data).state == "moderator"


def test_a_group_says_what_its_reader_may_do(database: Database, enrol: Enrol, found: Found) -> None:
    sam, noa, kim = enrol("Sam"), enrol("Noa"), enrol("Kim")
    found(sam, "photo", "closed")

    def rights(viewer: Viewer) -> set[str]:
        with database.reading() as session:
            view = queries.group(session, viewer, "photo")
        names = ("may_join", "may_leave", "may_read", "may_moderate")
        return {name for name in names if getattr(view, name)}

    def managed_by(viewer: Viewer) -> set[str]:
        with database.reading() as session:
            page = queries.members(session, viewer, "photo", None, None, 100)
        return {each.person.name for each in page.items if each.may_manage}

    with database.writing() as session:
        actions.join(session, noa, "photo")
    assert rights(STRANGER) == set()
    assert rights(kim) == {"may_join"}
    assert rights(noa) == {"may_leave"}
    with database.writing() as session:
        actions.set_member(session, sam, "photo", "noa", "member")
    assert rights(noa) == {"may_leave", "may_read"}
    assert rights(sam) == {"may_leave", "may_read", "may_moderate"}
    assert managed_by(noa) == managed_by(STRANGER) == set()
    assert managed_by(sam) == {"Noa"}


def test_by_their_own_name_members_leave(database: Database, enrol: Enrol, found: Found) -> None:
    sam, noa = enrol("Sam"), enrol("Noa")
    found(sam, "photo", "open")
    with database.writing() as session:
        actions.join(session, noa, "photo")
    with pytest.raises(Forbidden, match="group-moderators-only"), database.writing() as session:
        actions.remove_member(session, noa, "photo", "sam")
    for _ in range(2):
        with database.writing() as session:
            actions.remove_member(session, noa, "photo", "NOA")
    assert members(database, STRANGER, "photo") == {"Sam": "moderator"}
    with pytest.raises(Conflict, match="last-moderator"), database.writing() as session:
        actions.remove_member(session, sam, "photo", "sam")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"slug": "photo"}, ("slug", "slug-taken")),
        ({"slug": "new"}, ("slug", "slug-reserved")),
        ({"language": "xx-nope"}, ("language", "language-unknown")),
    ],
)
def test_bad_groups_are_refused(
    database: Database, enrol: Enrol, found: Found, change: dict[str, str], fault: tuple[str, str]
) -> None:
    sam = enrol("Sam")
    found(sam, "photo", "open")
    command = CreateGroup.model_validate(
        {"slug": "other", "kind": "open", "language": "en", "name": "Other", **change}
    )
    assert refusal(database, lambda session: actions.create_group(session, sam, command)) == [fault]


def test_strangers_and_readers_write_nothing(database: Database, enrol: Enrol, found: Found) -> None:
    sam = enrol("Sam")
    found(sam, "photo", "open")
    reader = fresh(database, sam).model_copy(update={"scopes": frozenset({"read"})})
    command = CreateGroup(slug="other", kind="open", language="en", name="Other")
    words = SetGroupText(language="de", name="Fotos")
    for viewer, kind in ((STRANGER, SignInNeeded), (reader, Forbidden)):
        for write in (
            lambda session, who: actions.create_group(session, who, command),
            lambda session, who: actions.set_group_text(session, who, "photo", words),
            lambda session, who: actions.join(session, who, "photo"),
            lambda session, who: actions.leave(session, who, "photo"),
            lambda session, who: actions.set_member(session, who, "photo", "sam", "member"),
            lambda session, who: actions.remove_member(session, who, "photo", "sam"),
        ):
            with pytest.raises(kind), database.writing() as session:
                write(session, viewer)


def test_groups_are_not_founded_without_end(database: Database, enrol: Enrol, found: Found) -> None:
    sam, boss = enrol("Sam"), enrol("boss", "administrator")
    for number in range(5):
        found(sam, f"group-{number}", "open")
    with pytest.raises(TooMany):
        found(sam, "one-more", "open")
    with without_limits():
        found(sam, "imported", "open")
    for number in range(6):
        found(boss, f"boss-{number}", "open")


def test_texts_come_in_the_readers_language(
    database: Database, enrol: Enrol, found: Found, events: Events
) -> None:
    sam = enrol("Sam")
    found(sam, "photo", "open")
    told = len(events())
    for name in ("Fotografie", "Fotos"):
        with database.writing() as session:
            view = actions.set_group_text(session, sam, "photo", SetGroupText(language="de", name=name))
    assert [text.language for text in view.texts] == ["de", "en"]
    assert len(events()) == told + 2
    for languages, name, language in ((("gsw", "en"), "Fotos", "de"), (("ja",), "The photo", "en")):
        with database.reading() as session:
            line = queries.groups(
                session, STRANGER.model_copy(update={"languages": languages}), None, 10
            ).items[0]
        assert (line.name, line.language) == (name, language)


def test_joining_an_open_group(database: Database, enrol: Enrol, found: Found, events: Events) -> None:
    sam, noa = enrol("Sam"), enrol("Noa")
    group_id = found(sam, "photo", "open")
    told = len(events())
    for _ in range(2):
        with database.writing() as session:
            view = actions.join(session, noa, "photo")
        assert (view.my_state, view.members) == ("member", 2)
    assert len(events()) == told + 1
    assert fresh(database, noa).groups == {group_id}
    assert members(database, STRANGER, "photo") == {"Sam": "moderator", "Noa": "member"}


def test_asking_at_a_closed_group(database: Database, enrol: Enrol, found: Found, events: Events) -> None:
    sam, noa = enrol("Sam"), enrol("Noa")
    found(sam, "board", "closed")
    with database.writing() as session:
        view = actions.join(session, noa, "board")
    assert (view.my_state, view.members, view.requests) == ("requested", 1, 0)
    assert fresh(database, noa).groups == frozenset()
    assert members(database, STRANGER, "board") == {"Sam": "moderator"}
    assert members(database, sam, "board", "requested") == {"Noa": "requested"}
    with database.reading() as session:
        assert queries.group(session, sam, "board").requests == 1
    for viewer in (noa, STRANGER, enrol("site", "administrator", "moderator")):
        with pytest.raises(Forbidden), database.reading() as session:
            queries.members(session, viewer, "board", "requested", None, 10)
        with pytest.raises(Forbidden), database.writing() as session:
            actions.set_member(session, viewer, "board", "noa", "member")
    with database.writing() as session:
        assert actions.set_member(session, sam, "board", "NOA", "member").state == "member"
    told = MembershipChanged.model_validate(events()[-1].data)
    assert (told.state, told.person_name, told.by_id) == ("member", "Noa", sam.person_id)


def test_a_request_is_turned_down_or_taken_back(database: Database, enrol: Enrol, found: Found) -> None:
    sam, noa = enrol("Sam"), enrol("Noa")
    found(sam, "board", "closed")
    ends: tuple[Callable[[Session], None], ...] = (
        lambda session: actions.remove_member(session, sam, "board", "noa"),
        lambda session: actions.leave(session, noa, "board"),
    )
    for end in ends:
        with database.writing() as session:
            actions.join(session, noa, "board")
        with database.writing() as session:
            end(session)
        assert members(database, sam, "board", "requested") == {}
    with database.reading() as session:
        assert queries.group(session, STRANGER, "board").members == 1


@pytest.mark.parametrize("kind", ["open", "closed", "hidden"])
def test_nobody_is_put_into_a_group_unasked(
    database: Database, enrol: Enrol, found: Found, kind: GroupKind
) -> None:
    sam, noa = enrol("Sam", "administrator"), enrol("Noa")
    group_id = found(sam, "secret", kind)
    slug = f"secret--{group_id}" if kind == "hidden" else "secret"
    for state in ("moderator", "member"):  # once more is nothing more
        with database.writing() as session:
            asked = actions.set_member(session, fresh(database, sam), slug, "noa", state)
        assert (asked.person.name, asked.state) == ("Noa", "none")
    assert members(database, sam, slug) == {"Sam": "moderator"}
    assert fresh(database, noa).groups == frozenset()
    with database.writing() as session:
        invitations.answer_invitation(session, noa, slug, False)
    with pytest.raises(Conflict, match="invitation-declined"), database.writing() as session:
        actions.set_member(session, sam, slug, "noa", "member")
    for name in ("nobody-here", "\0"):
        with pytest.raises(NotFound), database.writing() as session:
            actions.set_member(session, sam, slug, name, "member")
        with pytest.raises(NotFound), database.writing() as session:
            actions.remove_member(session, sam, slug, name)


def test_losing_membership_is_immediate(
    database: Database, enrol: Enrol, found: Found, events: Events
) -> None:
    sam, noa = enrol("Sam"), enrol("Noa")
    group_id = found(sam, "secret", "hidden")
    with database.writing() as session:
        bring(session, sam, f"secret--{group_id}", noa)
    assert fresh(database, noa).groups == {group_id}
    with database.writing() as session:
        actions.remove_member(session, sam, "secret", "noa")
    assert fresh(database, noa).groups == frozenset()
    with pytest.raises(NotFound), database.reading() as session:
        # Even with a viewer made before.
        queries.group(session, noa.model_copy(update={"groups": frozenset({group_id})}), "secret")
    assert MembershipChanged.model_validate(events()[-1].data).state == "none"


def test_the_last_moderator_stays(database: Database, enrol: Enrol, found: Found) -> None:
    sam, noa = enrol("Sam"), enrol("Noa")
    found(sam, "photo", "open")
    with database.writing() as session:
        actions.join(session, noa, "photo")
    for go in (
        lambda session: actions.leave(session, sam, "photo"),
        lambda session: actions.remove_member(session, sam, "photo", "sam"),
        lambda session: actions.set_member(session, sam, "photo", "sam", "member"),
    ):
        with pytest.raises(Conflict) as error, database.writing() as session:
            go(session)
        assert error.value.code == "last-moderator"
    with database.writing() as session:
        actions.set_member(session, sam, "photo", "noa", "moderator")
    with database.writing() as session:
        actions.leave(session, sam, "photo")
    assert members(database, STRANGER, "photo") == {"Noa": "moderator"}


def test_pages_lose_nobody(database: Database, enrol: Enrol, found: Found) -> None:
    sam = enrol("Sam")
    found(sam, "photo", "open")
    names = ["Sam", *(f"person{number}" for number in range(7))]
    start = clock.now()
    for number, name in enumerate(names[1:]):
        with clock.at(start + timedelta(seconds=number // 2)), database.writing() as session:
            person = actions.register(
                session, STRANGER, Register(name=name, password=SecretStr("correct horse")), password_hash=""
            ).viewer
            actions.join(session, person, "photo")

    def read(after: str | None) -> Page[Membership]:
        with database.reading() as session:
            return queries.members(session, STRANGER, "photo", None, after, 3)

    seen = [each.person.name for each in pages_of(read)]
    assert sorted(seen) == sorted(names)
    assert seen[0] == "Sam"
    for bad in ("x", "1_x", "9" * 19 + "_" + "0" * 16, "\0"):
        with pytest.raises(Invalid), database.reading() as session:
            queries.members(session, STRANGER, "photo", None, bad, 3)


def test_lists_of_groups_are_few_statements(database: Database, enrol: Enrol, found: Found) -> None:
    sam = enrol("boss", "administrator")
    for number in range(9):
        found(sam, f"group-{number}", "open")
    with statements_of(database.engine) as statements, database.reading() as session:
        lines = pages_of(lambda after: queries.groups(session, sam, after, 4))
    assert [line.slug for line in lines] == [f"group-{number}" for number in range(9)]
    assert len([each for each in statements if each.startswith("SELECT")]) == 9  # three for each page
    with pytest.raises(Invalid), database.reading() as session:
        queries.groups(session, sam, "No Slug", 4)
