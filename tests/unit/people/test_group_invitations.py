"""Invitations to groups, words with requests to join, and handing over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from contracts.errors import Conflict, Forbidden, NotFound, SignInNeeded, SpaceError, TooMany
from contracts.groups import AskToJoin, ChangeGroup
from contracts.people import CreateGroup, GroupKind, GroupView, InvitationChanged, MemberState
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries, rules
from services.people.actions import invitations, purging
from services.people.queries import invitations as invitation_queries
from services.people.tables import Person
from tests.unit.harness import NOON, meet, statements_of
from tests.unit.people.harness import Enrol, Events, Found, refusal

pytestmark = pytest.mark.slow


class Circle:
    """A group with its moderator, and two people outside it."""

    def __init__(self, database: Database, enrol: Enrol, found: Found) -> None:
        self.database = database
        self.sam, self.noa, self.kim = enrol("Sam"), enrol("Noa"), enrol("Kim")
        self.found = found
        self.id = found(self.sam, "photo", "closed")

    def do(self, work: Callable[..., object], viewer: Viewer, *rest: object, slug: str = "photo") -> None:
        with self.database.writing() as session:
            work(session, viewer, slug, *rest)

    def see(self, viewer: Viewer, slug: str = "photo") -> GroupView:
        with self.database.reading() as session:
            return queries.group(session, viewer, slug)

    def waiting(self, viewer: Viewer) -> list[tuple[str, bool]]:
        with self.database.reading() as session:
            page = invitation_queries.invited(session, viewer, "photo", None, 10)
            return [(each.person_id, each.declined) for each in page.items]

    def own(self, viewer: Viewer) -> list[str]:
        with self.database.reading() as session:
            return [each.slug for each in invitation_queries.invitations(session, viewer)]

    def state(self, viewer: Viewer, slug: str = "photo") -> str:
        return self.see(viewer, slug).my_state

    def fresh(self, viewer: Viewer) -> Viewer:
        """The viewer as the next request sees them."""
        with self.database.reading() as session:
            return queries.viewer_of_person(session, session.get_one(Person, viewer.person_id))


@pytest.fixture
def circle(database: Database, enrol: Enrol, found: Found) -> Circle:
    return Circle(database, enrol, found)


def told(events: Events) -> list[tuple[str, str, bool]]:
    found = [InvitationChanged.model_validate(one.data) for one in events() if "invitation" in one.type]
    return [(each.person_id, each.by_id, each.is_open) for each in found]


def test_who_is_invited_comes_in_or_declines(circle: Circle, events: Events) -> None:
    sam, noa, kim = circle.sam, circle.noa, circle.kim
    for name in ("noa", "Kim"):
        circle.do(invitations.invite, sam, name)
    assert circle.own(noa) == circle.own(kim) == ["photo"]
    assert circle.see(noa).invited
    assert not circle.see(STRANGER).invited
    assert {each for each, _ in circle.waiting(sam)} == {noa.person_id, kim.person_id}
    circle.do(invitations.answer_invitation, noa, True)
    circle.do(invitations.answer_invitation, kim, False)
    assert (circle.state(noa), circle.state(kim)) == ("member", "none")
    assert circle.own(noa) == circle.own(kim) == []
    assert circle.waiting(sam) == [(kim.person_id, True)]
    assert told(events) == [
        (noa.person_id, sam.person_id, True),
        (kim.person_id, sam.person_id, True),
        (noa.person_id, noa.person_id, False),
        (kim.person_id, kim.person_id, False),
    ]
    for viewer in (noa, kim):
        with pytest.raises(NotFound):
            circle.do(invitations.answer_invitation, viewer, True)


def test_to_join_answers_an_invitation_and_an_invitation_a_request(circle: Circle) -> None:
    circle.do(invitations.invite, circle.sam, "Noa")
    circle.do(actions.join, circle.noa)
    circle.do(actions.join, circle.kim)
    assert circle.state(circle.kim) == "requested"
    circle.do(invitations.invite, circle.sam, "Kim")
    assert (circle.state(circle.noa), circle.state(circle.kim)) == ("member", "member")
    assert circle.waiting(circle.sam) == []


def test_an_invitation_is_not_repeated(circle: Circle) -> None:
    def refused(name: str) -> str:
        with pytest.raises(Conflict) as error:
            circle.do(invitations.invite, circle.sam, name)
        return error.value.code

    with clock.at(NOON):
        circle.do(invitations.invite, circle.sam, "Noa")
        assert refused("Noa") == "invited-already"
        assert refused("Sam") == "member-already"
        circle.do(invitations.answer_invitation, circle.noa, False)
    with clock.at(NOON + timedelta(days=29)):
        assert refused("Noa") == "invitation-declined"
    with clock.at(NOON + timedelta(days=31)):
        circle.do(invitations.invite, circle.sam, "Noa")
    circle.do(invitations.withdraw_invitation, circle.sam, "Noa")
    circle.do(invitations.withdraw_invitation, circle.sam, "Noa")
    assert circle.own(circle.noa) == []
    found = refusal(
        circle.database, lambda session: invitations.invite(session, circle.sam, "photo", "Nobody")
    )
    assert found == [("name", "person-unknown")]


def test_declined_invitations_are_deleted_after_a_while(circle: Circle, database: Database) -> None:
    circle.do(invitations.invite, circle.sam, "Noa")
    with clock.at(NOON):
        circle.do(invitations.answer_invitation, circle.noa, False)
    for days, left in ((29, 1), (30, 0)):
        with clock.at(NOON + timedelta(days=days)), database.writing() as session:
            purging.purge(session)
        assert len(circle.waiting(circle.sam)) == left


def test_one_person_does_not_invite_everybody(circle: Circle) -> None:
    with clock.at(NOON):
        for _ in range(rules.INVITATIONS_OF_A_PERSON.burst):
            circle.do(invitations.invite, circle.sam, "Noa")
            circle.do(invitations.withdraw_invitation, circle.sam, "Noa")
        with pytest.raises(TooMany, match="invitations-many"):
            circle.do(invitations.invite, circle.sam, "Kim")


def test_only_the_groups_moderators_invite_and_see_who_was(circle: Circle, enrol: Enrol) -> None:
    mod = enrol("Mod", "moderator")
    circle.do(invitations.invite, circle.sam, "Noa")
    circle.do(invitations.answer_invitation, circle.noa, True)
    cases: list[tuple[Viewer, type[SpaceError]]] = [
        (circle.noa, Forbidden), (circle.kim, Forbidden), (mod, Forbidden), (STRANGER, SignInNeeded)
    ]  # fmt: skip
    works: list[tuple[Callable[..., object], tuple[object, ...]]] = [
        (invitations.invite, ("Kim",)),
        (invitations.withdraw_invitation, ("Kim",)),
        (invitations.hand_over, ("Noa",)),
        (invitations.change_group, (ChangeGroup(archived=True),)),
    ]
    for viewer, error in cases:
        for work, rest in works:
            with pytest.raises(error):
                circle.do(work, viewer, *rest)
        with pytest.raises(Forbidden):
            circle.waiting(viewer)
    assert circle.own(circle.kim) == []
    with pytest.raises(SignInNeeded):
        circle.own(STRANGER)


def test_a_hidden_group_is_known_to_who_is_invited_until_they_decline(circle: Circle) -> None:
    circle.found(circle.sam, "secret", "hidden")
    slug = circle.see(circle.sam, "secret").slug
    for viewer in (circle.noa, circle.kim):
        with pytest.raises(NotFound):
            circle.see(viewer, slug)
    circle.do(invitations.invite, circle.sam, "Noa", slug="secret")
    seen = circle.see(circle.noa, slug)
    assert (seen.invited, seen.may_read, seen.may_see_members, seen.members) == (True, False, False, 0)
    assert circle.own(circle.noa) == [slug]
    with circle.database.reading() as session:
        assert queries.members(session, circle.noa, slug, None, None, 10).items == []
        assert [line.slug for line in queries.groups(session, circle.noa, None, 10).items] == ["photo"]
    with pytest.raises(NotFound):
        circle.see(circle.kim, slug)
    circle.do(invitations.answer_invitation, circle.noa, False, slug=slug)
    with pytest.raises(NotFound):
        circle.see(circle.noa, slug)
    circle.do(invitations.invite, circle.sam, "Kim", slug="secret")
    circle.do(actions.join, circle.kim, slug=slug)
    assert circle.state(circle.kim, slug) == "member"


def test_the_work_for_a_hidden_group_is_that_for_one_that_never_was(circle: Circle) -> None:
    circle.found(circle.sam, "secret", "hidden")
    slug = circle.see(circle.sam, "secret").slug
    works: list[list[str]] = []
    for each in (slug, "nothing--0123456789abcdef"):
        with statements_of(circle.database.engine) as statements:
            for work, rest in ((invitations.invite, ("Noa",)), (invitations.answer_invitation, (True,))):
                with pytest.raises(NotFound):
                    circle.do(work, circle.kim, *rest, slug=each)
        works.append(statements)
    assert works[0] == works[1]


def test_words_with_a_request_are_for_the_groups_moderators_while_it_waits(circle: Circle) -> None:
    def words(viewer: Viewer, state: MemberState = "requested") -> list[str]:
        with circle.database.reading() as session:
            page = queries.members(session, viewer, "photo", state, None, 10)
            return [each.words for each in page.items if each.person.name == "Noa"]

    circle.do(actions.ask_to_join, circle.noa, AskToJoin(words=" I take pictures. "))
    assert words(circle.sam) == ["I take pictures."]
    with pytest.raises(Forbidden):
        words(circle.noa)
    circle.do(actions.set_member, circle.sam, "Noa", "member")
    assert words(circle.sam, "member") == [""]


def test_a_moderator_hands_over_and_may_then_leave(circle: Circle) -> None:
    def handing_to(name: str) -> Callable[[Session], object]:
        return lambda session: invitations.hand_over(session, circle.sam, "photo", name)

    circle.do(invitations.invite, circle.sam, "Noa")
    circle.do(invitations.answer_invitation, circle.noa, True)
    with pytest.raises(Conflict, match="last-moderator"):
        circle.do(actions.leave, circle.sam)
    for name in ("Kim", "Sam", "Nobody"):
        assert refusal(circle.database, handing_to(name)) == [("name", "group-not-inside")]
    circle.do(invitations.hand_over, circle.sam, "Noa")
    assert (circle.state(circle.sam), circle.state(circle.noa)) == ("member", "moderator")
    circle.do(actions.leave, circle.sam)


def test_of_two_who_hand_over_to_each_other_at_one_moment_one_stays_moderator(circle: Circle) -> None:
    circle.do(invitations.invite, circle.sam, "Noa")
    circle.do(invitations.answer_invitation, circle.noa, True)
    circle.do(actions.set_member, circle.sam, "Noa", "moderator")
    error = meet(
        circle.database,
        lambda session: invitations.hand_over(session, circle.sam, "photo", "Noa"),
        lambda session: invitations.hand_over(session, circle.noa, "photo", "Sam"),
    )
    assert error is None
    assert {circle.state(circle.sam), circle.state(circle.noa)} == {"member", "moderator"}


def test_two_invitations_of_one_person_at_one_moment_are_one(circle: Circle) -> None:
    def invite(session: Session) -> None:
        invitations.invite(session, circle.sam, "photo", "Noa")

    error = meet(circle.database, invite, invite)
    assert isinstance(error, Conflict)
    assert error.code == "invited-already"


def test_in_an_archived_group_nothing_changes_until_it_is_taken_up(
    circle: Circle, enrol: Enrol, events: Events
) -> None:
    mod, ada = enrol("Mod", "moderator"), enrol("Ada", "administrator")
    circle.do(invitations.invite, circle.sam, "Noa")
    circle.do(actions.join, circle.noa)
    circle.do(invitations.invite, circle.sam, "Kim")
    circle.do(invitations.change_group, circle.sam, ChangeGroup(archived=True))
    assert events()[-1].data["group"]["archived"] is True
    assert circle.fresh(circle.sam).archived == {circle.id}
    seen = circle.see(circle.sam)
    assert (seen.archived, seen.may_read, seen.may_moderate, seen.may_take_up) == (True, True, True, True)
    assert not circle.see(circle.kim).may_join
    refused: list[tuple[Callable[..., object], Viewer, tuple[object, ...]]] = [
        (invitations.invite, circle.sam, ("Noa",)),
        (actions.set_member, circle.sam, ("Noa", "member")),
        (actions.join, circle.kim, ()),
        (invitations.answer_invitation, circle.kim, (True,)),
    ]
    for work, viewer, rest in refused:
        with pytest.raises(Forbidden, match="group-archived"):
            circle.do(work, viewer, *rest)
    circle.do(invitations.answer_invitation, circle.kim, False)
    circle.do(actions.leave, circle.noa)
    for viewer, command in (
        (circle.kim, ChangeGroup(archived=False)),
        (mod, ChangeGroup(archived=False, members_shown=False)),
        (mod, ChangeGroup(archived=False, words_by_mail=True)),
        (circle.noa, ChangeGroup(words_by_mail=True)),
    ):
        with pytest.raises(Forbidden, match="group-moderators-only"):
            circle.do(invitations.change_group, viewer, command)
    assert (circle.see(mod).may_take_up, circle.see(circle.kim).may_take_up) == (True, False)
    circle.do(invitations.change_group, mod, ChangeGroup(archived=False))
    assert circle.fresh(circle.sam).archived == frozenset()
    with circle.database.reading() as session:
        (entry,) = queries.administration_log(session, ada, "photo", None, 10).items
    assert (entry.action, entry.by_id) == ("group-taken-up", mod.person_id)
    before = len(events())
    circle.do(invitations.change_group, circle.sam, ChangeGroup(archived=False))
    assert len(events()) == before


def test_a_group_that_hides_its_members_says_nothing_of_them_outside(circle: Circle, enrol: Enrol) -> None:
    def groups_on_page(viewer: Viewer) -> list[str]:
        with circle.database.reading() as session:
            return [line.slug for line in queries.person(session, viewer, "Sam").groups]

    def listed(viewer: Viewer) -> int:
        with circle.database.reading() as session:
            return len(queries.members(session, viewer, "photo", None, None, 10).items)

    ada = enrol("Ada", "administrator")
    outside = (STRANGER, circle.kim, ada)
    assert [(listed(each), circle.see(each).members) for each in outside] == [(1, 1)] * 3
    circle.do(invitations.change_group, circle.sam, ChangeGroup(members_shown=False))
    circle.do(invitations.invite, circle.sam, "Noa")
    circle.do(actions.join, circle.noa)
    for viewer in outside:
        seen = circle.see(viewer)
        assert (listed(viewer), seen.members, seen.may_see_members) == (0, 0, False)
        assert groups_on_page(viewer) == []
    for viewer in (circle.sam, circle.noa):
        assert (listed(viewer), circle.see(viewer).members) == (2, 2)
        assert groups_on_page(viewer) == ["photo"]


@pytest.mark.parametrize("kind", ["open", "closed", "hidden"])
def test_moderators_say_whether_words_leave_by_mail(circle: Circle, events: Events, kind: GroupKind) -> None:
    circle.found(circle.sam, "mailing", kind)

    def shown() -> bool:
        with circle.database.reading() as session:
            return queries.group(session, circle.fresh(circle.sam), "mailing").words_by_mail

    def published() -> bool | None:
        found: bool | None = events()[-1].data["group"]["words_by_mail"]
        return found

    assert shown() == (kind == "open")
    for chosen in (True, False):
        circle.do(invitations.change_group, circle.sam, ChangeGroup(words_by_mail=chosen), slug="mailing")
        assert (shown(), published()) == (chosen, chosen)
    with pytest.raises((Forbidden, NotFound)):
        circle.do(invitations.change_group, circle.kim, ChangeGroup(words_by_mail=True), slug="mailing")
    assert not shown()


def test_an_open_group_shows_its_members(circle: Circle) -> None:
    circle.found(circle.sam, "all", "open")
    hiding = ChangeGroup(members_shown=False)
    faults = refusal(
        circle.database, lambda session: invitations.change_group(session, circle.sam, "all", hiding)
    )
    assert faults == [("members_shown", "members-open")]
    command = CreateGroup(slug="x", kind="open", members_shown=False, language="en", name="Open")
    faults = refusal(circle.database, lambda session: actions.create_group(session, circle.sam, command))
    assert faults == [("members_shown", "members-open")]
