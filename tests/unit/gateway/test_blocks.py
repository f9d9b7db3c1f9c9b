"""/settings/people, and what somebody wrote whom the reader has blocked or muted."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from contracts.blocks import BlockPerson, BlockView
from contracts.blog import ArticleLine
from contracts.common import Page
from contracts.errors import Unavailable, invalid
from contracts.forum import TopicLine
from contracts.people import Profile
from tests.unit.gateway.fakes import AMINA, BORIS, MOMENT, FakeServices, article, line
from tests.unit.gateway.page_samples import event, event_line, post, topic, topic_line

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


@pytest.mark.parametrize("path", ["/", "/news", "/talk", "/events", "/tags/maps"])
def test_what_they_wrote_is_left_out_of_lists_for_their_reader_alone(
    path: str, stranger: FlaskClient, member: FlaskClient, fakes: FakeServices
) -> None:
    articles = Page[ArticleLine](
        items=[line(author_id=BORIS, slug="his"), line(author_id=AMINA, slug="hers")]
    )
    fakes.blog.answers.update(articles=articles, categories=[])
    topics = Page[TopicLine](items=[topic_line(author_id=BORIS), topic_line(author_id=AMINA)])
    fakes.forum.answers.update(topics=topics, categories=[])
    fakes.events.answers.update(events=Page(items=[event_line(author_id=BORIS)]))
    shown = member.get(path).text
    assert " hidden>" not in _lists(shown)
    fakes.people.answers["blocked_ids"] = [BORIS]
    left_out = _lists(member.get(path).text)
    hidden = re.findall(r"<(?:li|article)\b[^>]* hidden>", left_out)
    assert len(hidden) == {"/": 3, "/news": 1, "/talk": 2, "/events": 1, "/tags/maps": 3}[path]
    assert re.sub(r" hidden>", ">", left_out) == _lists(shown), (
        "nothing else differs: not a number, not a cursor"
    )
    assert " hidden>" not in _lists(stranger.get(path).text)


def test_their_own_page_shows_all_and_says_so(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.people.answers["person"] = Profile(id=BORIS, name="Boris", display_name="Boris", joined_at=MOMENT)
    fakes.blog.answers["articles"] = Page(items=[line(author_id=BORIS)])
    fakes.forum.answers.update(topics=Page(items=[]), recent_posts=Page(items=[]))
    fakes.events.answers["events"] = Page(items=[])
    assert "blocked or muted this person" not in member.get("/people/Boris").text
    fakes.people.answers["blocked_ids"] = [BORIS]
    page = member.get("/people/Boris").text
    assert "blocked or muted this person" in page
    assert f'href="/settings/people?id={BORIS}"' in page
    assert " hidden>" not in _lists(page)


def test_their_comments_on_an_article_are_collapsed(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = article(status="published", published_at=MOMENT)
    fakes.forum.answers.update(
        topic_of_article=topic(),
        posts=Page(items=[post(author_id=BORIS, number=2), post(author_id=AMINA, number=3)]),
    )
    fakes.people.answers["blocked_ids"] = [BORIS]
    assert member.get("/news/birds-of-the-valley").text.count('<details class="collapsed">') == 1


def test_their_article_and_event_are_collapsed_at_their_own_address(
    stranger: FlaskClient, member: FlaskClient, fakes: FakeServices
) -> None:
    told = article(status="published", published_at=MOMENT, author_id=BORIS, summary="Of birds")
    fakes.blog.answers["article"] = told
    fakes.forum.answers.update(topic_of_article=topic(), posts=Page(items=[]))
    fakes.events.answers.update(event=event(author_id=BORIS), attendance=None, attendees=Page(items=[]))
    for path, curtains in (("/news/birds-of-the-valley", 2), ("/events/000000000000000e/picnic", 1)):
        plain = member.get(path, follow_redirects=True).text
        assert 'class="collapsed"' not in plain
        fakes.people.answers["blocked_ids"] = [BORIS]
        page = member.get(path, follow_redirects=True).text
        assert page.count('<details class="collapsed">') == page.count("</details>") - plain.count(
            "</details>"
        )
        assert page.count('<details class="collapsed">') == curtains
        # All that they wrote is behind it, and the page is the same otherwise.
        opened = re.sub(r'<details class="collapsed"><summary>[^<]*</summary>', "", page)
        assert opened.count("<p>") == plain.count("<p>")
        assert 'class="collapsed"' not in stranger.get(path, follow_redirects=True).text
        fakes.people.answers["blocked_ids"] = []


def _lists(page: str) -> str:
    """The page's content, without what is new each time."""
    main = page.split('<main id="main"')[1].split("</main>")[0]
    return re.sub(r'value="[^"]*"', "", main)
