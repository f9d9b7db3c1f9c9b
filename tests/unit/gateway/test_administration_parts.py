"""/admin/people/<name>/parts: roles for parts of the site, and what they do on pages at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from contracts.administration import HeldRole, LogEntry
from contracts.common import Page
from contracts.errors import invalid
from contracts.sign_up_invitations import Invitee
from tests.unit.gateway.fakes import AMINA, BORIS, MEMBER, MOMENT, FakeServices, account

pytestmark = pytest.mark.slow

Token = Callable[[FlaskClient], str]
FORM = {"role": "moderator", "language": "de", "reason": "Writes it", "form_id": "form-of-the-page"}


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.be(MEMBER.model_copy(update={"roles": frozenset({"member", "administrator"})}))
    entry = LogEntry(
        id="e", at=MOMENT, by_id=AMINA, action="role-granted", item=BORIS, detail="editor news:reports"
    )
    fakes.people.answers.update(
        person=account(id=BORIS, name="Boris"),
        invited_by=Invitee(by_id=AMINA),
        roles_held=[
            HeldRole(role="moderator", part="language:de"),
            HeldRole(role="editor", part="group:photo"),
        ],
        administration_log=Page(items=[entry]),
    )
    for service in (fakes.forum, fakes.blog):
        service.answers["categories"] = []
    return fakes


def texts(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_roles_for_parts_are_named_in_words_and_can_be_taken(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    page = member.get("/admin/people/Boris").text
    assert "Take the role “Moderator (language: Deutsch)”" in texts(page)
    assert "Take the role “Editor (group: photo)”" in texts(page)
    assert "Amina gave Boris the role “Editor (category in News: reports)”." in texts(page)
    assert "Moderator (language: Deutsch)" in texts(member.get("/admin/people/Boris/parts").text)
    fakes.people.answers["change_role"] = account(id=BORIS, name="Boris")
    form = {"csrf_token": token(member), "change": "revoke-moderator language:de", "reason": "Left"}
    assert member.post("/admin/people/Boris", data=form).status_code == 303
    ((_, _, command),) = fakes.people.called("change_role")
    assert (command.role, command.part, command.held) == ("moderator", "language:de", False)


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({}, "language:de"),
        ({"language": "", "category": "talk:general"}, "talk:general"),
        ({"language": "", "group": " photo "}, "group:photo"),
    ],
)
def test_a_role_for_a_part_is_given(
    fakes: FakeServices, member: FlaskClient, token: Token, fields: dict[str, str], part: str
) -> None:
    fakes.people.answers["change_role"] = account(id=BORIS, name="Boris")
    answer = member.post("/admin/people/boris/parts", data={"csrf_token": token(member), **FORM, **fields})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/people/Boris")
    ((_, name, command),) = fakes.people.called("change_role")
    assert (name, command.role, command.held, command.part) == ("boris", "moderator", True, part)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"language": ""}, "language"),
        ({"group": "photo"}, "language"),
        ({"language": "", "group": "No Such"}, "group"),
        ({"reason": ""}, "reason"),
        ({"role": "administrator"}, "role"),
    ],
)
def test_what_is_not_one_part_is_shown_again_at_its_field(
    fakes: FakeServices, member: FlaskClient, token: Token, fields: dict[str, str], field: str
) -> None:
    fakes.people.answers["change_role"] = invalid("role", "role-whole")
    answer = member.post("/admin/people/Boris/parts", data={"csrf_token": token(member), **FORM, **fields})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
