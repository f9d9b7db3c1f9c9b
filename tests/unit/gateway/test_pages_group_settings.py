"""Invitations, words with requests, archived groups, and groups that don't show who is in them, on pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from contracts.common import Page
from contracts.errors import NotFound, invalid
from contracts.forum import ForumCategory
from contracts.groups import ChangeGroup, GroupInvitation, Invited
from tests.unit.gateway.fakes import AMINA, BORIS, MEMBER, MOMENT, FakeServices
from tests.unit.gateway.page_samples import GROUP, group, membership

Token = Callable[[FlaskClient], str]


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.be(MEMBER.model_copy(update={"groups": frozenset({GROUP}), "moderates": frozenset({GROUP})}))
    fakes.people.answers.update(
        group=group(my_state="moderator"),
        groups=Page(items=[group()]),
        archived_groups=Page(items=[group(archived=True)]),
        members=Page(items=[membership()]),
        invited=Page(items=[]),
        invitations=[],
    )
    return fakes


def test_an_invitation_is_answered(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.be(MEMBER)
    waiting = GroupInvitation(slug="walkers", name="Walkers", language="en", by_id=BORIS, at=MOMENT)
    fakes.people.answers.update(
        group=group(my_state="none", invited=True, kind="hidden"),
        invitations=[waiting],
        answer_invitation=None,
    )
    assert "Your invitations" in member.get("/groups").text
    page = member.get("/groups/walkers").text
    assert "Accept the invitation" in page
    assert "Ask to join" not in page
    for do, location in (("accept", "/groups/walkers"), ("decline", "/groups")):
        form = {"csrf_token": token(member), "do": do}
        answer = member.post("/groups/walkers/invitation", data=form)
        assert (answer.status_code, answer.location) == (303, location)
    given = [args[1:] for args in fakes.people.called("answer_invitation")]
    assert given == [("walkers", True), ("walkers", False)]
    form = {"csrf_token": token(member), "do": "wait"}
    assert member.post("/groups/walkers/invitation", data=form).status_code == 422
    fakes.people.answers["answer_invitation"] = NotFound()
    form = {"csrf_token": token(member), "do": "accept"}
    assert member.post("/groups/walkers/invitation", data=form).status_code == 404


def test_moderators_see_who_was_invited(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.people.answers["invited"] = Page(
        items=[
            Invited(person_id=BORIS, by_id=AMINA, at=MOMENT),
            Invited(person_id=AMINA, by_id=AMINA, at=MOMENT - timedelta(days=1), declined=True),
        ]
    )
    page = member.get("/groups/walkers").text
    assert page.count('value="withdraw"') == 1
    assert "declined" in page
    assert "Invite somebody" in page


def test_who_asks_to_join_writes_words_for_the_moderators(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    fakes.be(MEMBER)
    fakes.people.answers.update(group=group(my_state="none"), ask_to_join=None)
    assert "A few words about yourself" in member.get("/groups/walkers").text
    form = {"csrf_token": token(member), "words": " I walk. "}
    assert member.post("/groups/walkers/join", data=form).status_code == 303
    ((_, slug, command),) = fakes.people.called("ask_to_join")
    assert (slug, command.words) == ("walkers", "I walk.")
    form = {"csrf_token": token(member), "words": "x" * 1001}
    again = member.post("/groups/walkers/join", data=form)
    assert again.status_code == 422
    assert 'id="e-words"' in again.text


def test_words_with_a_request_are_shown_as_they_were_written(
    fakes: FakeServices, member: FlaskClient
) -> None:
    asked = membership("requested", may_manage=True).model_copy(update={"words": "<b>Please</b>"})
    fakes.people.answers["members"] = Page(items=[asked])
    assert "&lt;b&gt;Please&lt;/b&gt;" in member.get("/groups/walkers").text


def test_an_archived_group_is_read_and_not_written(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.people.answers["group"] = group(my_state="member", archived=True)
    page = member.get("/groups/walkers").text
    assert "Archived: what was written stays" in page
    for gone in ("/talk/new", "/events/new?", "/news/submit?", 'value="invite"', "/edit"):
        assert gone not in page.partition("<main")[2]
    listed = member.get("/groups/archived").text
    assert "Archived groups" in listed
    assert "/groups/walkers" in listed


@pytest.mark.parametrize(
    ("do", "command"),
    [
        ("archive", ChangeGroup(archived=True)),
        ("take-up", ChangeGroup(archived=False)),
        ("hide-members", ChangeGroup(members_shown=False)),
        ("show-members", ChangeGroup(members_shown=True)),
        ("words-by-mail", ChangeGroup(words_by_mail=True)),
        ("no-words-by-mail", ChangeGroup(words_by_mail=False)),
    ],
)
def test_settings_are_changed(
    fakes: FakeServices, member: FlaskClient, token: Token, do: str, command: ChangeGroup
) -> None:
    fakes.people.answers["change_group"] = None
    assert "Archive the group" in member.get("/groups/walkers/settings").text
    form = {"csrf_token": token(member), "do": do}
    assert member.post("/groups/walkers/settings", data=form).status_code == 303
    assert [args[1:] for args in fakes.people.called("change_group")] == [("walkers", command)]


def test_handing_over_to_somebody_who_is_not_inside_is_told_at_the_field(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    fakes.people.answers["hand_over"] = None
    form = {"csrf_token": token(member), "do": "hand-over", "name": "Boris"}
    assert member.post("/groups/walkers/settings", data=form).status_code == 303
    fakes.people.answers["hand_over"] = invalid("name", "group-not-inside")
    answer = member.post("/groups/walkers/settings", data={**form, "csrf_token": token(member)})
    assert answer.status_code == 422
    assert 'id="e-name"' in answer.text
    form = {"csrf_token": token(member), "do": "sell"}
    assert member.post("/groups/walkers/settings", data=form).status_code == 422


def test_settings_are_for_moderators_and_taking_up_also_for_the_sites(
    fakes: FakeServices, member: FlaskClient
) -> None:
    for rights, status in (({}, 404), ({"may_take_up": True, "archived": True}, 200)):
        fakes.people.answers["group"] = group(my_state="member", **rights)
        assert member.get("/groups/walkers/settings").status_code == status


def test_a_group_that_hides_its_members_says_so(fakes: FakeServices, stranger: FlaskClient) -> None:
    hiding = group(members=0, members_shown=False, may_see_members=False)
    fakes.people.answers.update(group=hiding, members=Page(items=[]), groups=Page(items=[hiding]))
    page = stranger.get("/groups/walkers").text
    assert "Only members see who’s in this group." in page
    assert "members</" not in stranger.get("/groups").text


def test_a_groups_categories_are_added_and_closed(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    audience = f"group:{GROUP}"
    own = ForumCategory(slug="walks-1", name="Night walks", about="", language="en", audience=audience)
    public = ForumCategory(slug="general", name="Everything else", about="", language="en")
    fakes.forum.answers.update(
        categories=[public, own], add_group_category="walks-2", set_group_category=None
    )
    for path in ("/groups/walkers", "/groups/walkers/settings"):
        page = member.get(path).text
        assert "/talk/c/walks-1" in page
        assert "Everything else" not in page
    send = {"csrf_token": token(member), "do": "add-category", "category": "Day walks", "about": "Sun"}
    answer = member.post("/groups/walkers/settings", data=send)
    assert (answer.status_code, answer.location) == (303, "/groups/walkers/settings")
    ((_, added),) = fakes.forum.called("add_group_category")
    assert (added.audience, added.name, added.about, added.language) == (audience, "Day walks", "Sun", "en")
    for do, closed in (("close-category", True), ("open-category", False)):
        send = {"csrf_token": token(member), "do": do, "slug": "walks-1"}
        assert member.post("/groups/walkers/settings", data=send).status_code == 303
        _, slug, command = fakes.forum.called("set_group_category")[-1]
        assert (slug, command.closed) == ("walks-1", closed)
    send = {"csrf_token": token(member), "do": "add-category", "category": ""}
    again = member.post("/groups/walkers/settings", data=send)
    assert again.status_code == 422
    assert 'id="e-category"' in again.text


def test_one_of_a_groups_categories_is_merged_into_another(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    audience = group().audience
    public, walks, rides = (
        ForumCategory(slug=slug, name=slug.title(), about="", language="en", topics=1, audience=seen_by)
        for slug, seen_by in (("help", "public"), ("walks", audience), ("rides", audience))
    )
    fakes.forum.answers.update(categories=[public, walks], merge_category=None)
    path = "/groups/walkers/settings"
    assert 'value="merge-category"' not in member.get(path).text, "there is no other one"
    fakes.forum.answers["categories"] = [public, walks, rides]
    page = member.get(path).text
    assert 'value="merge-category"' in page
    assert '<option value="help"' not in page
    send = {"csrf_token": token(member), "do": "merge-category", "which": "walks", "into": "rides"}
    refused = member.post(path, data=send)
    assert refused.status_code == 422
    assert 'id="e-reason"' in refused.text
    # What is not the group's own is not merged from here, whatever else the viewer moderates.
    for which in ("help", "", "none"):
        answer = member.post(path, data={**send, "which": which, "reason": "Few walk"})
        assert answer.status_code == 422
        assert 'id="e-which"' in answer.text
    assert fakes.forum.called("merge_category") == []
    assert member.post(path, data={**send, "reason": "Few walk"}).location == path
    ((_, which, command),) = fakes.forum.called("merge_category")
    assert (which, command.into, command.reason) == ("walks", "rides", "Few walk")
    fakes.forum.answers["merge_category"] = invalid("into", "category-same")
    same = member.post(path, data={**send, "reason": "Few walk"})
    assert 'id="e-into"' in same.text
    fakes.people.answers["group"] = group(my_state="member", may_moderate=False)
    assert member.post(path, data={**send, "reason": "Few walk"}).status_code == 404
