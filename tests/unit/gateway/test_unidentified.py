"""Who has a session is never taken for a stranger on a page of their own, when `people` does not answer in time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from bus.rpc.context import seconds_left
from contracts.errors import Forbidden, NotFound, SignInNeeded, Unavailable
from gateway.app import SECONDS_FOR_A_PAGE
from tests.unit.gateway.fakes import FakeServices, article
from tests.unit.gateway.page_samples import topic

AWAY = Unavailable("service-away", params={"service": "people"})
TALK = f"/talk/t/{topic().id}/{topic().slug}"


@pytest.fixture
def unidentified(fakes: FakeServices, member: FlaskClient) -> FlaskClient:
    """A browser with a session, while `people` is away."""
    fakes.people.answers.update(viewer_of_session=AWAY, viewer_of_token=AWAY)
    return member


@pytest.mark.parametrize("path", ["/settings", "/notifications", "/drafts", "/news/submit", "/talk/new"])
def test_a_page_of_ones_own_is_there_in_a_moment(unidentified: FlaskClient, path: str) -> None:
    answer = unidentified.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "You’re signed in" in answer.text


@pytest.mark.parametrize("error", [NotFound(), Forbidden("not-your-article"), SignInNeeded()])
def test_what_only_its_author_sees_is_not_missing(
    fakes: FakeServices, unidentified: FlaskClient, error: Exception
) -> None:
    fakes.blog.answers.update(article=error)
    for path in ("/news/my-draft", "/news/my-draft/edit"):
        assert unidentified.get(path).status_code == 503, path


def test_a_stranger_is_still_told_what_is_not_there(fakes: FakeServices, stranger: FlaskClient) -> None:
    fakes.people.answers.update(viewer_of_session=AWAY)
    fakes.blog.answers.update(article=NotFound())
    assert stranger.get("/news/my-draft").status_code == 404


def test_a_public_page_is_shown_and_not_cached(fakes: FakeServices, unidentified: FlaskClient) -> None:
    fakes.blog.answers.update(article=article(), categories=[])
    fakes.forum.answers.update(topic_of_article=None)
    answer = unidentified.get("/news/birds-of-the-valley")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "people" in answer.text


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/notifications", "/api/v1/topics", "/live"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer space_x"}])
def test_the_api_is_there_in_a_moment(unidentified: FlaskClient, path: str, headers: dict[str, str]) -> None:
    answer = unidentified.get(path, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json is not None
    assert answer.json["code"] == ("service-away" if headers else "session-unchecked")


def test_a_form_is_not_called_expired(
    fakes: FakeServices, member: FlaskClient, token: Callable[[FlaskClient], str]
) -> None:
    form = {"csrf_token": token(member), "title": "T", "body": "B", "category": "help", "language": "en"}
    fakes.people.answers["viewer_of_session"] = AWAY
    answer = member.post("/talk/new", data=form)
    assert answer.status_code == 503
    assert fakes.forum.called("create_topic") == []


def test_the_wiki_s_api_does_not_answer_as_to_a_stranger(unidentified: FlaskClient) -> None:
    answer = unidentified.get("/api.php?action=query&meta=notifications&format=json")
    assert answer.status_code == 503


def test_time_is_left_for_what_is_public(fakes: FakeServices, member: FlaskClient) -> None:
    left: list[float] = []

    def viewer_of_session(*_: object) -> None:
        left.append(seconds_left())
        raise AWAY

    fakes.people.answers.update(viewer_of_session=viewer_of_session)
    member.get("/about")
    assert left
    assert left[0] <= SECONDS_FOR_A_PAGE / 2
