"""/settings/people, and what somebody wrote whom the reader has blocked or muted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from contracts.blocks import BlockPerson, BlockView
from contracts.common import Page
from contracts.errors import Unavailable, invalid
from tests.unit.gateway.fakes import AMINA, BORIS, MOMENT, FakeServices
from tests.unit.gateway.page_samples import post, topic

Token = Callable[[FlaskClient], str]
PATH = "/settings/people"


@pytest.fixture(autouse=True)
def known(fakes: FakeServices) -> None:
    fakes.people.answers.update(
        blocks=Page(items=[BlockView(person_id=BORIS, level="mute", since=MOMENT)]), unblock=None,
        block=BlockView(person_id=BORIS, level="block", since=MOMENT), blocked_ids=[],
    )  # fmt: skip


def test_it_is_ones_own(stranger: FlaskClient, member: FlaskClient, token: Token) -> None:
    assert stranger.get(PATH).status_code == 401
    sent = {"csrf_token": token(stranger), "do": "block", "id": BORIS}
    assert stranger.post(PATH, data=sent).status_code == 401
    page = member.get(PATH).text
    assert "Boris" in page
    assert "muted" in page


def test_a_person_is_chosen_by_id(member: FlaskClient) -> None:
    assert 'value="mute"' in member.get(f"{PATH}?id={BORIS}").text
    assert member.get(f"{PATH}?id=0nobody000000000").status_code == 404


@pytest.mark.parametrize("level", ["mute", "block"])
def test_buttons_block_mute_and_clear(
    member: FlaskClient, fakes: FakeServices, token: Token, level: str
) -> None:
    sent = {"csrf_token": token(member), "do": level, "id": BORIS}
    answer = member.post(PATH, data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, PATH)
    assert fakes.people.called("block")[0][1:] == ("Boris", BlockPerson.model_validate({"level": level}))
    assert member.post(PATH, data={**sent, "do": "clear"}).status_code == 303
    assert fakes.people.called("unblock")[0][1:] == ("Boris",)
    assert member.post(PATH, data={**sent, "do": "shame"}).status_code == 422
    assert member.post(PATH, data={**sent, "id": "0nobody000000000"}).status_code == 404


def test_a_refusal_is_told(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.people.answers["block"] = invalid("name", "block-self")
    answer = member.post(PATH, data={"csrf_token": token(member), "do": "block", "id": AMINA})
    assert answer.status_code == 422
    assert "block or mute yourself" in answer.text


def test_what_they_wrote_is_collapsed_for_their_reader_alone(
    stranger: FlaskClient, member: FlaskClient, fakes: FakeServices
) -> None:
    fakes.forum.answers.update(topic=topic(), posts=Page(items=[post(author_id=BORIS)]))
    path = "/talk/t/000000000000000b/a-topic"
    assert "<details" not in _posts(member.get(path, follow_redirects=True).text)
    fakes.people.answers["blocked_ids"] = [BORIS]
    page = _posts(member.get(path, follow_redirects=True).text)
    assert page.count('<details class="collapsed">') == page.count("</details>") == 1
    assert "<details" not in _posts(stranger.get(path, follow_redirects=True).text)
    fakes.people.answers["blocked_ids"] = Unavailable()
    assert member.get(path, follow_redirects=True).status_code == 200


def _posts(page: str) -> str:
    return page.split('<div class="posts">')[1].split('id="reply"')[0]
