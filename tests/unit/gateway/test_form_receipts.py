"""The browser keeps what is written into a form until the server says that it arrived."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from contracts.errors import Unavailable, invalid
from gateway import form_receipts
from tests.unit.gateway.fakes import MEMBER, FakeServices
from tests.unit.gateway.page_samples import topic

Token = Callable[[FlaskClient], str]
MARK = "abcd1234efgh"


@pytest.fixture(autouse=True)
def forum_takes_it(fakes: FakeServices) -> None:
    fakes.forum.answers["create_topic"] = topic()


def sent(client: FlaskClient, token: Token, mark: str) -> str:
    """The mark that comes back after a topic was sent; `""` if none does."""
    form = {"csrf_token": token(client), "title": "T", "body": "B", "language": "en", "kept": mark}
    answer = client.post("/talk/new", data=form)
    found = [
        cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith(form_receipts.COOKIE)
    ]
    return re.split("[=;]", found[0])[1] if found else ""


def test_an_accepted_form_answers_its_mark(member: FlaskClient, token: Token) -> None:
    assert sent(member, token, MARK) == MARK


def test_a_refused_form_does_not(member: FlaskClient, token: Token, fakes: FakeServices) -> None:
    fakes.forum.answers["create_topic"] = invalid("title", "too-long")
    assert sent(member, token, MARK) == ""


def test_nor_one_that_no_service_took(member: FlaskClient, token: Token, fakes: FakeServices) -> None:
    fakes.forum.answers["create_topic"] = Unavailable("service-away")
    assert sent(member, token, MARK) == ""


def test_nor_one_whose_token_is_over(member: FlaskClient) -> None:
    assert sent(member, lambda client: "gone", MARK) == ""


@pytest.mark.parametrize("mark", ["", "short", "x" * 41, "abcd1234; Domain=elsewhere", "<script>"])
def test_only_a_mark_is_answered(member: FlaskClient, token: Token, mark: str) -> None:
    assert sent(member, token, mark) == ""


@pytest.mark.parametrize("path", ["/talk/new", "/events/new", "/groups/new"])
def test_a_form_says_whose_copy_it_is(member: FlaskClient, path: str) -> None:
    assert f'data-keep="{MEMBER.person_id} ' in member.get(path).text
