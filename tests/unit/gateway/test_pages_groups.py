from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contracts.common import Page
from contracts.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable, invalid
from contracts.forum import PostView
from contracts.people import GroupText, Place, Profile
from core.audience import group_audience
from tests.unit.gateway.fakes import AMINA, CARDS, MEMBER, MOMENT, FakeServices, line
from tests.unit.gateway.page_samples import GROUP, group, membership, post, topic_line

Token = Callable[[FlaskClient], str]
INSIDE = MEMBER.model_copy(update={"groups": frozenset({GROUP})})


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.people.answers.update(
        group=group(), groups=Page(items=[group()]), members=Page(items=[membership()]),
        invited=Page(items=[]), invitations=[],
    )  # fmt: skip
    fakes.forum.answers["recent_posts"] = Page[PostView](items=[])
    return fakes


def lead(fakes: FakeServices, kind: str = "closed") -> None:
    """Let Amina moderate the group."""
    fakes.be(INSIDE.model_copy(update={"moderates": frozenset({GROUP})}))
    fakes.people.answers["group"] = group(my_state="moderator", kind=kind, requests=1)
    waiting = membership("requested", "Carla", "0000000000000003", may_manage=True)
    inside = membership(may_manage=True)
    fakes.people.answers["members"] = lambda viewer, slug, state, after, limit: Page(
        items=[waiting if state == "requested" else inside]
    )


def test_the_list_says_of_which_kind_each_is(stranger: FlaskClient) -> None:
    page = stranger.get("/groups").text
    for text in ("Walkers", "/groups/walkers", "Closed", "2 members"):
        assert text in page


def test_outsiders_see_who_is_in_it_but_nothing_it_writes(fakes: FakeServices, stranger: FlaskClient) -> None:
    page = stranger.get("/groups/walkers").text
    assert "Boris" in page
    assert "Sign in to join" in page
    assert "Only members can read what the group discusses." in page
    assert not fakes.forum.calls
    assert not fakes.blog.calls
    assert not fakes.events.calls


def test_members_see_what_the_group_writes(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.be(INSIDE)
    fakes.people.answers["group"] = group(my_state="member")
    fakes.forum.answers["topics"] = Page(items=[topic_line(title="Only among us")])
    page = member.get("/groups/walkers").text
    assert "Only among us" in page
    assert "Ask to join" not in page
    assert fakes.forum.called("topics")[0][1].audience == group_audience(GROUP)
    assert fakes.events.called("events")[0][1].audience == group_audience(GROUP)


def test_a_hidden_group_and_none_are_the_same_page(
    fakes: FakeServices, stranger: FlaskClient, member: FlaskClient
) -> None:
    fakes.people.answers["group"] = NotFound()
    for browser in (stranger, member):
        for end in ("", "/leave", "/edit"):
            hidden, none = (
                browser.get(f"/groups/owls-of-night{end}"),
                browser.get(f"/groups/never-was-one{end}"),
            )
            assert hidden.status_code == none.status_code == 404
            assert _told(hidden).replace("owls-of-night", "never-was-one") == _told(none)
            assert sorted(hidden.headers.keys()) == sorted(none.headers.keys())
            assert hidden.content_length == none.content_length


def _told(answer: TestResponse) -> str:
    """All that an answer says but for the forms' tokens, which are never the same twice."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)


@pytest.mark.parametrize("end", ["join", "leave", "members"])
def test_a_hidden_group_takes_no_form_either(
    end: str, fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    names = ("group", "ask_to_join", "leave", "invite")
    fakes.people.answers.update({name: NotFound() for name in names})
    form = {"csrf_token": token(member), "do": "invite", "name": "Boris"}
    answer = member.post(f"/groups/owls-of-night/{end}", data=form)
    assert answer.status_code == 404
    assert "There’s nothing here" in answer.text


def test_another_address_of_a_group_leads_to_its_own(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.people.answers["group"] = group(slug=f"circle--{GROUP}", kind="hidden", my_state="member")
    answer = member.get("/groups/circle?after=x")
    # Not for good: to others the address is another group's, or nobody's.
    assert (answer.status_code, answer.location) == (302, f"/groups/circle--{GROUP}?after=x")
    assert member.get(f"/groups/circle--{GROUP}").status_code == 200


def test_nothing_is_asked_of_a_group_one_may_not_know(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.people.answers["group"] = NotFound()
    member.get("/groups/walkers")
    assert not fakes.people.called("members")
    assert not fakes.forum.calls


def test_joining_an_open_group(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.people.answers.update(
        group=group(kind="open", my_state="none"),
        ask_to_join=lambda *_: fakes.people.answers.update(group=group(kind="open", my_state="member")),
    )
    assert ">Join</button>" in member.get("/groups/walkers").text
    answer = member.post("/groups/walkers/join", data={"csrf_token": token(member)}, follow_redirects=True)
    assert "Welcome to Walkers." in answer.text


def test_asking_to_join_a_closed_one(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.people.answers.update(
        group=group(my_state="none"),
        ask_to_join=lambda *_: fakes.people.answers.update(group=group(my_state="requested")),
    )
    assert "Ask to join" in member.get("/groups/walkers").text
    fakes.people.answers["group"] = group(my_state="requested")
    answer = member.post("/groups/walkers/join", data={"csrf_token": token(member)}, follow_redirects=True)
    assert "Your request has been sent to the moderators of Walkers." in answer.text
    assert "Withdraw your request" in answer.text


def test_leaving_asks_first(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.people.answers.update(group=group(my_state="member"), leave=None)
    assert "Leave Walkers?" in member.get("/groups/walkers/leave").text
    assert not fakes.people.called("leave")
    answer = member.post("/groups/walkers/leave", data={"csrf_token": token(member)})
    assert answer.location == "/groups/walkers"


def test_who_left_a_hidden_group_is_not_led_back_to_it(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    fakes.people.answers.update(group=group(my_state="member", kind="hidden"), leave=None)
    answer = member.post("/groups/walkers/leave", data={"csrf_token": token(member)})
    assert answer.location == "/groups"


def test_the_last_moderator_is_told_why_they_can_not_leave(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    fakes.people.answers["leave"] = Conflict("last-moderator")
    answer = member.post("/groups/walkers/leave", data={"csrf_token": token(member)})
    assert answer.status_code == 409
    assert "last moderator" in answer.text


def test_moderators_see_requests_and_others_do_not(fakes: FakeServices, member: FlaskClient) -> None:
    assert "Carla" not in member.get("/groups/walkers").text
    lead(fakes)
    page = member.get("/groups/walkers").text
    assert "Carla" in page
    assert 'value="accept"' in page
    assert 'value="promote"' in page


def test_a_moderator_is_not_offered_to_remove_themselves(fakes: FakeServices, member: FlaskClient) -> None:
    lead(fakes)
    fakes.people.answers["members"] = Page(items=[membership("moderator", "Amina", AMINA)])
    assert 'value="remove"' not in member.get("/groups/walkers").text


@pytest.mark.parametrize(
    ("do", "method", "more"),
    [
        ("accept", "set_member", ("member",)),
        ("promote", "set_member", ("moderator",)),
        ("demote", "set_member", ("member",)),
        ("refuse", "remove_member", ()),
        ("remove", "remove_member", ()),
        ("invite", "invite", ()),
        ("withdraw", "withdraw_invitation", ()),
    ],
)
def test_moderators_decide(
    do: str, method: str, more: tuple[str, ...], fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    lead(fakes)
    fakes.people.answers.update(
        set_member=membership(), remove_member=None, invite=None, withdraw_invitation=None
    )
    form = {"do": do, "name": "Carla", "csrf_token": token(member)}
    assert member.post("/groups/walkers/members", data=form).status_code == 303
    assert fakes.people.called(method)[0][1:] == ("walkers", "Carla", *more)


def test_an_ordinary_member_can_not_decide(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.people.answers["set_member"] = Forbidden("group-moderators-only")
    form = {"do": "promote", "name": "Amina", "csrf_token": token(member)}
    assert member.post("/groups/walkers/members", data=form).status_code == 403


def test_what_is_no_decision_is_refused(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    lead(fakes)
    form = {"do": "bribe", "name": "Carla", "csrf_token": token(member)}
    assert member.post("/groups/walkers/members", data=form).status_code == 422


def test_inviting_somebody_nobody_knows_is_told_at_the_field(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    lead(fakes, kind="hidden")
    fakes.people.answers["invite"] = invalid("name", "person-unknown")
    form = {"do": "invite", "name": "Nobody", "csrf_token": token(member)}
    answer = member.post("/groups/walkers/members", data=form)
    assert answer.status_code == 422
    assert "Nobody here has this name." in answer.text
    assert 'value="Nobody"' in answer.text


def test_a_group_is_founded(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.people.answers["create_group"] = group(my_state="moderator")
    form = {
        "name": "Walkers", "slug": "walkers", "kind": "closed", "language": "en", "about": "We walk.",
        "csrf_token": token(member),
    }  # fmt: skip
    assert member.post("/groups/new", data=form).location == "/groups/walkers"
    fakes.people.answers["create_group"] = invalid("slug", "slug-taken")
    taken = member.post("/groups/new", data=form)
    assert taken.status_code == 422
    assert "There’s already a group with this address." in taken.text
    for text in ('value="walkers"', "We walk.", 'id="f-kind-closed" name="kind" value="closed" checked'):
        assert text in taken.text


@pytest.mark.parametrize(
    ("field", "value"), [("slug", "Walkers!"), ("kind", "secret"), ("name", "W"), ("about", "x" * 4001)]
)
def test_bad_input_founds_nothing(
    field: str, value: str, fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    form = {
        "name": "Walkers",
        "slug": "walkers",
        "kind": "closed",
        "language": "en",
        "about": "",
        field: value,
    }
    answer = member.post("/groups/new", data={**form, "csrf_token": token(member)})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert not fakes.people.called("create_group")


def test_a_stranger_founds_nothing(stranger: FlaskClient) -> None:
    assert stranger.get("/groups/new").status_code == 401


def test_a_groups_words_are_edited_by_its_moderators(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    assert member.get("/groups/walkers/edit").status_code == 404
    lead(fakes)
    texts = [GroupText(language="en", name="Walkers", about="We walk.")]
    fakes.people.answers["group"] = group(my_state="moderator", texts=texts)
    assert "We walk." in member.get("/groups/walkers/edit").text
    fakes.people.answers["set_group_text"] = Invalid("language-unknown")
    form = {"language": "ar", "name": "مشاة", "about": "", "csrf_token": token(member)}
    answer = member.post("/groups/walkers/edit", data=form)
    assert answer.status_code == 422
    assert "مشاة" in answer.text


# --- People


def profile() -> Profile:
    return Profile(
        id=AMINA, name="Amina", display_name="Amina B.", joined_at=MOMENT, languages=["ar", "en"], about="I *walk*.",
        place=Place(name="Cairo", country="EG"), groups=[group()], roles=["member", "editor"],
    )  # fmt: skip


def test_a_person_with_what_they_wrote(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.people.answers["person"] = profile()
    fakes.blog.answers["articles"] = Page(items=[line()])
    fakes.forum.answers["topics"] = Page(items=[topic_line()])
    fakes.forum.answers["recent_posts"] = Page(
        items=[post(), post(number=4, body="My *reply*", excerpt="My reply")]
    )
    page = stranger.get("/people/Amina").text
    for text in (
        "Amina B.",
        "Egypt",
        "I <em>walk</em>.",
        "Walkers",
        "Editor",
        "العربية",
        "Birds of the valley",
        "My reply",
    ):
        assert text in page
    assert page.count("/talk/p/") == 1, "a topic's first post stands among the topics"
    assert fakes.blog.called("articles")[0][1].author_id == AMINA


def test_another_spelling_leads_to_the_name(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.people.answers["person"] = profile()
    assert stranger.get("/people/AMINA").location == "/people/Amina"


def test_nobody_of_that_name(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.people.answers["person"] = NotFound()
    assert stranger.get("/people/nobody").status_code == 404


def test_a_persons_page_without_the_forum(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.people.answers["person"] = profile()
    fakes.forum.answers["topics"] = fakes.forum.answers["recent_posts"] = Unavailable()
    page = stranger.get("/people/Amina")
    assert page.status_code == 200
    assert "Talk can’t be reached" in page.text


def test_who_is_here(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.people.answers["people"] = Page(items=CARDS, next="more")
    page = stranger.get("/people").text
    assert "/people/Boris" in page
    assert "/people?after=more" in page
