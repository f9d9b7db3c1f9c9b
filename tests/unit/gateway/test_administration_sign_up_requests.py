"""/admin/sign-up-requests: who asks for an account, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from contracts.common import Page
from contracts.errors import Forbidden, NotFound
from contracts.sign_up_requests import SignUpRequest
from contracts.site import SiteState
from tests.unit.gateway.fakes import MEMBER, MOMENT, FakeServices

Token = Callable[[FlaskClient], str]
INVITED = SiteState(sign_up_open=False, sign_up_by_invitation=True)
PATH = "/admin/sign-up-requests"
FIRST = f"{1:016}"


def asked(number: int, username: str | None, words: str = "") -> SignUpRequest:
    return SignUpRequest(
        id=f"{number:016}", wiki="https://meta.example/w", username=username, words=words, asked_at=MOMENT,
        expires_at=MOMENT + timedelta(days=30), has_email=number == 1,
    )  # fmt: skip


@pytest.fixture
def fakes() -> FakeServices:
    fakes = FakeServices()
    fakes.be(MEMBER.model_copy(update={"roles": frozenset({"member", "administrator"})}))
    page: Page[SignUpRequest] = Page(items=[asked(1, "<i>Sam", "I map <wells>"), asked(2, None)])
    fakes.people.answers.update(sign_up_requests=page, site=INVITED, answer_sign_up_request=None)
    return fakes


def test_those_that_wait_are_listed(fakes: FakeServices, member: FlaskClient) -> None:
    page = member.get(PATH)
    assert page.headers["Cache-Control"] == "no-store"
    for text in ("&lt;i&gt;Sam", "I map &lt;wells&gt;", "meta.example", "whose name is hidden"):
        assert text in page.text
    assert page.text.count("the answer is mailed") == 1
    assert "Nobody can ask at present" not in page.text
    fakes.people.answers.update(sign_up_requests=Page(items=[]), site=SiteState())
    page = member.get(PATH)
    assert "No request waits." in page.text
    assert "Nobody can ask at present" in page.text


@pytest.mark.parametrize(("answer", "accepted"), [("accept", True), ("decline", False)])
def test_one_is_answered_with_a_reason(
    fakes: FakeServices, member: FlaskClient, token: Token, answer: str, accepted: bool
) -> None:
    form = {"csrf_token": token(member), "answer": answer, f"reason-{FIRST}": "We have met"}
    assert member.post(f"{PATH}/{FIRST}", data=form).location == PATH
    ((_, which, command),) = fakes.people.called("answer_sign_up_request")
    assert (which, command.accepted, command.reason) == (FIRST, accepted, "We have met")
    assert f"The request has been {'accepted' if accepted else 'declined'}" in member.get(PATH).text


@pytest.mark.parametrize("change", [{"answer": "perhaps"}, {f"reason-{FIRST}": " "}])
def test_what_is_wrong_is_told_at_its_field(
    fakes: FakeServices, member: FlaskClient, token: Token, change: dict[str, str]
) -> None:
    form = {"csrf_token": token(member), "answer": "accept", f"reason-{FIRST}": "We have met", **change}
    answer = member.post(f"{PATH}/{FIRST}", data=form)
    assert answer.status_code == 422
    assert f'id="e-reason-{FIRST}"' in answer.text
    assert fakes.people.called("answer_sign_up_request") == []


def test_it_is_for_administrators_and_for_what_waits(
    fakes: FakeServices, member: FlaskClient, token: Token
) -> None:
    fakes.people.answers["answer_sign_up_request"] = NotFound()
    form = {"csrf_token": token(member), "answer": "accept", f"reason-{FIRST}": "We have met"}
    assert member.post(f"{PATH}/{FIRST}", data=form).status_code == 404
    fakes.people.answers["sign_up_requests"] = Forbidden("administrators-only")
    assert member.get(PATH).status_code == 403
