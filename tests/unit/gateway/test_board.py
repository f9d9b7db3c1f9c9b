"""The editorial board: queue, steps, agenda."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from contracts.blog import ArticleLine, ArticleQuery, Remarked
from contracts.common import Page
from contracts.errors import Conflict, Forbidden, invalid
from core import clock
from core.audience import Viewer
from gateway.blog.board import FIRST_MEETING, MEETING_INTERVAL, next_meeting
from tests.unit.gateway.fakes import ARTICLE, BORIS, EDITOR, MOMENT, FakeServices, article, line

Token = Callable[[FlaskClient], str]
STEP = "/news/birds-of-the-valley/board"
BOARD_STEPS = ["send_back", "decline", "publish", "schedule"]


def test_the_queue_is_for_members(stranger: FlaskClient, member: FlaskClient, fakes: FakeServices) -> None:
    assert stranger.get("/news/board").status_code == 401
    fakes.blog.answers["on_board"] = False
    page = member.get("/news/board?state=returned&category=stories")
    assert page.status_code == 200
    assert "Editors publish" in page.text
    query = fakes.blog.called("articles")[0][1]
    assert (query.status, query.category) == ("returned", "stories")


def test_published_articles_are_no_queue(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["on_board"] = True
    member.get("/news/board?state=published")
    assert fakes.blog.called("articles")[0][1].status == "submitted"


def test_only_the_board_is_offered_its_steps(member: FlaskClient, fakes: FakeServices) -> None:
    waiting = article(status="submitted", published_at=None, author_id=BORIS, may_edit=True)
    fakes.blog.answers["article"] = waiting
    assert 'value="publish"' not in member.get("/news/birds-of-the-valley").text
    fakes.blog.answers["article"] = waiting.model_copy(update={"on_board": True, "steps": BOARD_STEPS})
    page = member.get("/news/birds-of-the-valley").text
    assert all(f'value="{step}"' in page for step in ("publish", "send_back", "decline", "schedule"))


def test_nobody_is_offered_to_publish_their_own(member: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = article(
        status="submitted", published_at=None, may_edit=True, on_board=True, steps=[]
    )
    page = member.get("/news/birds-of-the-valley").text
    assert 'value="publish"' not in page
    assert "You can’t publish your own article" in page


@pytest.mark.parametrize(
    ("do", "more", "method", "last"),
    [
        ("submit", {}, "submit", ARTICLE),
        ("publish", {"revision": "7"}, "publish_revision", 7),
        ("send_back", {"remark": "A source?"}, "send_back", "A source?"),
        ("decline", {"remark": "Not ours."}, "decline", "Not ours."),
    ],
)
def test_each_button_is_its_step(
    member: FlaskClient,
    fakes: FakeServices,
    token: Token,
    do: str,
    more: dict[str, str],
    method: str,
    last: str | int,
) -> None:
    fakes.blog.answers.update({"article": article(), method: article()})
    answer = member.post(STEP, data={"csrf_token": token(member), "do": do, **more})
    assert answer.status_code == 303
    assert fakes.blog.called(method)[0][-1] == last


def test_a_scheduled_time_is_in_the_readers_zone(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.blog.answers.update(article=article(), schedule_revision=article())
    member.set_cookie("space_timezone", "Asia/Kolkata")
    member.post(
        STEP, data={"csrf_token": token(member), "do": "schedule", "at": "2026-12-01T09:30", "revision": "7"}
    )
    at, revision = fakes.blog.called("schedule_revision")[0][2:]
    assert (at.astimezone(UTC), revision) == (datetime(2026, 12, 1, 4, 0, tzinfo=UTC), 7)


@pytest.mark.parametrize(
    "form",
    [
        {"do": "schedule", "at": "soon", "revision": "7"},
        {"do": "schedule", "at": "2999-01-01T10:00"},
        {"do": "publish"},
        {"do": "publish", "revision": "²"},
        {"do": "send_back", "remark": " "},
        {"do": "decline"},
        {"do": "eat"},
        {},
    ],
)
def test_a_step_that_makes_no_sense_is_refused(
    member: FlaskClient, fakes: FakeServices, token: Token, form: dict[str, str]
) -> None:
    fakes.blog.answers["article"] = article()
    assert member.post(STEP, data={"csrf_token": token(member), **form}).status_code == 422


def test_a_refused_step_gives_back_what_was_typed_and_says_why_at_the_field(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.be(EDITOR)
    fakes.blog.answers.update(
        article=article(
            status="submitted", published_at=None, author_id=BORIS, on_board=True, steps=BOARD_STEPS
        ),
        send_back=invalid("remark", "too-long", most=2000),
        schedule_revision=invalid("at", "date-wrong"),
    )
    form = {
        "csrf_token": token(member),
        "revision": "7",
        "remark": "A source, please?",
        "at": "2020-01-01T10:00",
    }
    answer = member.post(STEP, data={**form, "do": "send_back"})
    assert answer.status_code == 422
    assert "A source, please?</textarea>" in answer.text
    assert 'id="e-remark"' in answer.text
    assert 'href="#f-remark"' in answer.text
    answer = member.post(STEP, data={**form, "do": "schedule"})
    assert 'value="2020-01-01T10:00"' in answer.text
    assert 'id="e-at"' in answer.text
    assert 'id="e-remark"' not in answer.text


def test_a_step_that_came_too_late_says_so_on_the_article(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.be(EDITOR)
    fakes.blog.answers.update(article=article(), publish_revision=Conflict("step-not-now"))
    answer = member.post(STEP, data={"csrf_token": token(member), "do": "publish", "revision": "7"})
    assert answer.status_code == 409
    assert 'id="form-summary"' in answer.text


def test_the_blog_decides_who_may(member: FlaskClient, fakes: FakeServices, token: Token) -> None:
    fakes.blog.answers.update(article=article(), publish_revision=Forbidden("not-on-board"))
    form = {"csrf_token": token(member), "do": "publish", "revision": "7"}
    assert member.post(STEP, data=form).status_code == 403


def test_publishing_a_text_that_was_not_read_shows_what_to_read(
    member: FlaskClient, fakes: FakeServices, token: Token
) -> None:
    fakes.be(EDITOR)
    waiting = article(
        status="submitted",
        published_at=None,
        author_id=BORIS,
        may_edit=True,
        on_board=True,
        steps=BOARD_STEPS,
    )
    fakes.blog.answers["article"] = waiting.model_copy(update={"article_revision": 7})
    assert member.get("/news/birds-of-the-valley").text.count('name="revision" value="7"') == 2
    fakes.blog.answers.update(
        article=waiting.model_copy(update={"article_revision": 8, "title": "Rewritten"}),
        publish_revision=Conflict("text-changed", data={"revision": 8}),
    )
    page = member.post(STEP, data={"csrf_token": token(member), "do": "publish", "revision": "7"})
    assert page.status_code == 409
    assert "changed after you read it" in page.text
    assert "Rewritten" in page.text
    assert page.text.count('name="revision" value="8"') == 2


def test_an_article_that_came_back_by_itself_says_why(member: FlaskClient, fakes: FakeServices) -> None:
    step = Remarked(status="submitted", by_id=BORIS, at=MOMENT, revision=3, reason="text-changed")
    fakes.blog.answers["article"] = article(status="submitted", published_at=None, review=[step])
    assert (
        "after it was scheduled, so it’s back with the board" in member.get("/news/birds-of-the-valley").text
    )
    late = article(status="scheduled", published_at=None, scheduled_for=MOMENT, changed_since_approval=True)
    fakes.blog.answers["article"] = late
    assert "has changed since it was scheduled" in member.get("/news/birds-of-the-valley").text


def test_what_nobody_else_has_read_says_so(stranger: FlaskClient, fakes: FakeServices) -> None:
    fakes.blog.answers["article"] = article()
    assert "Published by its editor alone" not in stranger.get("/news/birds-of-the-valley").text
    fakes.blog.answers["article"] = article(published_alone=True)
    assert "Published by its editor alone" in stranger.get("/news/birds-of-the-valley").text


def test_the_author_reads_the_boards_remark(member: FlaskClient, fakes: FakeServices) -> None:
    steps = [Remarked(status="returned", by_id=BORIS, at=MOMENT, remark="Who is on the picture?")]
    fakes.blog.answers["article"] = article(status="returned", published_at=None, review=steps)
    assert "Who is on the picture?" in member.get("/news/birds-of-the-valley").text
    assert "Who is on the picture?" in member.get("/news/birds-of-the-valley/edit").text


def test_the_agenda_lists_what_waits_oldest_first(member: FlaskClient, fakes: FakeServices) -> None:
    def found(viewer: Viewer, query: ArticleQuery) -> Page[ArticleLine]:
        if query.status == "submitted":
            older = line(title="Older", changed_at=MOMENT - MEETING_INTERVAL)
            return Page(items=[line(title="Newer", changed_at=MOMENT), older])
        if query.status == "draft":
            stale = line(title="Stale", changed_at=MOMENT - 2 * MEETING_INTERVAL)
            return Page(items=[line(title="Touched", changed_at=MOMENT), stale])
        return Page(items=[])

    fakes.blog.answers["articles"] = found
    with clock.at(MOMENT + timedelta(days=1)):
        page = member.get("/news/board/agenda").text
    assert page.index(">Older<") < page.index(">Newer<")
    assert ">Stale<" in page
    assert ">Touched<" not in page


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (FIRST_MEETING - timedelta(days=400), FIRST_MEETING),
        (FIRST_MEETING, FIRST_MEETING),
        (FIRST_MEETING + timedelta(minutes=59), FIRST_MEETING),
        (FIRST_MEETING + timedelta(minutes=61), FIRST_MEETING + MEETING_INTERVAL),
        (FIRST_MEETING + 30 * MEETING_INTERVAL - timedelta(days=1), FIRST_MEETING + 30 * MEETING_INTERVAL),
    ],
)
def test_the_board_meets_every_two_weeks(now: datetime, wanted: datetime) -> None:
    assert next_meeting(now) == wanted
