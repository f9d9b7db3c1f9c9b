"""/admin/invitations: codes to sign up with, and the form that asks for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from contracts.common import Page
from contracts.errors import Forbidden, invalid
from contracts.sign_up_invitations import NewSignUpInvitation, SignUpInvitation
from contracts.site import SetSignUp, SiteState
from tests.unit.gateway.fakes import AMINA, MEMBER, MOMENT, FakeServices

Token = Callable[[FlaskClient], str]
INVITED = SiteState(sign_up_open=False, sign_up_by_invitation=True)


def invitation(number: int = 0, **changes: object) -> SignUpInvitation:
    return SignUpInvitation(
        id=f"{number:016}", reason="<i>A workshop</i>", by_id=AMINA, created_at=MOMENT,
        expires_at=MOMENT + timedelta(days=9), uses=3, used=1,
    ).model_copy(update=changes)  # fmt: skip


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.be(MEMBER.model_copy(update={"roles": frozenset({"member", "administrator"})}))
    listed = [
        invitation(1),
        invitation(2, is_open=False, revoked_at=MOMENT),
        invitation(3, is_open=False, used=3),
    ]
    fakes.people.answers.update(sign_up_invitations=Page(items=listed), site=INVITED)
    return fakes


def test_all_are_listed_with_what_is_left_of_them(member: FlaskClient) -> None:
    page = member.get("/admin/invitations")
    assert page.headers["Cache-Control"] == "no-store"
    for text in ("used by 1 of 3 people", "revoked", "used up or expired", "&lt;i&gt;A workshop&lt;/i&gt;"):
        assert text in page.text
    assert page.text.count("/revoke") == 1


def test_a_code_is_shown_once(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    made = NewSignUpInvitation(**invitation().model_dump(), code="a-secret-code")
    fakes.people.answers["create_sign_up_invitation"] = made
    form = {"csrf_token": token(member), "uses": "3", "days": "9", "reason": "A workshop"}
    answer = member.post("/admin/invitations", data=form)
    assert "/sign-up?invitation=a-secret-code" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "a-secret-code" not in member.get("/admin/invitations").text
    ((_, command),) = fakes.people.called("create_sign_up_invitation")
    assert (command.uses, command.days, command.reason) == (3, 9, "A workshop")


@pytest.mark.parametrize(("field", "value"), [("uses", "0"), ("days", "x"), ("reason", " ")])
def test_what_is_wrong_is_told_at_its_field(
    member: FlaskClient, token: Token, field: str, value: str
) -> None:
    form = {"csrf_token": token(member), "uses": "3", "days": "9", "reason": "A workshop", field: value}
    answer = member.post("/admin/invitations", data=form)
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text


def test_one_is_revoked_with_a_reason(fakes: FakeServices, member: FlaskClient, token: Token) -> None:
    fakes.people.answers["revoke_sign_up_invitation"] = None
    of_first = f"reason-{1:016}"
    form = {"csrf_token": token(member), of_first: "Posted in public"}
    assert member.post(f"/admin/invitations/{1:016}/revoke", data=form).status_code == 303
    ((_, which, command),) = fakes.people.called("revoke_sign_up_invitation")
    assert (which, command.reason) == (f"{1:016}", "Posted in public")
    answer = member.post(f"/admin/invitations/{1:016}/revoke", data={**form, of_first: ""})
    assert answer.status_code == 422
    assert f'id="e-{of_first}"' in answer.text


def test_it_is_for_administrators(fakes: FakeServices, member: FlaskClient) -> None:
    fakes.people.answers["sign_up_invitations"] = Forbidden("administrators-only")
    assert member.get("/admin/invitations").status_code == 403


def test_the_site_says_that_only_the_invited_sign_up(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    fakes.people.answers.update(set_sign_up=None)
    form = {"csrf_token": token(member), "do": "sign-up", "open": "invited", "sign-up_reason": "A flood"}
    member.post("/admin/site", data=form)
    assert fakes.people.called("set_sign_up")[0][1] == SetSignUp(
        open=False, by_invitation=True, reason="A flood"
    )


def test_the_form_asks_for_a_code_and_has_that_of_the_link(
    fakes: FakeServices, stranger: FlaskClient, token: Token
) -> None:
    assert 'value="a-code"' in stranger.get("/sign-up?invitation=a-code").text
    fakes.people.answers["register"] = invalid("invitation", "invitation-wrong")
    form = {
        "csrf_token": token(stranger), "name": "Sam", "password": "correct horse battery",
        "invitation": "a-code",
    }  # fmt: skip
    answer = stranger.post("/sign-up", data=form)
    assert answer.status_code == 422
    assert 'id="e-invitation"' in answer.text
    assert fakes.people.called("register")[0][1].invitation.get_secret_value() == "a-code"
    fakes.people.answers["site"] = SiteState()
    assert 'name="invitation"' not in stranger.get("/sign-up?invitation=a-code").text
