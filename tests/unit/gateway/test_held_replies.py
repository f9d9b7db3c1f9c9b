"""/mail/held/…: a reply that came by mail and was not posted, for whoever has its link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from contracts.errors import Forbidden, NotFound, invalid
from contracts.mail_in import HeldReply
from core.audience import STRANGER
from tests.unit.gateway.fakes import MOMENT, TOPIC, FakeServices

HELD = HeldReply(
    topic_id=TOPIC, body="Come at <b>nine</b>, *please*.", code="topic-closed", received_at=MOMENT,
    until=MOMENT + timedelta(days=14),
)  # fmt: skip
ADDRESS = "/mail/held/abc"


@pytest.fixture(autouse=True)
def answers(fakes: FakeServices) -> None:
    fakes.mail.answers |= {"held_reply": HELD, "post_held_reply": HELD}


def test_to_open_the_link_shows_it_and_does_nothing(stranger: FlaskClient, fakes: FakeServices) -> None:
    page = stranger.get(ADDRESS)
    assert "This topic is closed" in page.text
    assert "<em>please</em>" in page.text
    assert "<b>nine</b>" not in page.text
    assert f'action="{ADDRESS}"' in page.text
    assert fakes.mail.called("post_held_reply") == []
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert 'name="robots" content="noindex"' in page.text


def test_one_press_posts_it_without_signing_in(stranger: FlaskClient, fakes: FakeServices) -> None:
    answer = stranger.post(ADDRESS)
    assert (answer.status_code, answer.headers["Location"]) == (303, ADDRESS)
    assert fakes.mail.called("post_held_reply") == [(STRANGER, "abc")]
    fakes.mail.answers["held_reply"] = HELD.model_copy(update={"body": "", "post_id": "0" * 16})
    page = stranger.get(ADDRESS).text
    assert "Your reply is posted" in page
    assert f'href="/talk/p/{"0" * 16}"' in page
    assert "<form" not in page.partition("<main")[2]


def test_what_keeps_it_from_being_posted_is_said(stranger: FlaskClient, fakes: FakeServices) -> None:
    for error, said in (
        (Forbidden("suspended"), "Your account is suspended"),
        (NotFound(), "nothing at this address"),
        (invalid("body", "text-blocked"), ""),
    ):
        fakes.mail.answers["post_held_reply"] = error
        answer = stranger.post(ADDRESS)
        assert answer.status_code == error.status
        assert said in answer.text
        assert "nine" in answer.text, "it is not lost"


def test_what_waits_for_a_moderator_says_so(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.mail.answers["held_reply"] = HELD.model_copy(update={"body": "", "waits": True})
    page = stranger.get(ADDRESS).text
    assert "A moderator has to read your reply first" in page
    assert "<form" not in page.partition("<main")[2]


@pytest.mark.parametrize("token", ["none", "a" * 101, "%C3%A9"])
def test_a_link_that_is_none(stranger: FlaskClient, fakes: FakeServices, token: str) -> None:
    fakes.mail.answers["held_reply"] = fakes.mail.answers["post_held_reply"] = NotFound("mail-link-unknown")
    for answer in (stranger.get(f"/mail/held/{token}"), stranger.post(f"/mail/held/{token}")):
        assert answer.status_code == 404
        assert "nine" not in answer.text
